"""Scripts without a model."""

from __future__ import annotations

from bnnc.compiler.diagnostics.catalog import Report, finding
from bnnc.compiler.diagnostics.diagnostic import Diagnostic
from bnnc.compiler.text.source import Span


@finding("BNN702")
def script_without_a_model(report: Report, span: Span, reason: str) -> Diagnostic:
    """No Keras model is found in the script.

    ## What it does
    Finds scripts in which no model can be followed: none is made, or its function is called with
    values that are not known before the script runs.

    ## Why it is bad
    Without the layers nothing can be checked.

    ## Example
    ```python
    import keras


    def build(units):
        return keras.layers.Dense(units)
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
        "no Keras model is found in this script",
        label="starts here",
        notes=(reason,),
        help=(
            "call the function that builds the model with plain values, as in `model = build(10)`; "
            "`keras.Sequential`, the functional style and `keras.Model` subclasses are followed",
        ),
    )
