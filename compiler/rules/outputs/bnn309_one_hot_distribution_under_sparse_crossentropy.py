"""BNN309."""

from bnnc.compiler.analysis.view import View
from bnnc.compiler.diagnostics.catalog import Report, rule
from bnnc.compiler.diagnostics.diagnostic import Diagnostic, Label


@rule("BNN309", needs=("output.distribution", "output.labels", "loss.type"))
def one_hot_distribution_under_sparse_crossentropy(view: View, report: Report) -> list[Diagnostic]:
    """`sparse_categorical_crossentropy` cannot score a `one_hot_categorical`.

    ## What it does
    Finds a `one_hot_categorical` output whose loss takes integer labels.

    ## Why it is bad
    The sparse cross-entropy takes a class index, but the distribution and the labels are one-hot
    rows. TensorFlow would read each 0 and 1 of a row as a class index, and score every image
    against the classes 0 and 1.

    ## Example
    ```yaml
    output: {distribution: one_hot_categorical, parameterization: logits, classes: 10, labels: one_hot}
    loss: {type: sparse_categorical_crossentropy}
    ```

    ## Use instead
    ```yaml
    output: {distribution: one_hot_categorical, parameterization: logits, classes: 10, labels: one_hot}
    loss: {type: negative_log_likelihood}
    ```
    """
    if (view.output.distribution, view.output.labels, view.loss.type) != (
        "one_hot_categorical",
        "one_hot",
        "sparse_categorical_crossentropy",
    ):
        return []
    return [
        report(
            view.span_of("loss", "type"),
            "`sparse_categorical_crossentropy` cannot score the distribution `one_hot_categorical`",
            label="expects class indices",
            related=(Label(view.span_of("output", "distribution"), "is over one-hot rows"),),
            notes=("a class index is one number; a one-hot row has one number for each class",),
            help=(
                "write `type: negative_log_likelihood`; or keep the loss and write "
                "`distribution: categorical` and `labels: integer`",
            ),
            fixes=(
                view.fix_set(
                    "write `negative_log_likelihood`, the same loss for one-hot rows",
                    (("loss", "type"), "negative_log_likelihood"),
                    safe=True,
                ),
            ),
        )
    ]
