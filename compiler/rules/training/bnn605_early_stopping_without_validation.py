"""BNN605."""

from bnnc.compiler.analysis.view import View
from bnnc.compiler.diagnostics.catalog import Report, rule
from bnnc.compiler.diagnostics.diagnostic import Diagnostic, Label


@rule("BNN605", needs=("training.early_stopping", "data"))
def early_stopping_without_validation(view: View, report: Report) -> list[Diagnostic]:
    """Early stopping watches validation rows, and none are held out.

    ## What it does
    Finds `training.early_stopping` where `data.validation_split` is 0 and the data has no
    validation images of its own, in `val/` or as `x_val`. Data that is not there may have some.

    ## Why it is bad
    What is watched is the loss of rows that the model is not trained on. The loss of the training
    rows falls for as long as the model can remember them, and would stop nothing.

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
    if view.facts is None or view.facts.has_validation is not False:
        return []
    return [
        report(
            view.place("training", "early_stopping"),
            "there are no validation rows that early stopping could watch",
            label="watches the validation loss",
            related=(Label(view.place("data", "validation_split"), "holds nothing out"),),
            help=("write `validation_split: 0.1` into `data`, or delete `early_stopping`",),
            fixes=(view.setting("hold a tenth out", (("data", "validation_split"), "0.1")),),
        )
    ]
