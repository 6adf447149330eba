"""Predictions of a single draw."""

from __future__ import annotations

from bnnc.compiler.diagnostics.catalog import Report, finding
from bnnc.compiler.diagnostics.diagnostic import Diagnostic, Label
from bnnc.compiler.text.source import Span


@finding("BNN716", severity="warning")
def one_prediction_of_a_random_model(report: Report, span: Span, layer: Span) -> Diagnostic:
    """A single prediction of a Bayesian model is one weight draw.

    ## What it does
    Finds `model.predict` or a call of the model that runs once, in a script whose layers draw
    their weights.

    ## Why it is bad
    Each call draws the weights anew. The predictive distribution is the mean over many draws; a
    single draw is less accurate and shows no uncertainty.

    ## Example
    ```python
    model = keras.Sequential([
        keras.layers.Flatten(input_shape=(28, 28)),
        tfp.layers.DenseFlipout(10, kernel_divergence_fn=kl),
    ])
    model.compile("adam", loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    model.fit(images / 255, labels, epochs=5, batch_size=128)
    probabilities = keras.activations.softmax(model.predict(images[:10] / 255))
    ```

    ## Use instead
    ```python
    model = keras.Sequential([
        keras.layers.Flatten(input_shape=(28, 28)),
        tfp.layers.DenseFlipout(10, kernel_divergence_fn=kl),
    ])
    model.compile("adam", loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    model.fit(images / 255, labels, epochs=5, batch_size=128)
    draws = [keras.activations.softmax(model.predict(images[:10] / 255)) for _ in range(64)]
    probabilities = sum(draws) / len(draws)
    ```
    """
    return report(
        span,
        "a single prediction is that of one weight draw",
        label="draws the weights once",
        related=(Label(layer, "draws new weights in each call"),),
        help=(
            "average the probabilities of many calls, as in "
            "`sum(softmax(model.predict(x)) for _ in range(64)) / 64`",
        ),
    )
