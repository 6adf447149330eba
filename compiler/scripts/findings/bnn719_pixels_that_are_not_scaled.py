"""Pixels from 0 to 255."""

from __future__ import annotations

from bnnc.compiler.diagnostics.catalog import Report, finding
from bnnc.compiler.diagnostics.diagnostic import Diagnostic, Label
from bnnc.compiler.text.source import Span


@finding("BNN719", severity="warning")
def pixels_that_are_not_scaled(report: Report, span: Span, layer: Span) -> Diagnostic:
    """The pixels are not scaled.

    ## What it does
    Finds images of `keras.datasets` that reach the first layer with weights as numbers from 0 to
    255: nothing divides or normalises them.

    ## Why it is bad
    Initializers, priors and learning rates are made for inputs of about 1. With inputs a hundred
    times as large, the first outputs saturate, the first losses are in the hundreds, and a prior
    of scale 1 allows functions that are far too steep.

    ## Example
    ```python
    import keras

    (images, labels), _ = keras.datasets.mnist.load_data()
    model = keras.Sequential([
        keras.layers.Flatten(input_shape=(28, 28)),
        keras.layers.Dense(84, activation="relu"),
        keras.layers.Dense(10, activation="softmax"),
    ])
    model.compile("adam", loss="sparse_categorical_crossentropy")
    model.fit(images, labels, epochs=5, batch_size=128)
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
    model.compile("adam", loss="sparse_categorical_crossentropy")
    model.fit(images / 255, labels, epochs=5, batch_size=128)
    ```
    """
    return report(
        span,
        "the pixels are numbers from 0 to 255, and nothing scales them",
        label="gets pixels from 0 to 255",
        related=(Label(layer, "expects inputs of about 1"),),
        help=(
            "divide the images by 255, or begin the model with `keras.layers.Rescaling(1 / 255)`; "
            "do the same to the images of the evaluation",
        ),
    )
