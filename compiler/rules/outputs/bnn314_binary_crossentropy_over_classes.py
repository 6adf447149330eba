"""BNN314."""

from bnnc.compiler.analysis.view import View
from bnnc.compiler.diagnostics.catalog import Report, rule
from bnnc.compiler.diagnostics.diagnostic import Diagnostic, Label
from bnnc.specs.outputs.categorical import Categorical
from bnnc.specs.outputs.one_hot_categorical import OneHotCategorical


@rule("BNN314", needs=("output.distribution", "output.labels", "output.classes", "loss.type"))
def binary_crossentropy_over_classes(view: View, report: Report) -> list[Diagnostic]:
    """`binary_crossentropy` over exclusive classes.

    ## What it does
    Finds `categorical` or `one_hot_categorical` under `binary_crossentropy`.

    ## Why it is bad
    The binary cross-entropy treats each class as a yes or no by itself. Over ten exclusive
    classes, a model that always says no is right nine times in ten: Keras reports a loss of 0.325
    and an accuracy of 0.9, and nothing has been learnt.

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
    if output.classes == 1:  # a yes or no was meant: BNN318
        return []
    if output.labels not in output.losses:
        return []  # the labels contradict the distribution already, whatever the loss
    wanted = "negative_log_likelihood"
    if output.distribution == "categorical" and output.labels == "one_hot":
        wanted = "categorical_crossentropy"
    return [
        report(
            view.place("loss", "type"),
            "binary_crossentropy treats exclusive classes as independent questions",
            label="a yes or no for each class",
            related=(Label(view.place("output", "distribution"), "one class of several"),),
            notes=(
                f"always saying no would be right {output.classes - 1} times in {output.classes}",
            ),
            help=(f"write `type: {wanted}`",),
            fixes=(view.setting(f"write `{wanted}`", (("loss", "type"), wanted)),),
        )
    ]
