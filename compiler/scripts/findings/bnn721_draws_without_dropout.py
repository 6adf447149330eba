"""Monte Carlo dropout that is off."""

from __future__ import annotations

from bnnc.compiler.diagnostics.catalog import Report, finding
from bnnc.compiler.diagnostics.diagnostic import Diagnostic, Label
from bnnc.compiler.text.source import Span


@finding("BNN721", severity="warning")
def draws_without_dropout(report: Report, span: Span, dropout: Span) -> Diagnostic:
    """Repeated predictions of a model with dropout are all the same.

    ## What it does
    Finds `model.predict` that is repeated for the same images, of a model whose only noise is
    dropout.

    ## Why it is bad
    Dropout is active in training alone: `predict` turns it off. All draws are the same, and their
    standard deviation, which is taken for the uncertainty, is 0.

    ## Example
    ```python
    import keras

    (images, labels), (new_images, _) = keras.datasets.mnist.load_data()
    model = keras.Sequential([
        keras.Input((28, 28)),
        keras.layers.Flatten(),
        keras.layers.Dense(256, activation="relu"),
        keras.layers.Dropout(0.5),
        keras.layers.Dense(10, activation="softmax"),
    ])
    model.compile("adam", loss="sparse_categorical_crossentropy")
    model.fit(images / 255, labels, epochs=5, batch_size=128)
    draws = [model.predict(new_images / 255) for _ in range(64)]
    ```

    ## Use instead
    ```python
    import keras

    (images, labels), (new_images, _) = keras.datasets.mnist.load_data()
    model = keras.Sequential([
        keras.Input((28, 28)),
        keras.layers.Flatten(),
        keras.layers.Dense(256, activation="relu"),
        keras.layers.Dropout(0.5),
        keras.layers.Dense(10, activation="softmax"),
    ])
    model.compile("adam", loss="sparse_categorical_crossentropy")
    model.fit(images / 255, labels, epochs=5, batch_size=128)
    draws = [model(new_images / 255, training=True) for _ in range(64)]
    ```

    ## References
    Gal and Ghahramani 2016, Dropout as a Bayesian Approximation, arXiv:1506.02142.
    """
    return report(
        span,
        "these predictions are all the same: `predict` turns dropout off",
        label="predicts without dropout",
        related=(Label(dropout, "is active in training alone"),),
        help=(
            "write `model(x, training=True)`, or call the layer with `training=True` in the model",
        ),
    )
