"""Notebooks that cannot be read."""

from __future__ import annotations

from bnnc.compiler.diagnostics.catalog import Report, finding
from bnnc.compiler.diagnostics.diagnostic import Diagnostic
from bnnc.compiler.text.source import Span


@finding("BNN706")
def notebook_that_is_not_read(report: Report, span: Span, reason: str) -> Diagnostic:
    r"""The file is no Jupyter notebook in Python.

    ## What it does
    Finds files with the name of a notebook, `.ipynb`, that are damaged, of a form before
    nbformat 4, of another language than Python, or too large.

    ## Why it is bad
    No cell of such a file is read, and nothing is checked.

    ## Example
    ```json
    {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [
    ```

    ## Use instead
    ```json
    {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [
      {"cell_type": "code", "metadata": {}, "outputs": [], "execution_count": null, "source": [
        "import keras\n",
        "model = keras.Sequential([keras.layers.Dense(10, input_shape=(784,))])\n"
      ]}
    ]}
    ```
    """
    return report(
        span,
        f"this is not a notebook that is read: {reason}",
        label="starts here",
        help=("save the notebook anew in Jupyter, or export its code as a script",),
    )
