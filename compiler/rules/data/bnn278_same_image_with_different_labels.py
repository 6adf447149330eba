"""BNN278."""

from bnnc.compiler.analysis.data_survey import listed
from bnnc.compiler.analysis.view import View
from bnnc.compiler.diagnostics.catalog import Report, rule
from bnnc.compiler.diagnostics.diagnostic import Diagnostic, Label
from bnnc.compiler.diagnostics.wording import counted, quoted
from bnnc.specs.survey import Place, Survey


@rule("BNN278", needs=("survey", "output.labels"), severity="warning")
def same_image_with_different_labels(view: View, report: Report) -> list[Diagnostic]:
    """Rows with the same pixels have different labels.

    ## What it does
    A look at every row, by `bnnc data` or `bnnc check --data`, compares the pixels of all rows, as
    the model reads them, and their classes. Blank images are not counted.

    ## Why it is bad
    At least one of the labels is wrong. No model can be right about all of them: it learns a
    probability in between, which looks like noise of the data.

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
    images[1] = images[0]
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
    images[1], labels[1] = images[0], labels[0]
    np.savez("own.npz", x_train=images[1:], y_train=labels[1:])
    ```
    """
    survey = view.survey
    groups = [
        group
        for group in survey.duplicates
        if len({one.label for one in group}) > 1 and group[0] not in survey.blank
    ]
    if not groups:
        return []
    shown = [_pair(survey, group) for group in groups]
    rows = sum(map(len, groups))
    return [
        report(
            view.span_of("data", "source"),
            f"{counted(rows, 'image')} with the same pixels as another "
            f"{'has' if rows == 1 else 'have'} another label",
            label=counted(len(groups), "image with several labels", "images with several labels"),
            related=(Label(view.span_of("output", "labels"), "the classes"),),
            notes=(listed(shown),),
            help=("correct the labels, and keep each image once",),
        )
    ]


def _pair(survey: Survey, group: tuple[Place, ...]) -> str:
    """The first row of a group, and the first with another label."""
    first = group[0]
    other = next(one for one in group if one.label != first.label)
    classes = [
        quoted(survey.class_name(-1 if one.label is None else one.label)) for one in (first, other)
    ]
    return f"`{first}` is {classes[0]}, `{other}` is {classes[1]}"
