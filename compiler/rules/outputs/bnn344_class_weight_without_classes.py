"""BNN344."""

from bnnc.compiler.analysis.remedies import over
from bnnc.compiler.analysis.view import View
from bnnc.compiler.diagnostics.catalog import Report, rule
from bnnc.compiler.diagnostics.diagnostic import Diagnostic, Label


@rule("BNN344", needs=("output.distribution", "loss.class_weight"))
def class_weight_without_classes(view: View, report: Report) -> list[Diagnostic]:
    """Class weights are set, but a label is not a single class.

    ## What it does
    Finds `loss.class_weight` with `relaxed_one_hot_categorical`, `independent_bernoulli`, `normal`,
    `student_t` and `poisson`.

    ## Why it is bad
    A class weight multiplies the loss of an image by the weight of its class. A row of several
    labels or of probabilities does not have one class: Keras uses the weight of the largest entry,
    and of the first one if several are equal. A real number or a count has no class.

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
            view.span_of("loss", "class_weight"),
            f"a label of `{view.output.distribution}` is not a single class, so it has no class weight",
            label="one weight for each class",
            related=(Label(view.span_of("output", "distribution"), over(view)),),
            notes=(
                "for a row with several entries, Keras uses only the weight of the largest entry",
            ),
            help=("delete `class_weight`, or repeat the rare images in the data",),
            fixes=(view.fix_delete("loss", "class_weight"),),
        )
    ]


_OF_ONE_CLASS = frozenset({"categorical", "one_hot_categorical", "ordered_logistic", "bernoulli"})
