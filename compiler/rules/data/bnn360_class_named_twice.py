"""BNN360."""

from bnnc.compiler.analysis.view import View
from bnnc.compiler.diagnostics.catalog import Report, rule
from bnnc.compiler.diagnostics.diagnostic import Diagnostic, Label


@rule("BNN360", needs=("data.classes",))
def class_named_twice(view: View, report: Report) -> list[Diagnostic]:
    """Two classes have the same name.

    ## What it does
    Finds a name that occurs twice in `data.classes`.

    ## Why it is bad
    The names identify the classes in class folders, in predictions and in the manifest. With the
    same name for two classes, a prediction is ambiguous.

    ## Example
    ```yaml
    layers:
      - {type: flatten}
      - {type: dense, units: 84, activation: relu}
      - {type: dense, units: 3}
    output: {distribution: categorical, parameterization: logits, classes: 3, labels: integer}
    data: {source: ./animals, classes: [cat, dog, cat]}
    ```

    ## Use instead
    ```yaml
    layers:
      - {type: flatten}
      - {type: dense, units: 84, activation: relu}
      - {type: dense, units: 3}
    output: {distribution: categorical, parameterization: logits, classes: 3, labels: integer}
    data: {source: ./animals, classes: [cat, dog, horse]}
    ```
    """
    names = (view.data.classes if view.data else None) or []
    first: dict[str, int] = {}
    for index, name in enumerate(names):
        if name in first:
            return [
                report(
                    view.span_of("data", "classes", index),
                    f"two classes have the name `{name}`",
                    label=f"class {index}",
                    related=(
                        Label(view.span_of("data", "classes", first[name]), f"class {first[name]}"),
                    ),
                    help=("write a different name for each class, or delete one of them",),
                )
            ]
        first[name] = index
    return []
