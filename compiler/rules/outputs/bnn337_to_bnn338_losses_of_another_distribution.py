"""BNN337 and BNN338: the loss of another distribution, one row for each loss."""

from collections.abc import Callable
from functools import wraps

from bnnc.compiler.analysis.remedies import single_class, unfitting_loss
from bnnc.compiler.analysis.view import View
from bnnc.compiler.diagnostics.catalog import Report, rule
from bnnc.compiler.diagnostics.diagnostic import Diagnostic
from bnnc.specs.loss import LossType

_NEEDS = (
    "output.distribution",
    "output.parameterization",
    "output.labels",
    "output.classes",
    "output.scale",
    "loss.type",
)


def _unfitting(
    code: str, loss: LossType, *, fits: frozenset[str], reads: str, reason: str
) -> Callable[[Callable[[], None]], object]:
    """Register the rule on one loss; the decorated function gives its name and its page.

    Args:
        code: code of the rule.
        loss: value of `loss.type` that the rule looks for.
        fits: distributions that the loss fits, or whose misfit another rule reports.
        reads: what the loss takes, in a few words.
        reason: why it is not the loss of the distribution.
    """

    def check(view: View, report: Report) -> list[Diagnostic]:
        output = view.output
        if output.labels not in output.losses or single_class(view):
            return []  # the labels contradict the distribution already, whatever the loss
        if view.loss.type != loss or output.distribution in fits:
            return []
        return [unfitting_loss(view, report, reads=reads, reason=reason)]

    return lambda page: rule(code, needs=_NEEDS)(wraps(page)(check))


@_unfitting(
    "BNN337",
    "mean_squared_error",
    fits=frozenset({"normal", "student_t"}),  # without a fixed scale: BNN340
    reads="expects real numbers",
    reason="the squared error is the likelihood of normal noise on real numbers",
)
def mean_squared_error_of_no_real_numbers() -> None:
    """`mean_squared_error` of labels that are not real numbers.

    ## What it does
    Finds `mean_squared_error` with labels that are classes, binary, shares or counts.

    ## Why it is bad
    The squared error is the likelihood of normal noise. A class index and logits are not comparable
    numbers. Between a binary label and a probability, its gradient vanishes where the model is
    confidently wrong; that of the cross-entropy does not. For counts, an error of 3 is as unlikely
    near 200 as near 2.

    ## Example
    ```yaml
    loss: {type: mean_squared_error}
    ```

    ## Use instead
    ```yaml
    output: {distribution: categorical, parameterization: logits, classes: 10, labels: integer}
    ```
    """


@_unfitting(
    "BNN338",
    "poisson",
    fits=frozenset({"poisson"}),
    reads="expects the rate of a count",
    reason="it is the likelihood of counts, and contains the logarithm of a rate",
)
def poisson_loss_of_no_counts() -> None:
    """`poisson` of labels that are not counts.

    ## What it does
    Finds Keras's `poisson` loss under any distribution but `poisson`.

    ## Why it is bad
    The loss is rate - count · log(rate). The logarithm of a negative logit or location is NaN. For
    positive numbers the loss is smallest where the number equals the label, whatever the label
    means.

    ## Example
    ```yaml
    layers:
      - {type: flatten}
      - {type: dense, units: 84, activation: relu}
      - {type: dense, units: 1}
    output: {distribution: normal, parameterization: loc, scale: learned, labels: real}
    loss: {type: poisson}
    ```

    ## Use instead
    ```yaml
    layers:
      - {type: flatten}
      - {type: dense, units: 84, activation: relu}
      - {type: dense, units: 1}
    output: {distribution: normal, parameterization: loc, scale: learned, labels: real}
    ```
    """
