"""BNN317."""

from bnnc.compiler.analysis.view import View
from bnnc.compiler.diagnostics.catalog import Report, rule
from bnnc.compiler.diagnostics.diagnostic import Diagnostic, Label
from bnnc.compiler.text.tree import Path
from bnnc.specs.outputs.categorical import Categorical
from bnnc.specs.outputs.one_hot_categorical import OneHotCategorical


@rule("BNN317", needs=("output.distribution", "output.labels", "output.classes", "loss.type"))
def binary_labels_over_classes(view: View, report: Report) -> list[Diagnostic]:
    """`labels: binary` under a distribution over classes.

    ## What it does
    Finds `categorical` or `one_hot_categorical` with `labels: binary`.

    ## Why it is bad
    Binary labels are a single 0 or 1 for each image. Over several classes that leaves open which
    class is meant by 1, and classes from 2 on would never be seen.

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
    if output.classes == 1:  # a yes or no was meant: BNN318
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
            view.place("output", "labels"),
            f"binary labels cannot say one of {output.classes} classes",
            label="0 or 1",
            related=(Label(view.place("output", "distribution"), "one class of several"),),
            notes=("0 and 1 would stand for the first two classes alone",),
            help=(
                f"write `labels: {encoded}`{also}; for a yes or no, `distribution: bernoulli` and one unit",
            ),
            fixes=(view.setting(f"write `labels: {encoded}`", *changes),),
        )
    ]


# Labels of each distribution, and the losses that take them.
_FITTING = {
    "categorical": ("integer", {"negative_log_likelihood", "sparse_categorical_crossentropy"}),
    "one_hot_categorical": ("one_hot", {"negative_log_likelihood"}),
}
