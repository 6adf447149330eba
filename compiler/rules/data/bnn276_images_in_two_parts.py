"""BNN276."""

from dataclasses import replace

from bnnc.compiler.analysis.data_survey import listed
from bnnc.compiler.analysis.view import View
from bnnc.compiler.diagnostics.catalog import Report, rule
from bnnc.compiler.diagnostics.diagnostic import Diagnostic
from bnnc.compiler.diagnostics.wording import counted


@rule("BNN276", needs=("survey", "data.source"), severity="warning")
def images_in_two_parts(view: View, report: Report) -> list[Diagnostic]:
    """Rows of the validation or test part have the same pixels as training rows.

    ## What it does
    A look at every row, by `bnnc data` or `bnnc check --data`, compares the pixels of all rows, as
    the model reads them. It finds validation and test images that are training images too. Blank
    images are not counted.

    ## Why it is bad
    A model can remember what it was trained on. Its figures on such rows say nothing about new
    images: accuracy is too high, and the calibration too good.

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
    np.savez("own.npz", x_train=images[:400], y_train=labels[:400], x_test=images[390:], y_test=labels[390:])
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
    np.savez("own.npz", x_train=images[:400], y_train=labels[:400], x_test=images[400:], y_test=labels[400:])
    ```
    """
    survey = view.survey
    found = []
    for part in ("validation", "test"):
        groups = [
            group
            for group in survey.duplicates_between("train", part)
            if group[0] not in survey.blank
        ]
        pairs = [
            (next(one for one in group if one.part == "train"), place)
            for group in groups
            for place in group
            if place.part == part
        ]
        if not pairs:
            continue
        rows = len(pairs)
        share = rows / survey.rows[part]
        found.append(
            report(
                view.span_of("data", "source"),
                f"{rows:,} of {counted(survey.rows[part], f'{part} image')} "
                f"{'is a training image' if rows == 1 else 'are training images'} too ({share:.2%})",
                label=f"the same pixels in train and {part}",
                notes=(listed([f"`{other}` is `{one}`" for one, other in pairs]),),
                help=(
                    "delete these rows from one of the parts; where several images belong together, "
                    "such as those of a patient, keep them in one part by `splits: {by: COLUMN}`",
                ),
            )
        )
    return found[:1] if len(found) == 1 else [_joined(found)] if found else []


def _joined(found: list[Diagnostic]) -> Diagnostic:
    """One finding of two parts: two findings of a rule at one place are one."""
    first, *others = found
    notes = tuple(text for one in others for text in (one.message, *one.notes))
    return replace(first, notes=(*first.notes, *notes))
