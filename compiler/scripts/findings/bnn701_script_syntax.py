"""Syntax errors of scripts."""

from __future__ import annotations

from bnnc.compiler.diagnostics.catalog import Report, finding
from bnnc.compiler.diagnostics.diagnostic import Diagnostic
from bnnc.compiler.text.source import Span


@finding("BNN701")
def script_syntax(report: Report, span: Span, problem: str) -> Diagnostic:
    """The script is not Python.

    ## What it does
    Finds text that Python itself cannot parse.

    ## Why it is bad
    Nothing of the script can be read, and Python would not run it.

    ## Example
    ```python
    import keras

    model = keras.Sequential([
        keras.layers.Dense(10)
    ```

    ## Use instead
    ```python
    import keras

    model = keras.Sequential([
        keras.layers.Dense(10, input_shape=(784,)),
    ])
    ```
    """
    return report(
        span,
        f"this is not Python: {problem}",
        label="Python stops here",
        help=(
            "correct the syntax; `python -m py_compile FILE` shows the same error"
            if span.source.cell is None
            else "correct the syntax of this cell; the other cells are read without it",
        ),
    )
