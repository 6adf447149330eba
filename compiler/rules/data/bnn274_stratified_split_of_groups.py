"""BNN274."""

from bnnc.compiler.analysis.view import View
from bnnc.compiler.diagnostics.catalog import Report, rule
from bnnc.compiler.diagnostics.diagnostic import Diagnostic, Label


@rule("BNN274", needs=("data.splits",))
def stratified_split_of_groups(view: View, report: Report) -> list[Diagnostic]:
    """The rows are split both by class and by group.

    ## What it does
    Finds `data.splits.stratified: true` next to `data.splits.by`.

    ## Why it is bad
    With `by`, all rows of a group, such as the images of one patient, are in one part. A group has
    rows of several classes, so the shares of the classes follow from the groups, and cannot be
    chosen too.

    ## Example
    ```yaml
    layers:
      - {type: flatten}
      - {type: dense, units: 84, activation: relu}
      - {type: dense, units: 10}
    data: {source: labels.csv, splits: {test: 0.2, by: patient, stratified: true}}
    ```

    ## Use instead
    ```yaml
    layers:
      - {type: flatten}
      - {type: dense, units: 84, activation: relu}
      - {type: dense, units: 10}
    data: {source: labels.csv, splits: {test: 0.2, by: patient}}
    ```
    """
    splits = None if view.data is None else view.data.splits
    if splits is None or not splits.stratified or splits.by is None:
        return []
    return [
        report(
            view.span_of("data", "splits", "stratified"),
            "`splits` keeps groups together, so it cannot keep the shares of the classes too",
            label="keeps the shares of the classes",
            related=(Label(view.span_of("data", "splits", "by"), "keeps groups together"),),
            help=(
                "delete `stratified`, which keeps images of one group out of other parts; delete "
                "`by` only if no two images belong together",
            ),
        )
    ]
