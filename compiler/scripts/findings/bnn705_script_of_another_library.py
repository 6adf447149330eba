"""Scripts of other libraries."""

from __future__ import annotations

from bnnc.compiler.diagnostics.catalog import Report, finding
from bnnc.compiler.diagnostics.diagnostic import Diagnostic
from bnnc.compiler.text.source import Span


@finding("BNN705")
def script_of_another_library(report: Report, span: Span, library: str) -> Diagnostic:
    """The script uses a library that is not read.

    ## What it does
    Finds imports of bayesian-torch, blitz, torchbnn, Pyro and other libraries for Bayesian
    networks.

    ## Why it is bad
    Their layers have other names and other meanings. Reading them as Keras would be a guess.

    ## Example
    ```python
    import torch
    from blitz.modules import BayesianLinear
    ```

    ## Use instead
    ```python
    import keras

    (images, labels), _ = keras.datasets.mnist.load_data()
    model = keras.Sequential([
        keras.layers.Flatten(input_shape=(28, 28)),
        keras.layers.Dense(84, activation="relu"),
        keras.layers.Dense(10, activation="softmax"),
    ])
    ```
    """
    return report(
        span,
        f"scripts of {library} are not read in this version",
        label=f"imports {library}",
        help=("write a spec of the model: `bnnc init` gives one to start from",),
    )
