"""BNN363."""

import json

from bnnc.compiler.analysis.view import View
from bnnc.compiler.diagnostics.catalog import Report, rule
from bnnc.compiler.diagnostics.diagnostic import Diagnostic, Label
from bnnc.specs.class_names import number_of


@rule("BNN363", needs=("output.distribution", "data.classes"), severity="warning")
def class_numbers_out_of_order(view: View, report: Report) -> list[Diagnostic]:
    """The class names are numbers that are not in order.

    ## What it does
    Finds `ordered_logistic` with names in `data.classes` that are all numbers and are neither
    increasing nor decreasing.

    ## Why it is bad
    `ordered_logistic` learns the position of an image in the order of the classes. If the names are
    sorted as text, 10 comes before 2, and the model learns an order that the images do not have.

    ## Example
    ```yaml
    layers:
      - {type: flatten}
      - {type: dense, units: 84, activation: relu}
      - {type: dense, units: 1}
    output: {distribution: ordered_logistic, parameterization: loc, classes: 4, labels: integer}
    data: {source: ./grades, classes: ['1', '10', '2', '3']}
    ```

    ## Use instead
    ```yaml
    layers:
      - {type: flatten}
      - {type: dense, units: 84, activation: relu}
      - {type: dense, units: 1}
    output: {distribution: ordered_logistic, parameterization: loc, classes: 4, labels: integer}
    data: {source: ./grades, classes: ['1', '2', '3', '10']}
    ```
    """
    names = view.data.classes if view.data else None
    if names is None or view.output.distribution != "ordered_logistic":
        return []
    numbers = [number_of(name) for name in names]
    known = [number for number in numbers if number is not None]
    if len(known) < len(numbers) or known in (sorted(known), sorted(known, reverse=True)):
        return []
    ordered = sorted(names, key=lambda name: number_of(name) or 0)
    shown = ", ".join(ordered[:10]) + (", …" if len(ordered) > 10 else "")
    return [
        report(
            view.span_of("data", "classes"),
            "the output distribution needs ordered classes, but the numbers in `classes` are not in order",
            label="neither increasing nor decreasing",
            related=(
                Label(view.span_of("output", "distribution"), "uses the order of the classes"),
            ),
            help=(
                f"sort them by value: {shown}; or delete `classes`, because bnnc sorts class folders "
                "with numeric names by value",
            ),
            fixes=(view.fix_set("sort them by value", (("data", "classes"), json.dumps(ordered))),),
        )
    ]
