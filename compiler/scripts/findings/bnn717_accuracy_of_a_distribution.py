"""Metrics of distributions."""

from __future__ import annotations

from bnnc.compiler.diagnostics.catalog import Report, finding
from bnnc.compiler.diagnostics.diagnostic import Diagnostic, Label
from bnnc.compiler.text.source import Span


@finding("BNN717", severity="warning")
def accuracy_of_a_distribution(report: Report, span: Span, distribution: Span) -> Diagnostic:
    """The metric `accuracy` gets a distribution instead of probabilities.

    ## What it does
    Finds `metrics=["accuracy"]` for a model whose last layer is a distribution of `tfp`.

    ## Why it is bad
    Keras turns the distribution into a tensor by drawing a sample. The accuracy of a sample is
    below that of the most likely class, and it is noisy.

    ## Example
    ```python
    model = keras.Sequential([
        keras.layers.Flatten(input_shape=(28, 28)),
        tfp.layers.DenseFlipout(10, kernel_divergence_fn=kl),
        tfp.layers.DistributionLambda(lambda t: tfd.Categorical(logits=t)),
    ])
    model.compile("adam", loss=lambda y, d: -d.log_prob(y), metrics=["accuracy"])
    model.fit(images / 255, labels, epochs=5, batch_size=128)
    ```

    ## Use instead
    ```python
    model = keras.Sequential([
        keras.layers.Flatten(input_shape=(28, 28)),
        tfp.layers.DenseFlipout(10, kernel_divergence_fn=kl),
        tfp.layers.DistributionLambda(lambda t: tfd.Categorical(logits=t)),
    ])
    model.compile("adam", loss=lambda y, d: -d.log_prob(y))
    model.fit(images / 255, labels, epochs=5, batch_size=128)
    ```
    """
    return report(
        span,
        "this metric scores a sample of the output distribution",
        label="takes probabilities",
        related=(Label(distribution, "is turned into a tensor by sampling"),),
        help=(
            "compute the accuracy from the mean probabilities of several draws after the training, "
            "or delete the metric",
        ),
    )
