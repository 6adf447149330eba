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
    """A cross-entropy is used with a distribution that does not support it.

    ## What it does
    Finds Keras's cross-entropies with `relaxed_one_hot_categorical`, `ordered_logistic`, `normal`,
    `student_t` and `poisson`. Finds the cross-entropies of exclusive classes with
    `independent_bernoulli`.

    ## Why it is bad
    A cross-entropy compares class probabilities with labels. A location and a scale are not class
    probabilities. The cutpoints of an ordered distribution are not logits. Independent labels are
    not exclusive classes. The density of a relaxed one-hot row differs from the cross-entropy of
    the same row.

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
        return []  # another rule reports that the labels contradict the distribution
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
            reads="compares class probabilities",
            reason=_REASONS[output.distribution],
        )
    ]


_REASONS = {
    "relaxed_one_hot_categorical": "the density of a relaxed one-hot row differs from its cross-entropy",
    "independent_bernoulli": "this loss is for classes that exclude each other",
    "ordered_logistic": "this loss ignores the order, and would read locations and cutpoints as logits",
    "normal": "locations and scales are not class probabilities",
    "student_t": "locations and scales are not class probabilities",
    "poisson": "a rate is not a class probability",
}
