"""BNN339."""

from bnnc.compiler.analysis.remedies import single_class, unfitting_loss
from bnnc.compiler.analysis.view import View
from bnnc.compiler.diagnostics.catalog import Report, rule
from bnnc.compiler.diagnostics.diagnostic import Diagnostic


@rule(
    "BNN339",
    needs=(
        "output.distribution",
        "output.parameterization",
        "output.labels",
        "output.classes",
        "output.scale",
        "loss.type",
    ),
)
def crossentropy_of_another_distribution(view: View, report: Report) -> list[Diagnostic]:
    """A cross-entropy of classes under a distribution that has other outcomes.

    ## What it does
    Finds Keras's cross-entropies under `relaxed_one_hot_categorical`, `ordered_logistic`,
    `normal`, `student_t` and `poisson`, and those of exclusive classes under
    `independent_bernoulli`.

    ## Why it is bad
    A cross-entropy compares probabilities of classes with labels. A location and a scale are no
    such probabilities; the cutpoints of an ordered distribution are no logits; independent labels
    are no choice among classes; and the density of shares has other values than the cross-entropy
    of the same rows.

    ## Example
    ```yaml
    layers:
      - {type: flatten}
      - {type: dense, units: 84, activation: relu}
      - {type: dense, units: 1}
    output: {distribution: ordered_logistic, parameterization: loc, classes: 10, labels: integer}
    loss: {type: sparse_categorical_crossentropy}
    ```

    ## Use instead
    ```yaml
    layers:
      - {type: flatten}
      - {type: dense, units: 84, activation: relu}
      - {type: dense, units: 1}
    output: {distribution: ordered_logistic, parameterization: loc, classes: 10, labels: integer}
    ```
    """
    output = view.output
    if output.labels not in output.losses or single_class(view):
        return []  # the labels contradict the distribution already, whatever the loss
    if (
        not view.loss.type.endswith("crossentropy")
        or output.distribution not in _REASONS
        or view.loss.type in output.accepted_losses()
    ):
        return []
    return [
        unfitting_loss(
            view,
            report,
            reads="compares probabilities of classes",
            reason=_REASONS[output.distribution],
        )
    ]


_REASONS = {
    "relaxed_one_hot_categorical": "a cross-entropy of shares is not their density",
    "independent_bernoulli": "it takes the labels for classes that exclude each other",
    "ordered_logistic": "it knows no order, and takes locations and cutpoints for logits",
    "normal": "locations and scales are no probabilities of classes",
    "student_t": "locations and scales are no probabilities of classes",
    "poisson": "a rate is no probability of a class",
}
