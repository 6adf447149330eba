"""BNN810."""

from math import isfinite

from bnnc.compiler.diagnosis.case import SLOWER, Case, shown
from bnnc.compiler.diagnostics.catalog import Report, symptom
from bnnc.compiler.diagnostics.diagnostic import Diagnostic


@symptom(
    "BNN810",
    severity="error",
    explains=(
        "BNN805", "BNN812", "BNN817", "BNN818", "BNN819", "BNN814", "BNN815", "BNN820", "BNN821",
        "BNN816", "BNN811", "BNN830", "BNN831", "BNN832", "BNN813", "BNN833", "BNN834", "BNN835",
        "BNN836", "BNN839",
    ),
)  # fmt: skip
def training_diverged(case: Case, report: Report) -> list[Diagnostic]:
    """The training ended because its loss was not a finite number.

    ## What it does
    Reads from the run that the loss was NaN or infinite, and tries a few steps from the first
    weights with a tenth of the learning rate.

    ## Why it is bad
    The run holds the weights that were saved last, or the untrained ones. Resuming repeats the
    same steps, since order and noise are functions of the seed.

    ## Example
    ```yaml
    layers:
      - {type: flatten}
      - type: repeat
        times: 4
        body: [{type: dense, units: 64, activation: elu}]
      - {type: dense, units: 10}
    training: {optimizer: {type: sgd, learning_rate: 100.0}, epochs: 3}
    ```

    ## Use instead
    ```yaml
    training: {optimizer: {type: adam, learning_rate: 0.002}, epochs: 15}
    ```
    """
    epoch = case.evidence.diverged
    if epoch is None or case.exploding is not None:
        return []
    tenth = case.trial(SLOWER)
    notes: tuple[str, ...] = ()
    if tenth is not None:
        steps = case.evidence.trials[0].steps
        notes = (
            f"with a tenth of the learning rate, the NLL after {steps} steps is {shown(tenth)}"
            if isfinite(tenth)
            else "a tenth of the learning rate diverges as well",
        )
    return [
        report(
            case.place(*case.rate_path),
            f"the training diverged in epoch {epoch}",
            label="too long a step, if the data is right",
            notes=notes,
            help=(
                f"write `{case.rate_path[-1]}: {case.lower_rate:.2g}`",
                "or clip the gradients: `clipnorm: 1.0` in `training.optimizer`",
            ),
            fixes=case.fix_of_rate(case.lower_rate),
        )
    ]
