"""BNN612."""

from itertools import pairwise

from bnnc.compiler.analysis.view import View
from bnnc.compiler.diagnostics.catalog import Report, rule
from bnnc.compiler.diagnostics.diagnostic import Diagnostic, Label
from bnnc.specs.schedules import PiecewiseConstantDecay


@rule("BNN612", needs=("training.optimizer",))
def boundaries_out_of_order(view: View, report: Report) -> list[Diagnostic]:
    """The boundaries of a piecewise learning rate are not in increasing order.

    ## What it does
    Reports a boundary of `piecewise_constant_decay` that is not above the one before it.

    ## Why it is bad
    Keras adds the rates of all pieces that contain a step. With boundaries in the wrong order, a
    step is in no piece or in two, and the rate is 0 or a sum.

    ## Example
    ```yaml
    training: {epochs: 10, optimizer: {type: adam, learning_rate: {type: piecewise_constant_decay, boundaries: [4, 2], values: [0.01, 0.001, 0.0001]}}}
    ```

    ## Use instead
    ```yaml
    training: {epochs: 10, optimizer: {type: adam, learning_rate: {type: piecewise_constant_decay, boundaries: [2, 4], values: [0.01, 0.001, 0.0001]}}}
    ```
    """
    rate = view.training.optimizer.learning_rate
    if not isinstance(rate, PiecewiseConstantDecay):
        return []
    path = ("training", "optimizer", "learning_rate", "boundaries")
    return [
        report(
            view.span_of(*path, index + 1),
            f"the boundary {after:g} comes after {before:g}",
            label="must be above the boundary before it",
            related=(Label(view.span_of(*path, index), "the boundary before it"),),
            help=("write the boundaries in increasing order, each only once",),
        )
        for index, (before, after) in enumerate(pairwise(rate.boundaries))
        if after <= before
    ]
