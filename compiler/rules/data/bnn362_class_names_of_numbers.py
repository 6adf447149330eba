"""BNN362."""

from bnnc.compiler.analysis.view import View
from bnnc.compiler.diagnostics.catalog import Report, rule
from bnnc.compiler.diagnostics.diagnostic import Diagnostic, Label


@rule("BNN362", needs=("output.distribution", "output.labels", "data.classes"))
def class_names_of_numbers(view: View, report: Report) -> list[Diagnostic]:
    """The labels are numbers, but the spec names classes.

    ## What it does
    Finds `data.classes` with `labels: real` and `labels: count`.

    ## Why it is bad
    Such labels are measured or counted numbers, so there are no classes to name. In a folder of
    images, the name of the class folder is the number, whatever its position.

    ## Example
    ```yaml
    layers:
      - {type: flatten}
      - {type: dense, units: 84, activation: relu}
      - {type: dense, units: 1}
    output: {distribution: normal, parameterization: loc, scale: learned, labels: real}
    data: {source: ./ages, classes: [young, old]}
    ```

    ## Use instead
    ```yaml
    layers:
      - {type: flatten}
      - {type: dense, units: 84, activation: relu}
      - {type: dense, units: 1}
    output: {distribution: normal, parameterization: loc, scale: learned, labels: real}
    data: {source: ./ages}
    ```
    """
    if view.data is None or view.data.classes is None:
        return []
    labels = view.output.labels
    if labels not in {"real", "count"} or labels not in view.output.losses:
        return []
    return [
        report(
            view.span_of("data", "classes"),
            f"`labels: {labels}` are numbers, but `classes` names classes",
            label="names classes",
            related=(Label(view.span_of("output", "labels"), "numbers"),),
            help=(
                "delete `classes`; or, if the labels are ordered classes, write `distribution: "
                "ordered_logistic` with `labels: integer`",
            ),
        )
    ]
