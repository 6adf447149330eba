"""BNN419."""

from bnnc.compiler.analysis.kl_factor import (
    NEEDS,
    UNDERCOUNT,
    counted_once,
    counting_once,
    kl_factor,
)
from bnnc.compiler.analysis.view import View
from bnnc.compiler.diagnostics.catalog import Report, rule
from bnnc.compiler.diagnostics.diagnostic import Diagnostic, Label


@rule("BNN419", needs=NEEDS, severity="warning")
def kl_weight_too_small_for_the_prior(view: View, report: Report) -> list[Diagnostic]:
    """The KL weight is so far below 1/N that the prior has no effect.

    ## What it does
    Reports a numeric `loss.kl.weight` of at most a thousandth of 1/N, where N is the number of
    training rows. A weight of 0 is BNN414, a temperature below 1 is BNN405.

    ## Why it is bad
    With 1/N the prior counts once against all rows. At a thousandth of 1/N, nothing makes the
    posterior as wide as the data allow. Its scales stay at their first values, and the model is a
    deterministic one that was slow to train. Its likelihood on test images can be as good or
    better, but it has no useful posterior.

    Five trainings each on the embedded digits: at a thousandth of 1/N, the accuracy, NLL and ECE of
    two networks are those without a KL (0.9833, 0.0710, 0.0148 compared with 0.9839, 0.0686,
    0.0133). The median scale starts at 0.01 of the prior's scale and ends at 0.013 of it. With 1/N
    it ends at 0.62 and 0.86 of it. LeNet-5 on Fashion-MNIST, 2 epochs, one training each: 0.8845,
    0.3127, 0.0062 at a thousandth, 0.8840, 0.3135, 0.0076 without a KL.

    ## Example
    ```yaml
    bayesian: {method: flipout}
    loss: {kl: {weight: 1e-9}}
    data: {source: fashion-mnist}
    ```

    ## Use instead
    ```yaml
    bayesian: {method: flipout}
    loss: {kl: {weight: per_example}}
    data: {source: fashion-mnist}
    ```
    """
    factor, kl = kl_factor(view), view.loss.kl
    if factor is None or factor.rows is None or isinstance(kl.weight, str) or kl.weight == 0:
        return []
    # A high temperature can compensate for the weight. A low one alone is not reported here.
    if max(factor.value, factor.weight) > UNDERCOUNT:
        return []
    return [
        report(
            view.span_of("loss", "kl", "weight"),
            f"a KL weight of {kl.weight:g} is only {factor.weight:.2g} of 1/N: the prior has no effect",
            label=f"1/N is {1 / factor.rows:.3g}",
            related=(Label(view.span_of("data", "source"), f"{factor.rows:,} training rows"),),
            notes=("the scales of the posterior end at the same values as without a prior",),
            help=(
                f"write {counted_once(view)}; for a cold posterior, write a `temperature` below 1",
            ),
            fixes=(counting_once(view),),
        )
    ]
