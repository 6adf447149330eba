"""BNN310."""

from bnnc.compiler.analysis.view import View
from bnnc.compiler.diagnostics.catalog import Report, rule
from bnnc.compiler.diagnostics.diagnostic import Diagnostic, Label


@rule("BNN310", needs=("output.distribution", "output.labels", "loss.type"))
def one_hot_distribution_needs_one_hot_labels(view: View, report: Report) -> list[Diagnostic]:
    """`one_hot_categorical` cannot score integer labels.

    ## What it does
    Finds a `one_hot_categorical` output with `labels: integer`.

    ## Why it is bad
    `tfp.distributions.OneHotCategorical.log_prob` takes rows with one number for each class. It
    broadcasts integer labels of shape (batch, 1) along the classes, and returns finite but
    meaningless numbers: the model runs and reports a loss, but stays at chance.

    ## Example
    ```yaml
    output: {distribution: one_hot_categorical, parameterization: logits, classes: 10, labels: integer}
    ```

    ## Use instead
    ```yaml
    output: {distribution: categorical, parameterization: logits, classes: 10, labels: integer}
    ```
    """
    if (view.output.distribution, view.output.labels) != ("one_hot_categorical", "integer"):
        return []
    help = "write `distribution: categorical`"
    fix = view.fix_set(
        "write `categorical`", (("output", "distribution"), "categorical"), safe=True
    )
    if view.loss.type == "negative_log_likelihood":
        fix = view.fix_set("write `labels: one_hot`", (("output", "labels"), "one_hot"), safe=True)
        help += ", or `labels: one_hot`; bnnc converts the labels of the data"
    elif view.loss.type != "sparse_categorical_crossentropy":
        help += (
            " and `type: sparse_categorical_crossentropy`, or `labels: one_hot` and "
            "`type: negative_log_likelihood`"
        )
        fix = view.fix_set(
            "write `labels: one_hot` and `type: negative_log_likelihood`",
            (("output", "labels"), "one_hot"),
            (("loss", "type"), "negative_log_likelihood"),
        )
    return [
        report(
            view.span_of("output", "labels"),
            "the distribution `one_hot_categorical` cannot score `integer` labels",
            label="class indices",
            related=(Label(view.span_of("output", "distribution"), "scores one-hot rows"),),
            notes=(
                "TFP broadcasts labels of shape (batch, 1), and returns a finite but wrong number",
            ),
            help=(help,),
            fixes=(fix,),
        )
    ]
