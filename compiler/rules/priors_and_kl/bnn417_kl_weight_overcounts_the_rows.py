"""BNN417."""

from math import ceil, floor, isclose

from bnnc.compiler.analysis.kl_factor import (
    NEEDS,
    OVERCOUNT,
    counted_once,
    counting_once,
    kl_factor,
)
from bnnc.compiler.analysis.view import View
from bnnc.compiler.diagnostics.catalog import Report, rule
from bnnc.compiler.diagnostics.diagnostic import Diagnostic, Label

# Numbers are written with two or three digits: 0.0021 for 1/469.
ROUNDING = 0.02


@rule("BNN417", needs=NEEDS, severity="warning")
def kl_weight_overcounts_the_rows(view: View, report: Report) -> list[Diagnostic]:
    """The KL weight is much larger than 1/N, where N is the number of training rows.

    ## What it does
    Reports a numeric `loss.kl.weight` that is 3 or more after multiplication by the temperature and
    the number of training rows. A weight of 1 or more is BNN416.

    ## Why it is bad
    The loss is a mean over rows, so the evidence lower bound multiplies the KL by 1/N. Two other
    weights are common in code. 1 / batches is correct with the *sum* of the losses of a batch; with
    their mean it counts the KL too often, by a factor of the batch size. 1 / batch size averages
    the KL as if it were a loss of the rows. Both pull the posterior towards the prior: the model
    keeps noise that the data would have removed.

    Five trainings each on the embedded digits: 3 times 1/N increases the NLL of a small
    convolutional network from 0.10 to 0.25, and of one hidden layer from 0.16 to 0.28, more than
    twenty standard errors of the difference. 10 times costs 14 and 8 points of accuracy. From 30
    times on, both stay at chance. LeNet-5 on Fashion-MNIST, 2 epochs, one training each: an
    accuracy of 0.886 with 1/N, 0.879 with 3 times 1/N, 0.867 with 10 times, and 0.728 with 128
    times, which is 1 / batches.

    ## Example
    ```yaml
    bayesian: {method: flipout}
    loss: {kl: {weight: 0.00213}}
    training: {batch_size: 128}
    data: {source: fashion-mnist}
    ```

    ## Use instead
    ```yaml
    bayesian: {method: flipout}
    loss: {kl: {weight: per_example}}
    training: {batch_size: 128}
    data: {source: fashion-mnist}
    ```

    ## References
    - Blundell et al. 2015, arXiv:1505.05424, section 3.4
    """
    factor, kl = kl_factor(view), view.loss.kl
    if factor is None or factor.rows is None or isinstance(kl.weight, str):
        return []
    if factor.value < OVERCOUNT or factor.cause != "weight" or kl.weight * kl.temperature >= 1:
        return []
    times = "" if kl.temperature == 1 else f" at a temperature of {kl.temperature:g}"
    known_as = _known_as(view, kl.weight, factor.rows)
    return [
        report(
            view.span_of("loss", "kl", "weight"),
            f"a KL weight of {kl.weight:g}{times} counts the KL {factor.value:.3g} times",
            label=f"1/N is {1 / factor.rows:.3g}",
            related=(Label(view.span_of("data", "source"), f"{factor.rows:,} training rows"),),
            notes=(known_as,) if known_as else (),
            help=(f"write {counted_once(view)}",),
            fixes=(counting_once(view),),
        )
    ]


def _known_as(view: View, weight: float, rows: int) -> str:
    """Explain the number if it is one of the two common wrong weights."""
    if not view.has("training.batch_size"):
        return ""
    size = view.training.batch_size
    batches = rows / size
    for one in (batches, ceil(batches), floor(batches)):
        if one and isclose(weight, 1 / one, rel_tol=ROUNDING):
            return (
                "it is 1 / batches: correct with the sum of the losses of a batch, but "
                f"{size:,} times too much with their mean"
            )
    if isclose(weight, 1 / size, rel_tol=ROUNDING):
        return "it is 1 / batch size, but the KL is not a loss of the rows and must not be averaged"
    return ""
