"""BNN335."""

from bnnc.compiler.analysis.remedies import single_class, unscored_labels
from bnnc.compiler.analysis.view import View
from bnnc.compiler.diagnostics.catalog import Report, rule
from bnnc.compiler.diagnostics.diagnostic import Diagnostic


@rule(
    "BNN335",
    needs=(
        "output.distribution",
        "output.parameterization",
        "output.labels",
        "output.classes",
        "output.scale",
        "loss.type",
    ),
)
def one_hot_labels_under_another_distribution(view: View, report: Report) -> list[Diagnostic]:
    """`labels: one_hot` under a distribution that is not over one-hot rows.

    ## What it does
    Finds one-hot rows under `relaxed_one_hot_categorical`, `independent_bernoulli`,
    `ordered_logistic`, `normal`, `student_t` and `poisson`.

    ## Why it is bad
    A one-hot row lies on the border of the simplex, where the relaxed distribution has no density:
    its loss is infinite. To independent labels it says that the classes exclude each other, which
    they do not use. Real numbers, counts and ordered classes have one label an image, not one a
    class.

    ## Example
    ```yaml
    output: {distribution: relaxed_one_hot_categorical, parameterization: logits, classes: 10, temperature: 0.5, labels: one_hot}
    ```

    ## Use instead
    ```yaml
    output: {distribution: relaxed_one_hot_categorical, parameterization: logits, classes: 10, temperature: 0.5, labels: soft}
    ```
    """
    output = view.output
    if output.labels != "one_hot" or output.labels in output.losses or single_class(view):
        return []
    if output.distribution in {"bernoulli"}:
        return []  # BNN316
    return [
        unscored_labels(
            view,
            report,
            encoded="one-hot rows",
            reason="a one-hot row says one of several classes that exclude each other, without an order",
            elsewhere="`distribution: one_hot_categorical`",
        )
    ]
