"""BNN321."""

from bnnc.compiler.analysis.remedies import yes_or_no
from bnnc.compiler.analysis.view import View
from bnnc.compiler.diagnostics.catalog import Report, rule
from bnnc.compiler.diagnostics.diagnostic import Diagnostic, Label
from bnnc.specs.outputs.categorical import Categorical
from bnnc.specs.outputs.one_hot_categorical import OneHotCategorical


@rule("BNN321", needs=("output.distribution", "output.classes"), severity="information")
def two_class_softmax(view: View, report: Report) -> list[Diagnostic]:
    """Two classes can be a single yes-or-no output.

    ## What it does
    Reports `classes: 2`.

    ## Why it is bad
    Under a softmax, one of two logits is redundant: adding the same number to both changes nothing.
    A `bernoulli` with one unit is the same model with half as many weights in the last layer. Its
    posterior has no direction that the data cannot determine.

    ## Example
    ```yaml
    layers:
      - {type: flatten}
      - {type: dense, units: 2}
    output: {distribution: categorical, parameterization: logits, classes: 2, labels: integer}
    ```

    ## Use instead
    ```yaml
    layers:
      - {type: flatten}
      - {type: dense, units: 1}
    output: {distribution: bernoulli, parameterization: logits, labels: binary}
    ```
    """
    output = view.output
    if not isinstance(output, Categorical | OneHotCategorical) or output.classes != 2:
        return []
    return [
        report(
            view.span_of("output", "classes"),
            "two classes can be a single yes-or-no output",
            label="two logits, one of them redundant",
            related=(Label(view.span_of("output", "distribution"), "one class of several"),),
            help=(f"{yes_or_no(view)}; or keep the two classes, which give the same model",),
        )
    ]
