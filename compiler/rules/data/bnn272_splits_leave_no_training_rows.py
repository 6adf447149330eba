"""BNN272."""

from bnnc.compiler.analysis.view import View
from bnnc.compiler.diagnostics.catalog import Report, rule
from bnnc.compiler.diagnostics.diagnostic import Diagnostic, Label


@rule("BNN272", needs=("data.splits",))
def splits_leave_no_training_rows(view: View, report: Report) -> list[Diagnostic]:
    """The shares of `splits` leave no rows to train on.

    ## What it does
    Adds `data.splits.validation` and `data.splits.test`. Finds a sum of 1 or more.

    ## Why it is bad
    All rows would be validation or test rows. Training would refuse the data, after TensorFlow has
    started.

    ## Example
    ```yaml
    layers:
      - {type: flatten}
      - {type: dense, units: 84, activation: relu}
      - {type: dense, units: 10}
    data: {source: ./images, splits: {validation: 0.3, test: 0.7}}
    ```

    ## Use instead
    ```yaml
    layers:
      - {type: flatten}
      - {type: dense, units: 84, activation: relu}
      - {type: dense, units: 10}
    data: {source: ./images, splits: {validation: 0.1, test: 0.2}}
    ```
    """
    splits = None if view.data is None else view.data.splits
    if splits is None or splits.validation + splits.test < 1:
        return []
    return [
        report(
            view.span_of("data", "splits", "test"),
            f"the shares of `splits` sum to {splits.validation + splits.test:g}, which leaves no rows "
            "to train on",
            label=f"{splits.test:g} of the rows",
            related=(
                Label(
                    view.span_of("data", "splits", "validation"),
                    f"{splits.validation:g} of the rows",
                ),
            ),
            help=("write shares with a sum below 1, such as `validation: 0.1, test: 0.2`",),
        )
    ]
