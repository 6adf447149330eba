"""Losses of the wrong sign."""

from __future__ import annotations

from bnnc.compiler.diagnostics.catalog import Report, finding
from bnnc.compiler.diagnostics.diagnostic import Diagnostic
from bnnc.compiler.text.source import Span


@finding("BNN718")
def loss_of_the_wrong_sign(report: Report, span: Span, score: str) -> Diagnostic:
    """The loss has the wrong sign: training makes the model worse.

    ## What it does
    Finds a loss that is the log-likelihood itself, or minus a loss of Keras, in `compile` or in a
    hand-written training step.

    ## Why it is bad
    Optimizers minimise. Minimising the log-likelihood makes the labels as unlikely as possible: the
    loss falls without a bound, and the accuracy falls below chance.

    ## Example
    ```python
    model = keras.Sequential([
        keras.layers.Flatten(input_shape=(28, 28)),
        tfp.layers.DenseFlipout(10, kernel_divergence_fn=kl),
        tfp.layers.DistributionLambda(lambda t: tfd.Categorical(logits=t)),
    ])
    model.compile("adam", loss=lambda y, d: d.log_prob(y))
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
    is_likelihood = score == "log_prob"
    return report(
        span,
        "the loss has the wrong sign, and training makes the labels less likely",
        label="is minimised",
        notes=(
            "the likelihood of the labels is to be maximised: the loss is its negative logarithm"
            if is_likelihood
            else "losses of Keras are minimised as they are",
        ),
        help=(
            "write a minus sign before the log-likelihood, as in `-d.log_prob(y)`"
            if is_likelihood
            else "delete the minus sign before the loss",
        ),
    )
