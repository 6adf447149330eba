"""Keras losses of distributions."""

from __future__ import annotations

from bnnc.compiler.diagnostics.catalog import Report, finding
from bnnc.compiler.diagnostics.diagnostic import Diagnostic, Label
from bnnc.compiler.text.source import Span


@finding("BNN713")
def keras_loss_of_a_distribution(
    report: Report, span: Span, distribution: Span, *, is_discrete: bool = True
) -> Diagnostic:
    """A Keras loss gets a distribution instead of a tensor.

    ## What it does
    Finds a loss of Keras for a model whose last layer is a distribution of `tfp`.

    ## Why it is bad
    Keras turns the distribution into a tensor by drawing a sample. The sample of a discrete
    distribution has no gradient: the model runs, reports a loss, and stays at chance. The loss of
    a sample of a normal distribution grows with its scale, which is trained towards 0.

    ## Example
    ```python
    model = keras.Sequential([
        keras.layers.Flatten(input_shape=(28, 28)),
        tfp.layers.DenseFlipout(10, kernel_divergence_fn=kl),
        tfp.layers.DistributionLambda(lambda t: tfd.Categorical(logits=t)),
    ])
    model.compile("adam", loss="sparse_categorical_crossentropy")
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
        "this Keras loss scores a sample of the output distribution",
        label="takes a tensor",
        related=(Label(distribution, "is turned into a tensor by sampling"),),
        notes=(
            "a sample of a discrete distribution has no gradient: the model stays at chance"
            if is_discrete
            else "the loss of a sample grows with its noise: the scale is trained towards 0",
        ),
        help=(
            "write `loss=lambda y, d: -d.log_prob(y)`, the negative log-likelihood",
            "or delete the layer of the distribution, and write `from_logits=True` in the loss"
            if is_discrete
            else "or delete the layer of the distribution, and its outputs for the scale",
        ),
    )
