"""BNN280."""

from bnnc.compiler.analysis.data_survey import listed
from bnnc.compiler.analysis.view import View
from bnnc.compiler.diagnostics.catalog import Report, rule
from bnnc.compiler.diagnostics.diagnostic import Diagnostic, Label
from bnnc.compiler.diagnostics.wording import counted


@rule("BNN280", needs=("survey", "output.classes", "output.labels"))
def labels_outside_the_classes(view: View, report: Report) -> list[Diagnostic]:
    """Rows have labels that are none of the classes.

    ## What it does
    A look at every row, by `bnnc data` or `bnnc check --data`, compares each label with the classes
    0 to `output.classes` - 1, for labels that are one class each.

    ## Why it is bad
    Training refuses the data at the first of these rows. A few of them are mostly marks for rows
    without a label, such as -1 or 255. Many of them are classes that the spec does not have.

    ## Example
    ```yaml
    input: {shape: [8, 8, 1], value_range: [0, 1]}
    layers:
      - {type: flatten}
      - {type: dense, units: 5}
    output: {distribution: categorical, parameterization: logits, classes: 5, labels: integer}
    training: {optimizer: {type: adam, learning_rate: 0.01}, batch_size: 10, epochs: 10}
    data: {source: own.npz}
    ```

    ```python
    import numpy as np

    images, labels = np.random.default_rng(0).random((500, 8, 8, 1)), np.arange(500) % 5
    labels[7] = 9
    np.savez("own.npz", x_train=images, y_train=labels)
    ```

    ## Use instead
    ```yaml
    input: {shape: [8, 8, 1], value_range: [0, 1]}
    layers:
      - {type: flatten}
      - {type: dense, units: 5}
    output: {distribution: categorical, parameterization: logits, classes: 5, labels: integer}
    training: {optimizer: {type: adam, learning_rate: 0.01}, batch_size: 10, epochs: 10}
    data: {source: own.npz}
    ```

    ```python
    import numpy as np

    images, labels = np.random.default_rng(0).random((500, 8, 8, 1)), np.arange(500) % 5
    np.savez("own.npz", x_train=images, y_train=labels)
    ```
    """
    survey, classes = view.survey, getattr(view.output, "classes", 2)
    outside = survey.outside
    if not outside:
        return []
    rows = sum(survey.rows.values())
    path = ("output", "classes") if hasattr(view.output, "classes") else ("output", "labels")
    counts = survey.stored_counts or ()
    largest = max((one.label for one in outside if one.label is not None), default=None)
    help = "correct these labels, or delete the rows"
    if largest == classes and counts and counts[0] == 0:
        help = "number the classes from 0: subtract 1 from every label in the data"
    elif largest is not None and path[1] == "classes":
        help += f"; or write `classes: {largest + 1}` if these are classes of their own"
    shown = [
        f"`{one}` has {'no class index' if one.label is None else one.label}" for one in outside
    ]
    return [
        report(
            view.span_of(*path),
            f"{len(outside):,} of {counted(rows, 'row')} {'has a label' if len(outside) == 1 else 'have labels'} "
            f"outside of 0 to {classes - 1}",
            label=f"the classes 0 to {classes - 1}",
            related=(Label(view.span_of("data", "source"), "the data"),),
            notes=(listed(shown),),
            help=(help,),
        )
    ]
