"""BNN311."""

from bnnc.compiler.analysis.view import View
from bnnc.compiler.diagnostics.catalog import Report, rule
from bnnc.compiler.diagnostics.diagnostic import Diagnostic, Label


@rule("BNN311", needs=("output.distribution", "output.labels", "loss.type"))
def categorical_likelihood_of_one_hot_labels(view: View, report: Report) -> list[Diagnostic]:
    """The log-likelihood of a `categorical` takes class indices, not one-hot rows.

    ## What it does
    Finds `categorical` with `labels: one_hot` and `negative_log_likelihood`.

    ## Why it is bad
    `tfp.distributions.Categorical.log_prob` reads every entry of a one-hot row as a class index:
    with ten classes, nine times class 0 and once class 1. If the batch has as many rows as there
    are classes, the shapes even match.

    ## Example
    ```yaml
    output: {distribution: categorical, parameterization: logits, classes: 10, labels: one_hot}
    ```

    ## Use instead
    ```yaml
    output: {distribution: categorical, parameterization: logits, classes: 10, labels: integer}
    ```
    """
    if (view.output.distribution, view.output.labels, view.loss.type) != (
        "categorical",
        "one_hot",
        "negative_log_likelihood",
    ):
        return []
    return [
        report(
            view.span_of("output", "labels"),
            "the log-likelihood of `categorical` takes class indices, not one-hot rows",
            label="one-hot rows",
            related=(Label(view.span_of("output", "distribution"), "is over class indices"),),
            notes=("every entry of a one-hot row would be read as the class index 0 or 1",),
            help=(
                "write `labels: integer`, or `distribution: one_hot_categorical`; both give the same "
                "model, and bnnc converts the labels of the data",
            ),
            fixes=(
                view.fix_set(
                    "write `labels: integer`",
                    (("output", "labels"), "integer"),
                    safe=True,
                ),
            ),
        )
    ]
