"""BNN317."""

from bnnc.compiler.analysis.view import View
from bnnc.compiler.diagnostics.catalog import Report, rule
from bnnc.compiler.diagnostics.diagnostic import Diagnostic, Label
from bnnc.compiler.text.tree import Path
from bnnc.specs.outputs.categorical import Categorical
from bnnc.specs.outputs.one_hot_categorical import OneHotCategorical


@rule("BNN317", needs=("output.distribution", "output.labels", "output.classes", "loss.type"))
def binary_labels_over_classes(view: View, report: Report) -> list[Diagnostic]:
    """`labels: binary` is used with a distribution over classes.

    ## What it does
    Finds `categorical` or `one_hot_categorical` with `labels: binary`.

    ## Why it is bad
    A binary label is 0 or 1. With several classes, it is unclear which class 1 means, and the
    classes from 2 on would never occur.

    ## Example
    ```yaml
    output: {distribution: categorical, parameterization: logits, classes: 10, labels: binary}
    ```

    ## Use instead
    ```yaml
    output: {distribution: categorical, parameterization: logits, classes: 10, labels: integer}
    ```
    """
    output = view.output
    if not isinstance(output, Categorical | OneHotCategorical) or output.labels != "binary":
        return []
    if output.classes == 1:  # BNN318 suggests a yes-or-no output
        return []
    encoded, losses = _FITTING[output.distribution]
    if (output.distribution, view.loss.type) == ("categorical", "categorical_crossentropy"):
        encoded, losses = "one_hot", {"categorical_crossentropy"}
    changes: list[tuple[Path, str]] = [(("output", "labels"), encoded)]
    also = ""
    if view.loss.type not in losses:
        also = " and `type: negative_log_likelihood`"
        changes.append((("loss", "type"), "negative_log_likelihood"))
    return [
        report(
            view.span_of("output", "labels"),
            f"`binary` labels cannot represent {output.classes} classes",
            label="0 or 1",
            related=(Label(view.span_of("output", "distribution"), "one class of several"),),
            notes=("0 and 1 would mean only the first two classes",),
            help=(
                f"write `labels: {encoded}`{also}; for a yes-or-no label, write `distribution: bernoulli` and one unit",
            ),
            fixes=(view.fix_set(f"write `labels: {encoded}`", *changes),),
        )
    ]


# Labels of each distribution, and the losses that take them.
_FITTING = {
    "categorical": ("integer", {"negative_log_likelihood", "sparse_categorical_crossentropy"}),
    "one_hot_categorical": ("one_hot", {"negative_log_likelihood"}),
}
