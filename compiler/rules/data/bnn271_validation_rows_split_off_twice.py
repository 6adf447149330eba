"""BNN271."""

from bnnc.compiler.analysis.view import View
from bnnc.compiler.diagnostics.catalog import Report, rule
from bnnc.compiler.diagnostics.diagnostic import Diagnostic, Label


@rule("BNN271", needs=("data.validation_split", "data.splits"))
def validation_rows_split_off_twice(view: View, report: Report) -> list[Diagnostic]:
    """Both `validation_split` and `splits` take validation rows out of the data.

    ## What it does
    Finds a `data.validation_split` above 0 in a spec that has `data.splits`.

    ## Why it is bad
    Both choose rows at random, by different seeds: `validation_split` by `training.seed`, so that
    each seed validates on other rows, and `splits` by a seed of its own. It is unclear which rows
    the model should be validated on.

    ## Example
    ```yaml
    input: {shape: [8, 8, 1], value_range: [0, 16]}
    layers:
      - {type: flatten}
      - {type: dense, units: 10}
    training: {optimizer: {type: adam, learning_rate: 0.01}, batch_size: 32, epochs: 10}
    data: {source: digits, validation_split: 0.1, splits: {seed: 3}}
    ```

    ## Use instead
    ```yaml
    input: {shape: [8, 8, 1], value_range: [0, 16]}
    layers:
      - {type: flatten}
      - {type: dense, units: 10}
    training: {optimizer: {type: adam, learning_rate: 0.01}, batch_size: 32, epochs: 10}
    data: {source: digits, splits: {validation: 0.1, seed: 3}}
    ```
    """
    data = view.data
    if data is None or data.splits is None or data.validation_split == 0:
        return []
    share = data.validation_split
    return [
        report(
            view.span_of("data", "validation_split"),
            "`validation_split` and `splits` both divide the rows",
            label=f"takes {share:g} of the rows, chosen by `training.seed`",
            related=(
                Label(view.span_of("data", "splits"), "divides the rows by a seed of its own"),
            ),
            help=(
                f"write `splits: {{validation: {share:g}}}` instead of `validation_split: {share:g}`"
                if data.splits.validation == 0
                else f"delete `validation_split: {share:g}`",
            ),
        )
    ]
