"""BNN263."""

from bnnc.compiler.analysis.view import View
from bnnc.compiler.diagnostics.catalog import Report, rule
from bnnc.compiler.diagnostics.diagnostic import Diagnostic, Label
from bnnc.compiler.diagnostics.wording import counted, quoted

SHOWN = 5


@rule("BNN263", needs=("output.labels", "output.classes"), severity="warning")
def class_without_rows(view: View, report: Report) -> list[Diagnostic]:
    """A class of the spec has no rows in the data.

    ## What it does
    Compares `output.classes` with the labels of the data where they are counted: those of an .npz
    archive or of IDX files below 4 MiB. Before training, it counts all labels. BNN213 reports a
    class number that is too large for the spec.

    ## Why it is bad
    The class takes probability from the other classes, and a prediction of it means nothing. Often
    the number of classes belongs to another data set.

    ## Example
    ```yaml
    input: {shape: [8, 8, 1], value_range: [0, 1]}
    layers:
      - {type: flatten}
      - {type: dense, units: 10}
    output: {distribution: categorical, parameterization: logits, classes: 10, labels: integer}
    training: {optimizer: {type: adam, learning_rate: 0.01}, batch_size: 10, epochs: 10}
    data: {source: grades.npz}
    ```

    ```python
    import numpy as np

    images = np.random.default_rng(0).random((500, 8, 8, 1))
    np.savez("grades.npz", x_train=images, y_train=np.arange(500) % 5)
    ```

    ## Use instead
    ```yaml
    input: {shape: [8, 8, 1], value_range: [0, 1]}
    layers:
      - {type: flatten}
      - {type: dense, units: 5}
    output: {distribution: categorical, parameterization: logits, classes: 5, labels: integer}
    training: {optimizer: {type: adam, learning_rate: 0.01}, batch_size: 10, epochs: 10}
    data: {source: grades.npz}
    ```

    ```python
    import numpy as np

    images = np.random.default_rng(0).random((500, 8, 8, 1))
    np.savez("grades.npz", x_train=images, y_train=np.arange(500) % 5)
    ```
    """
    facts = view.facts
    if facts is None or facts.label_counts is None or facts.classes is not None:
        return []
    if view.output.labels not in {"integer", "one_hot", "binary"}:
        return []
    counts, classes = facts.label_counts, getattr(view.output, "classes", 2)
    absent = [one for one in range(classes) if one >= len(counts) or counts[one] == 0]
    if not absent or len(counts) > classes or max(counts) == sum(counts):
        return []  # BNN213 reports too many classes, BNN262 a single one
    listed = ", ".join(map(str, absent[:SHOWN])) + (", ..." if len(absent) > SHOWN else "")
    return [
        report(
            view.span_of("output", "classes"),
            f"no row of {quoted(facts.name)} has class {listed}",
            label=f"{counted(classes, 'class', 'classes')}, {len(absent)} of them without rows",
            related=(Label(view.span_of("data", "source"), "the data"),),
            help=(
                f"write `classes: {len(counts)}`, and {len(counts)} units in the last layer"
                if absent[0] == len(counts)
                else "renumber the classes, or add rows of every class to the data",
            ),
        )
    ]
