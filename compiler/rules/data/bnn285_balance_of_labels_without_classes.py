"""BNN285."""

from bnnc.compiler.analysis.view import View
from bnnc.compiler.diagnostics.catalog import Report, rule
from bnnc.compiler.diagnostics.diagnostic import Diagnostic, Label


@rule("BNN285", needs=("output.labels", "data.balance"))
def balance_of_labels_without_classes(view: View, report: Report) -> list[Diagnostic]:
    """The classes are to be balanced, but a label is not a single class.

    ## What it does
    Finds `data.balance` with `labels` other than `integer`, `one_hot` and `binary`.

    ## Why it is bad
    Balanced classes have the same number of rows in every epoch. Numbers and counts have no classes.
    A row with several labels belongs to several classes, and repeating it for one of them repeats the
    others too.

    ## Example
    ```yaml
    layers:
      - {type: flatten}
      - {type: dense, units: 84, activation: relu}
      - {type: dense, units: 1}
    output: {distribution: normal, parameterization: loc, scale: learned, labels: real}
    data: {source: ages.csv, balance: resample}
    ```

    ## Use instead
    ```yaml
    layers:
      - {type: flatten}
      - {type: dense, units: 84, activation: relu}
      - {type: dense, units: 1}
    output: {distribution: normal, parameterization: loc, scale: learned, labels: real}
    data: {source: ages.csv}
    ```
    """
    labels = view.output.labels
    if view.data is None or view.data.balance is None or labels in {"integer", "one_hot", "binary"}:
        return []
    return [
        report(
            view.span_of("data", "balance"),
            f"`balance` is about classes, but `labels: {labels}` are not one class each",
            label="gives each class the same number of rows",
            related=(Label(view.span_of("output", "labels"), "no class of each row"),),
            help=("delete `balance`",),
            fixes=(view.fix_delete("data", "balance"),),
        )
    ]
