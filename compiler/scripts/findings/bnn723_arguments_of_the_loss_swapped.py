"""Losses that take the prediction first."""

from __future__ import annotations

from bnnc.compiler.diagnostics.catalog import Report, finding
from bnnc.compiler.diagnostics.diagnostic import Diagnostic
from bnnc.compiler.text.source import Span


@finding("BNN723")
def arguments_of_the_loss_swapped(report: Report, span: Span) -> Diagnostic:
    """The loss takes the distribution first, but Keras gives it the labels first.

    ## What it does
    Finds a loss that calls `log_prob` of its first argument.

    ## Why it is bad
    Keras calls `loss(labels, prediction)`. The first argument is a tensor of labels, which has no
    `log_prob`: the training ends with an AttributeError.

    ## Example
    ```python
    model = keras.Sequential([
        keras.layers.Flatten(input_shape=(28, 28)),
        tfp.layers.DenseFlipout(10, kernel_divergence_fn=kl),
        tfp.layers.DistributionLambda(lambda t: tfd.Categorical(logits=t)),
    ])
    model.compile("adam", loss=lambda d, y: -d.log_prob(y))
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
        "the arguments of the loss are in the wrong order",
        label="asks the labels for `log_prob`",
        help=("write the labels first, as in `lambda y, d: -d.log_prob(y)`",),
    )
