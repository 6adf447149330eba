"""BNN313."""

from bnnc.compiler.analysis.view import View
from bnnc.compiler.diagnostics.catalog import Report, rule
from bnnc.compiler.diagnostics.diagnostic import Diagnostic, Label


@rule("BNN313", needs=("output.distribution", "output.labels", "loss.type"))
def sparse_crossentropy_of_one_hot_labels(view: View, report: Report) -> list[Diagnostic]:
    """`sparse_categorical_crossentropy` takes class indices, not one-hot rows.

    ## What it does
    Finds `categorical` with `labels: one_hot` and `sparse_categorical_crossentropy`.

    ## Why it is bad
    The sparse cross-entropy reads a label as a class index. It would read every 0 and 1 of a
    one-hot row as an index, or refuse the shape in the first training step.

    ## Example
    ```yaml
    output: {distribution: categorical, parameterization: logits, classes: 10, labels: one_hot}
    loss: {type: sparse_categorical_crossentropy}
    ```

    ## Use instead
    ```yaml
    output: {distribution: categorical, parameterization: logits, classes: 10, labels: one_hot}
    loss: {type: categorical_crossentropy}
    ```
    """
    if (view.output.distribution, view.output.labels, view.loss.type) != (
        "categorical",
        "one_hot",
        "sparse_categorical_crossentropy",
    ):
        return []
    return [
        report(
            view.span_of("loss", "type"),
            "`sparse_categorical_crossentropy` takes class indices, not one-hot rows",
            label="expects class indices",
            related=(Label(view.span_of("output", "labels"), "one-hot rows"),),
            notes=("every entry of a one-hot row would be read as the class index 0 or 1",),
            help=("write `type: categorical_crossentropy`, or `labels: integer`",),
            fixes=(
                view.fix_set(
                    "write `categorical_crossentropy`, the same loss for one-hot rows",
                    (("loss", "type"), "categorical_crossentropy"),
                    safe=True,
                ),
            ),
        )
    ]
