"""BNN312."""

from bnnc.compiler.analysis.view import View
from bnnc.compiler.diagnostics.catalog import Report, rule
from bnnc.compiler.diagnostics.diagnostic import Diagnostic, Label


@rule("BNN312", needs=("output.distribution", "output.labels", "loss.type"))
def categorical_crossentropy_of_integer_labels(view: View, report: Report) -> list[Diagnostic]:
    """`categorical_crossentropy` takes one-hot rows, not class indices.

    ## What it does
    Finds `categorical` with `labels: integer` and `categorical_crossentropy`.

    ## Why it is bad
    Keras's categorical cross-entropy multiplies the label with the log-probabilities, class by
    class. A class index is a single number: in the best case the shapes do not match, in the worst
    case the index is broadcast along the classes.

    ## Example
    ```yaml
    loss: {type: categorical_crossentropy}
    ```

    ## Use instead
    ```yaml
    loss: {type: sparse_categorical_crossentropy}
    ```
    """
    if (view.output.distribution, view.output.labels, view.loss.type) != (
        "categorical",
        "integer",
        "categorical_crossentropy",
    ):
        return []
    return [
        report(
            view.span_of("loss", "type"),
            "`categorical_crossentropy` takes one-hot rows, not class indices",
            label="expects one-hot rows",
            related=(Label(view.span_of("output", "labels"), "class indices"),),
            help=(
                "write `labels: one_hot`, because the spec smooths the labels"
                if view.smooths_labels
                else "write `type: sparse_categorical_crossentropy` or `type: negative_log_likelihood` "
                "(the same loss), or `labels: one_hot`",
            ),
            fixes=(
                # The sparse loss cannot smooth labels, so a spec that smooths them keeps its loss.
                view.fix_set(
                    "write `labels: one_hot`",
                    (("output", "labels"), "one_hot"),
                    safe=True,
                )
                if view.smooths_labels
                else view.fix_set(
                    "write `sparse_categorical_crossentropy`, the same loss for class indices",
                    (("loss", "type"), "sparse_categorical_crossentropy"),
                    safe=True,
                ),
            ),
        )
    ]
