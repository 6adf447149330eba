"""A KL that counts twice."""

from __future__ import annotations

from bnnc.compiler.diagnostics.catalog import Report, finding
from bnnc.compiler.diagnostics.diagnostic import Diagnostic, Label
from bnnc.compiler.text.source import Span


@finding("BNN711")
def kl_added_twice(report: Report, span: Span, layer: Span) -> Diagnostic:
    """The KL divergence is added to the loss twice.

    ## What it does
    Finds a loss for `compile` that adds `model.losses`, in a script with layers of `tfp.layers`.

    ## Why it is bad
    Keras adds `model.losses` to every loss that it is compiled with. A loss that adds them too
    counts the KL twice, and the posterior stays too close to the prior.

    ## Example
    ```python
    model = keras.Sequential([
        keras.layers.Flatten(input_shape=(28, 28)),
        tfp.layers.DenseFlipout(10, kernel_divergence_fn=kl),
        tfp.layers.DistributionLambda(lambda t: tfd.Categorical(logits=t)),
    ])
    model.compile("adam", loss=lambda y, d: -d.log_prob(y) + sum(model.losses))
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
        "the KL divergence is added to the loss twice",
        label="adds `model.losses`, and Keras adds them again",
        related=(Label(layer, "puts its KL into `model.losses`"),),
        notes=("Keras adds `model.losses` to every loss that `compile` is given",),
        help=("delete `sum(model.losses)` from the loss",),
    )
