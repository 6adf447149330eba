"""BNN605."""

from bnnc.compiler.analysis.view import View
from bnnc.compiler.diagnostics.catalog import Report, rule
from bnnc.compiler.diagnostics.diagnostic import Diagnostic, Label


@rule("BNN605", needs=("training.early_stopping", "data"))
def early_stopping_without_validation(view: View, report: Report) -> list[Diagnostic]:
    """Early stopping needs validation rows, and there are none.

    ## What it does
    Reports `training.early_stopping` if `data.validation_split` is 0 and the data have no
    validation images of their own, in `val/` or as `x_val`. If bnnc cannot find the data, it
    reports nothing.

    ## Why it is bad
    Early stopping watches the loss of rows that the model is not trained on. The loss of the
    training rows falls for as long as the model can memorize them, so it would never stop the
    training.

    ## Example
    ```yaml
    input: {shape: [8, 8, 1], value_range: [0, 16]}
    training: {batch_size: 32, early_stopping: {patience: 5}}
    data: {source: digits}
    ```

    ## Use instead
    ```yaml
    input: {shape: [8, 8, 1], value_range: [0, 16]}
    training: {batch_size: 32, early_stopping: {patience: 5}}
    data: {source: digits, validation_split: 0.1}
    ```
    """
    if view.training.early_stopping is None or view.data is None or view.data.validation_split > 0:
        return []
    if view.data.splits is not None and view.data.splits.validation > 0:
        return []
    if view.facts is None or view.facts.has_validation is not False:
        return []
    return [
        report(
            view.span_of("training", "early_stopping"),
            "early stopping needs validation rows, and there are none",
            label="watches the validation loss",
            related=(Label(view.span_of("data", "validation_split"), "holds out no rows"),),
            help=("write `validation_split: 0.1` in `data`, or delete `early_stopping`",),
            fixes=(
                view.fix_set(
                    "write `validation_split: 0.1`", (("data", "validation_split"), "0.1")
                ),
            ),
        )
    ]
