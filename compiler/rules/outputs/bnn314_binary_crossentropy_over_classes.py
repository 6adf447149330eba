"""BNN314."""

from bnnc.compiler.analysis.view import View
from bnnc.compiler.diagnostics.catalog import Report, rule
from bnnc.compiler.diagnostics.diagnostic import Diagnostic, Label
from bnnc.specs.outputs.categorical import Categorical
from bnnc.specs.outputs.one_hot_categorical import OneHotCategorical


@rule("BNN314", needs=("output.distribution", "output.labels", "output.classes", "loss.type"))
def binary_crossentropy_over_classes(view: View, report: Report) -> list[Diagnostic]:
    """`binary_crossentropy` is used for exclusive classes.

    ## What it does
    Finds `categorical` or `one_hot_categorical` with `binary_crossentropy`.

    ## Why it is bad
    The binary cross-entropy treats each class as a separate yes-or-no question. With ten exclusive
    classes, a model that always answers no is right nine times out of ten: Keras reports a loss of
    0.325 and an accuracy of 0.9, although the model has learned nothing.

    ## Example
    ```yaml
    loss: {type: binary_crossentropy}
    ```

    ## Use instead
    ```yaml
    loss: {type: negative_log_likelihood}
    ```
    """
    output = view.output
    if (
        not isinstance(output, Categorical | OneHotCategorical)
        or view.loss.type != "binary_crossentropy"
    ):
        return []
    if output.classes == 1:  # BNN318 suggests a yes-or-no output
        return []
    if output.labels not in output.losses:
        return []  # another rule reports that the labels contradict the distribution
    wanted = "negative_log_likelihood"
    if output.distribution == "categorical" and output.labels == "one_hot":
        wanted = "categorical_crossentropy"
    return [
        report(
            view.span_of("loss", "type"),
            "`binary_crossentropy` treats exclusive classes as independent yes-or-no questions",
            label="scores each class separately",
            related=(Label(view.span_of("output", "distribution"), "one class of several"),),
            notes=(
                f"a model that always answers no is right {output.classes - 1} times out of {output.classes}",
            ),
            help=(f"write `type: {wanted}`",),
            fixes=(view.fix_set(f"write `{wanted}`", (("loss", "type"), wanted)),),
        )
    ]
