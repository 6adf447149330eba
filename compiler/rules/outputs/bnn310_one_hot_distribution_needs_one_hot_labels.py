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
    `tfp.distributions.OneHotCategorical.log_prob` takes rows of the length of the classes. Given
    integer labels of shape (batch, 1) it broadcasts them along the classes, and returns finite
    numbers that mean nothing: the model runs, reports a loss, and stays at chance.

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
    fix = view.setting(
        "write `categorical`", (("output", "distribution"), "categorical"), safe=True
    )
    if view.loss.type == "negative_log_likelihood":
        fix = view.setting("write `labels: one_hot`", (("output", "labels"), "one_hot"), safe=True)
        help += ", or `labels: one_hot`: bnnc encodes the labels of the data as the spec says"
    elif view.loss.type != "sparse_categorical_crossentropy":
        help += (
            " and `type: sparse_categorical_crossentropy`, or `labels: one_hot` and "
            "`type: negative_log_likelihood`"
        )
        fix = view.setting(
            "write one-hot labels and the log-likelihood",
            (("output", "labels"), "one_hot"),
            (("loss", "type"), "negative_log_likelihood"),
        )
    return [
        report(
            view.place("output", "labels"),
            "one_hot_categorical cannot score integer labels",
            label="class indices",
            related=(Label(view.place("output", "distribution"), "scores one-hot rows"),),
            notes=("TFP broadcasts a label of shape (batch, 1) to a finite, wrong number",),
            help=(help,),
            fixes=(fix,),
        )
    ]
