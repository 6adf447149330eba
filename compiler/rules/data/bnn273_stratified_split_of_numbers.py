"""BNN273."""

from bnnc.compiler.analysis.view import View
from bnnc.compiler.diagnostics.catalog import Report, rule
from bnnc.compiler.diagnostics.diagnostic import Diagnostic, Label


@rule("BNN273", needs=("output.labels", "data.splits"))
def stratified_split_of_numbers(view: View, report: Report) -> list[Diagnostic]:
    """The rows are stratified by class, but the labels are not classes.

    ## What it does
    Finds `data.splits.stratified: true` with `labels` other than `integer`, `one_hot` and
    `binary`.

    ## Why it is bad
    A stratified split gives each class the same share in all parts. Numbers, and sets of classes,
    are different in nearly every row: there is nothing to keep the shares of.

    ## Example
    ```yaml
    layers:
      - {type: flatten}
      - {type: dense, units: 84, activation: relu}
      - {type: dense, units: 1}
    output: {distribution: normal, parameterization: loc, scale: learned, labels: real}
    data: {source: ages.csv, splits: {validation: 0.1, stratified: true}}
    ```

    ## Use instead
    ```yaml
    layers:
      - {type: flatten}
      - {type: dense, units: 84, activation: relu}
      - {type: dense, units: 1}
    output: {distribution: normal, parameterization: loc, scale: learned, labels: real}
    data: {source: ages.csv, splits: {validation: 0.1}}
    ```
    """
    splits = None if view.data is None else view.data.splits
    labels = view.output.labels
    if splits is None or not splits.stratified or labels in {"integer", "one_hot", "binary"}:
        return []
    return [
        report(
            view.span_of("data", "splits", "stratified"),
            f"`splits` is stratified by class, but `labels: {labels}` are not classes",
            label="keeps the shares of the classes",
            related=(Label(view.span_of("output", "labels"), "no class of each image"),),
            help=("delete `stratified`: the rows are then chosen at random",),
        )
    ]
