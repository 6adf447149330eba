"""BNN344."""

from bnnc.compiler.analysis.remedies import over
from bnnc.compiler.analysis.view import View
from bnnc.compiler.diagnostics.catalog import Report, rule
from bnnc.compiler.diagnostics.diagnostic import Diagnostic, Label


@rule("BNN344", needs=("output.distribution", "loss.class_weight"))
def class_weight_without_classes(view: View, report: Report) -> list[Diagnostic]:
    """Class weights under a distribution whose labels are no single class.

    ## What it does
    Finds `loss.class_weight` under `relaxed_one_hot_categorical`, `independent_bernoulli`,
    `normal`, `student_t` and `poisson`.

    ## Why it is bad
    A class weight multiplies the loss of an image by the weight of its class. A row of shares or
    of several labels has no one class: Keras takes the largest entry of the row, the first one
    where several are 1, and weights by that. A real number or a count has no class at all.

    ## Example
    ```yaml
    output: {distribution: independent_bernoulli, parameterization: logits, classes: 10, labels: multi_hot}
    loss: {class_weight: [1, 1, 1, 1, 1, 1, 1, 1, 1, 5]}
    ```

    ## Use instead
    ```yaml
    output: {distribution: categorical, parameterization: logits, classes: 10, labels: integer}
    loss: {class_weight: [1, 1, 1, 1, 1, 1, 1, 1, 1, 5]}
    ```
    """
    if view.loss.class_weight is None or view.output.distribution in _OF_ONE_CLASS:
        return []
    return [
        report(
            view.place("loss", "class_weight"),
            f"a label of {view.output.distribution} has no class to be weighted by",
            label="one weight a class",
            related=(Label(view.place("output", "distribution"), over(view)),),
            notes=("of a row with several entries, Keras weights by the largest one alone",),
            help=("delete `class_weight`, or give the rare images more than once",),
            fixes=(view.deleting("loss", "class_weight"),),
        )
    ]


_OF_ONE_CLASS = frozenset({"categorical", "one_hot_categorical", "ordered_logistic", "bernoulli"})
