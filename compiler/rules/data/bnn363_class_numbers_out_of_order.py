"""BNN363."""

import json

from bnnc.compiler.analysis.view import View
from bnnc.compiler.diagnostics.catalog import Report, rule
from bnnc.compiler.diagnostics.diagnostic import Diagnostic, Label
from bnnc.specs.class_names import number_of


@rule("BNN363", needs=("output.distribution", "data.classes"), severity="warning")
def class_numbers_out_of_order(view: View, report: Report) -> list[Diagnostic]:
    """Classes with an order, whose numbers are in another one.

    ## What it does
    Finds `ordered_logistic` with names in `data.classes` that are all numbers, and neither rise nor
    fall.

    ## Why it is bad
    `ordered_logistic` learns how far an image is along the order of the classes. As text, 10 comes
    before 2; a list that was sorted so gives the model an order that its images do not have.

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
            view.place("data", "classes"),
            "the classes have an order, and their numbers are in another one",
            label="neither rises nor falls",
            related=(Label(view.place("output", "distribution"), "reads an order"),),
            help=(
                f"write them by value: {shown}; or delete `classes`, as class folders that are "
                "numbers are in that order",
            ),
            fixes=(view.setting("sort them by value", (("data", "classes"), json.dumps(ordered))),),
        )
    ]
