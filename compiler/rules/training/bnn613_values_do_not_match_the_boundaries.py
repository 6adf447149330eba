"""BNN613."""

from bnnc.compiler.analysis.view import View
from bnnc.compiler.diagnostics.catalog import Report, rule
from bnnc.compiler.diagnostics.diagnostic import Diagnostic, Label
from bnnc.specs.schedules import PiecewiseConstantDecay


@rule("BNN613", needs=("training.optimizer",))
def values_do_not_match_the_boundaries(view: View, report: Report) -> list[Diagnostic]:
    """A piecewise learning rate needs one more value than boundaries.

    ## What it does
    Compares the number of `values` with the number of `boundaries` of `piecewise_constant_decay`.

    ## Why it is bad
    Each boundary ends one piece and starts the next one: two boundaries make three pieces, and each
    piece has one rate.

    ## Example
    ```yaml
    training: {epochs: 10, optimizer: {type: adam, learning_rate: {type: piecewise_constant_decay, boundaries: [2, 4], values: [0.01, 0.001]}}}
    ```

    ## Use instead
    ```yaml
    training: {epochs: 10, optimizer: {type: adam, learning_rate: {type: piecewise_constant_decay, boundaries: [2, 4], values: [0.01, 0.001, 0.0001]}}}
    ```
    """
    rate = view.training.optimizer.learning_rate
    if not isinstance(rate, PiecewiseConstantDecay) or len(rate.values) == len(rate.boundaries) + 1:
        return []
    path = ("training", "optimizer", "learning_rate")
    pieces = len(rate.boundaries) + 1
    return [
        report(
            view.span_of(*path, "values"),
            f"{len(rate.boundaries)} boundaries make {pieces} pieces, but there are "
            f"{len(rate.values)} values",
            label=f"must be {pieces} values",
            related=(Label(view.span_of(*path, "boundaries"), f"{pieces} pieces"),),
            help=("write one value for each piece",),
        )
    ]
