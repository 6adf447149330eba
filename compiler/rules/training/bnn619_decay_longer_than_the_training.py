"""BNN619."""

from bnnc.compiler.analysis.view import View
from bnnc.compiler.diagnostics.catalog import Report, rule
from bnnc.compiler.diagnostics.diagnostic import Diagnostic, Label
from bnnc.specs.schedules import ExponentialDecay, PolynomialDecay


@rule("BNN619", needs=("training.optimizer", "training.epochs"), severity="warning")
def decay_longer_than_the_training(view: View, report: Report) -> list[Diagnostic]:
    """The learning rate decays over more epochs than the training has.

    ## What it does
    Compares `decay_epochs` with `training.epochs`, for `polynomial_decay` and for
    `exponential_decay` with `staircase: true`.

    ## Why it is bad
    The rate never reaches `end_learning_rate`, or never takes its first step of the staircase.
    Often the length is meant in steps: in a bnnc spec every length is in epochs.

    ## Example
    ```yaml
    training: {epochs: 10, optimizer: {type: adam, learning_rate: {type: polynomial_decay, initial_learning_rate: 0.01, decay_epochs: 1000}}}
    ```

    ## Use instead
    ```yaml
    training: {epochs: 10, optimizer: {type: adam, learning_rate: {type: polynomial_decay, initial_learning_rate: 0.01, decay_epochs: 10}}}
    ```
    """
    rate, epochs = view.training.optimizer.learning_rate, view.training.epochs
    length = 0.0
    if isinstance(rate, PolynomialDecay):
        length = rate.decay_epochs or 0.0
    elif isinstance(rate, ExponentialDecay) and rate.staircase:
        length = rate.decay_epochs
    # A stair at the very end is not taken either; a slope that ends there has ended.
    if length < epochs or (length == epochs and isinstance(rate, PolynomialDecay)):
        return []
    return [
        report(
            view.span_of("training", "optimizer", "learning_rate", "decay_epochs"),
            f"the decay takes {length:g} epochs, but the training has only {epochs}",
            label="does not end in the training",
            related=(Label(view.span_of("training", "epochs"), "the length of the training"),),
            help=("write `decay_epochs` in epochs, at most `training.epochs`",),
        )
    ]
