"""BNN361."""

from bnnc.compiler.analysis.view import View
from bnnc.compiler.diagnostics.catalog import Report, rule
from bnnc.compiler.diagnostics.diagnostic import Diagnostic, Label


@rule("BNN361", needs=("output.distribution", "output.classes", "output.labels", "data.classes"))
def class_names_of_another_number(view: View, report: Report) -> list[Diagnostic]:
    """The number of class names differs from the number of classes.

    ## What it does
    Compares the length of `data.classes` with the number of classes of the output. `bernoulli` has
    two classes: no (0) and yes (1).

    ## Why it is bad
    `data.classes` names every class, in the order of the class indices. With one name too few or
    too many, it is unclear which class the names belong to. Training would refuse the data, after
    TensorFlow has started.

    ## Example
    ```yaml
    layers:
      - {type: flatten}
      - {type: dense, units: 84, activation: relu}
      - {type: dense, units: 1}
    output: {distribution: ordered_logistic, parameterization: loc, classes: 4, labels: integer}
    data: {source: ./grades, classes: [none, mild, severe]}
    ```

    ## Use instead
    ```yaml
    layers:
      - {type: flatten}
      - {type: dense, units: 84, activation: relu}
      - {type: dense, units: 1}
    output: {distribution: ordered_logistic, parameterization: loc, classes: 4, labels: integer}
    data: {source: ./grades, classes: [none, mild, moderate, severe]}
    ```
    """
    names = view.data.classes if view.data else None
    if names is None or view.output.labels in {"real", "count"}:
        return []
    if view.output.labels not in view.output.losses:
        return []  # another rule reports that the labels contradict the distribution
    classes = getattr(view.output, "classes", 2)
    if len(names) == classes:
        return []
    has_number = hasattr(view.output, "classes")
    place = view.span_of("output", "classes" if has_number else "distribution")
    way_out = f"write {classes} class names"
    if has_number:
        way_out += f", or write `classes: {len(names)}` into `output`"
        if "classes" in view.output.width_fields:
            way_out += f" and {len(names)} units in the last layer"
    return [
        report(
            view.span_of("data", "classes"),
            f"{len(names)} class names for {classes} classes",
            label=f"{len(names)} names",
            related=(Label(place, f"{classes} classes"),),
            help=(way_out,),
        )
    ]
