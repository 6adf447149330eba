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
    """A KL weight well above 1/N, N being the rows trained on.

    ## What it does
    Finds a numeric `loss.kl.weight` that, times the temperature and the rows trained on, is
    3 or more. A weight of 1 or more is BNN416.

    ## Why it is bad
    The loss is a mean over rows, so the evidence lower bound weighs the KL by 1/N. Two other
    weights circulate. 1 / batches stands beside the *sum* of the losses of a batch; beside their
    mean it counts the KL as many times as a batch has rows. 1 / batch size makes a mean of the KL
    as if it were a loss of the rows. Both pull the posterior towards the prior: the net keeps
    noise that the data would have taken out.

    Five trainings each on the embedded digits: 3 times 1/N raises the NLL of a small convolutional
    network from 0.10 to 0.25, and of one hidden layer from 0.16 to 0.28, more than twenty standard
    errors of the difference; 10 times costs 14 and 8 points of accuracy; from 30 times on both
    stay at chance. LeNet-5 on Fashion-MNIST, 2 epochs, one training each: an accuracy of 0.886 with
    1/N, 0.879 with 3 times it, 0.867 with 10, and 0.728 with 128 times, which is 1 / batches.

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
            view.place("loss", "kl", "weight"),
            f"a KL weight of {kl.weight:g}{times} counts the KL {factor.value:.3g} times",
            label=f"1/N is {1 / factor.rows:.3g}",
            related=(Label(view.place("data", "source"), f"{factor.rows:,} rows trained on"),),
            notes=(known_as,) if known_as else (),
            help=(f"write {counted_once(view)}",),
            fixes=(counting_once(view),),
        )
    ]


def _known_as(view: View, weight: float, rows: int) -> str:
    """What the number is, where it is one of those that circulate."""
    if not view.has("training.batch_size"):
        return ""
    size = view.training.batch_size
    batches = rows / size
    for one in (batches, ceil(batches), floor(batches)):
        if one and isclose(weight, 1 / one, rel_tol=ROUNDING):
            return (
                f"it is 1 / batches: right beside the sum of a batch's losses, {size:,} times too "
                "much beside their mean"
            )
    if isclose(weight, 1 / size, rel_tol=ROUNDING):
        return "it is 1 / batch size: the KL is no loss of the rows, to be averaged with theirs"
    return ""
