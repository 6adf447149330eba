"""BNN614."""

from bnnc.compiler.analysis.view import View
from bnnc.compiler.diagnostics.catalog import Report, rule
from bnnc.compiler.diagnostics.diagnostic import Diagnostic, Label
from bnnc.specs.schedules import PiecewiseConstantDecay


@rule("BNN614", needs=("training.optimizer", "training.epochs"), severity="warning")
def boundary_beyond_the_training(view: View, report: Report) -> list[Diagnostic]:
    """A piece of the learning rate starts after the end of the training.

    ## What it does
    Compares the boundaries of `piecewise_constant_decay`, which are epochs, with `training.epochs`.

    ## Why it is bad
    The training never uses the rates after this boundary. Often the boundaries are meant as steps:
    in a bnnc spec every length is in epochs.

    ## Example
    ```yaml
    training: {epochs: 10, optimizer: {type: adam, learning_rate: {type: piecewise_constant_decay, boundaries: [1000], values: [0.01, 0.001]}}}
    ```

    ## Use instead
    ```yaml
    training: {epochs: 10, optimizer: {type: adam, learning_rate: {type: piecewise_constant_decay, boundaries: [5], values: [0.01, 0.001]}}}
    ```
    """
    rate, epochs = view.training.optimizer.learning_rate, view.training.epochs
    if not isinstance(rate, PiecewiseConstantDecay):
        return []
    beyond = [index for index, one in enumerate(rate.boundaries) if one >= epochs]
    return [
        report(
            view.span_of("training", "optimizer", "learning_rate", "boundaries", index),
            f"the boundary is at epoch {rate.boundaries[index]:g}, but the training has only {epochs}",
            label="never reached",
            related=(Label(view.span_of("training", "epochs"), "the length of the training"),),
            help=("write the boundaries in epochs, below `training.epochs`",),
        )
        for index in beyond[:1]
    ]
