"""BNN420."""

from bnnc.compiler.analysis.kl_factor import NEEDS, OVERCOUNT, kl_factor
from bnnc.compiler.analysis.view import View
from bnnc.compiler.diagnostics.catalog import Report, rule
from bnnc.compiler.diagnostics.diagnostic import Diagnostic, Label


@rule("BNN420", needs=NEEDS, severity="warning")
def hot_posterior(view: View, report: Report) -> list[Diagnostic]:
    """The temperature is far above 1: the posterior is hot.

    ## What it does
    Reports a `loss.kl.temperature` that makes the KL count 3 times or more. If the weight alone
    does this, the rule is BNN416 or BNN417.

    ## Why it is bad
    Above 1 the prior counts more than once against the data, and the posterior is wider than
    Bayes's rule makes it: the model keeps noise that the data would have removed. A weight above
    1/N has the same effect.

    Five trainings each on the embedded digits: 3 times 1/N increases the NLL of a small
    convolutional network from 0.10 to 0.25, and of one hidden layer from 0.16 to 0.28, more than
    twenty standard errors of the difference. 10 times costs 14 and 8 points of accuracy. From 30
    times on, both stay at chance. LeNet-5 on Fashion-MNIST, 2 epochs, one training each: an
    accuracy of 0.886 with 1/N, 0.879 with 3 times 1/N, 0.867 with 10 times, and 0.728 with 128
    times, which is 1 / batches.

    ## Example
    ```yaml
    bayesian: {method: flipout}
    loss: {kl: {temperature: 10}}
    ```

    ## Use instead
    ```yaml
    bayesian: {method: flipout}
    loss: {kl: {temperature: 1.0}}
    ```

    ## References
    - Wenzel et al. 2020, arXiv:2002.02405
    """
    factor, kl = kl_factor(view), view.loss.kl
    if factor is None or factor.value < OVERCOUNT or factor.cause != "temperature":
        return []
    if not isinstance(kl.weight, str) and kl.weight * kl.temperature >= 1:
        return []  # BNN416
    related = (
        (Label(view.span_of("loss", "kl", "weight"), f"{factor.weight:.3g} times 1/N"),)
        if view.is_explicit("loss", "kl", "weight")
        else ()
    )
    return [
        report(
            view.span_of("loss", "kl", "temperature"),
            f"a temperature of {kl.temperature:g} counts the KL {factor.value:.3g} times",
            label="far above 1",
            related=related,
            notes=("the posterior is wider than prior and data together make it",),
            help=("write `temperature: 1.0` for the posterior that Bayes's rule gives",),
            fixes=(
                view.fix_set("write `temperature: 1.0`", (("loss", "kl", "temperature"), "1.0")),
            ),
        )
    ]
