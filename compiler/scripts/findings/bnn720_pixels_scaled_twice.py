"""Pixels that are divided by 255 twice."""

from __future__ import annotations

from bnnc.compiler.diagnostics.catalog import Report, finding
from bnnc.compiler.diagnostics.diagnostic import Diagnostic, Label
from bnnc.compiler.text.source import Span


@finding("BNN720", severity="warning")
def pixels_scaled_twice(report: Report, span: Span, first: Span) -> Diagnostic:
    """The pixels are divided by 255 twice.

    ## What it does
    Finds images that the script divides by 255 more than once, by itself or in a `Rescaling` layer.

    ## Why it is bad
    The inputs are then at most 0.004. The first layer outputs nearly the same for every image, and
    the model learns slowly or not at all.

    ## Example
    ```python
    import keras

    (images, labels), _ = keras.datasets.mnist.load_data()
    model = keras.Sequential([
        keras.layers.Rescaling(1 / 255, input_shape=(28, 28)),
        keras.layers.Flatten(),
        keras.layers.Dense(84, activation="relu"),
        keras.layers.Dense(10, activation="softmax"),
    ])
    model.compile("adam", loss="sparse_categorical_crossentropy")
    model.fit(images / 255, labels, epochs=5, batch_size=128)
    ```

    ## Use instead
    ```python
    import keras

    (images, labels), _ = keras.datasets.mnist.load_data()
    model = keras.Sequential([
        keras.layers.Rescaling(1 / 255, input_shape=(28, 28)),
        keras.layers.Flatten(),
        keras.layers.Dense(84, activation="relu"),
        keras.layers.Dense(10, activation="softmax"),
    ])
    model.compile("adam", loss="sparse_categorical_crossentropy")
    model.fit(images, labels, epochs=5, batch_size=128)
    ```
    """
    return report(
        span,
        "the pixels are divided by 255 twice",
        label="divides them again",
        related=(Label(first, "divides them by 255"),),
        notes=("the inputs of the first layer are at most 0.004",),
        help=("delete one of the two divisions",),
    )
