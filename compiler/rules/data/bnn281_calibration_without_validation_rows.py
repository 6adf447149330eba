"""BNN281."""

from bnnc.compiler.analysis.held_out_rows import paths_of_calibration, validation_rows
from bnnc.compiler.analysis.view import View
from bnnc.compiler.diagnostics.catalog import Report, rule
from bnnc.compiler.diagnostics.diagnostic import Diagnostic, Label


@rule("BNN281", needs=("calibration", "prediction", "data"))
def calibration_without_validation_rows(view: View, report: Report) -> list[Diagnostic]:
    """A calibration or a guarantee needs validation rows, and there are none.

    ## What it does
    Reports `calibration` and `prediction.sets`, `reject` and `interval` if neither
    `data.validation_split` nor `data.splits.validation` holds rows out, and the data have no
    validation images of their own. If bnnc cannot find the data, it reports nothing.

    ## Why it is bad
    On the rows that it was trained on, a model is more often right than on others. A temperature
    that is fitted to them is too low, and a prediction set that is fitted to them too small. Fitted
    to the test rows, it makes the test figures too good.

    ## Example
    ```yaml
    input: {shape: [8, 8, 1], value_range: [0, 16]}
    training: {batch_size: 32}
    calibration: {method: temperature}
    data: {source: digits}
    ```

    ## Use instead
    ```yaml
    input: {shape: [8, 8, 1], value_range: [0, 16]}
    training: {batch_size: 32}
    calibration: {method: temperature}
    data: {source: digits, validation_split: 0.1}
    ```

    ## References
    - Guo et al. 2017, arXiv:1706.04599
    """
    paths = paths_of_calibration(view)
    if not paths or validation_rows(view) != 0:
        return []
    name = paths[0][-1]
    return [
        report(
            view.span_of(*paths[0]),
            f"`{name}` needs validation rows, and there are none",
            label="is fitted to the validation rows",
            related=(Label(view.span_of("data", "validation_split"), "holds out no rows"),),
            help=(f"write `validation_split: 0.1` in `data`, or delete `{name}`",),
            fixes=(
                view.fix_set(
                    "write `validation_split: 0.1`", (("data", "validation_split"), "0.1")
                ),
            ),
        )
    ]
