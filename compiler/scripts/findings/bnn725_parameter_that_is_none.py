"""Parameters that a distribution was not made of."""

from __future__ import annotations

from bnnc.compiler.diagnostics.catalog import Report, finding
from bnnc.compiler.diagnostics.diagnostic import Diagnostic, Label
from bnnc.compiler.text.source import Span


@finding("BNN725")
def parameter_that_is_none(
    report: Report, span: Span, name: str, given: str, distribution: Span
) -> Diagnostic:
    """`probs` of a distribution that was made from logits is None.

    ## What it does
    Finds `.probs` of the output of a model whose distribution is made from logits, and `.logits`
    of one that is made from probabilities.

    ## Why it is bad
    These properties are the arguments that the distribution was given. The other one is None: an
    `argmax` of it fails, or is 0 for every image.

    ## Example
    ```python
    model = keras.Sequential([
        keras.layers.Flatten(input_shape=(28, 28)),
        tfp.layers.DenseFlipout(10, kernel_divergence_fn=kl),
        tfp.layers.DistributionLambda(lambda t: tfd.Categorical(logits=t)),
    ])
    model.compile("adam", loss=lambda y, d: -d.log_prob(y))
    model.fit(images / 255, labels, epochs=5, batch_size=128)
    print(model(images[:10] / 255).probs)
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
    print(model(images[:10] / 255).probs_parameter())
    ```
    """
    return report(
        span,
        f"`.{name}` of this distribution is `None`",
        label="was not given",
        related=(Label(distribution, f"is made from `{given}`"),),
        help=(f"write `.{name}_parameter()`",),
    )
