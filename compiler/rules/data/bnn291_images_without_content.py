"""BNN291."""

from bnnc.compiler.analysis.data_survey import listed
from bnnc.compiler.analysis.view import View
from bnnc.compiler.diagnostics.catalog import Report, rule
from bnnc.compiler.diagnostics.diagnostic import Diagnostic
from bnnc.compiler.diagnostics.wording import counted


@rule("BNN291", needs=("survey", "data.source"), severity="warning")
def images_without_content(view: View, report: Report) -> list[Diagnostic]:
    """Images are blank or nearly so.

    ## What it does
    A look at every row, by `bnnc data` or `bnnc check --data`, finds images whose pixels all have one
    value in each channel, and images whose standard deviation is below 1/512 of the range of the
    values.

    ## Why it is bad
    Such images are mostly those that failed to be written. Nothing can be learned of them but that
    their class may be a blank image, and in a test part they lower every figure.

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
    images[20:23] = 0
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
    survey = view.survey
    found = [one for one in survey.odd if one.kind in {"blank", "nearly constant"}]
    if not found:
        return []
    rows = sum(survey.rows.values())
    return [
        report(
            view.span_of("data", "source"),
            f"{len(found):,} of {counted(rows, 'image')} {'has' if len(found) == 1 else 'have'} no content",
            label="holds blank images",
            notes=(listed([f"`{one.place}` is {one.kind}" for one in found]),),
            help=("replace these images or remove them",),
        )
    ]
