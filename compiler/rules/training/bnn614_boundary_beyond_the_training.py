"""BNN614."""

from bnnc.compiler.analysis.view import View
from bnnc.compiler.diagnostics.catalog import Report, rule
from bnnc.compiler.diagnostics.diagnostic import Diagnostic, Label
from bnnc.specs.schedules import PiecewiseConstantDecay


@rule("BNN614", needs=("training.optimizer", "training.epochs"), severity="warning")
def boundary_beyond_the_training(view: View, report: Report) -> list[Diagnostic]:
    """A piece of the learning rate begins when the training is over.

    ## What it does
    Compares the boundaries of `piecewise_constant_decay`, which are epochs, with `training.epochs`.

    ## Why it is bad
    What comes after it is never used. Often the boundaries were meant as steps: in this language
    every length is in epochs.

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
            view.place("training", "optimizer", "learning_rate", "boundaries", index),
            f"a boundary after {rate.boundaries[index]:g} epochs, and the training has {epochs}",
            label="never reached",
            related=(Label(view.place("training", "epochs"), "the training"),),
            help=("write boundaries in epochs, below those of the training",),
        )
        for index in beyond[:1]
    ]
