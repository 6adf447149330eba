"""BNN818."""

import math

from bnnc.compiler.diagnosis.case import Case
from bnnc.compiler.diagnostics.catalog import Report, symptom
from bnnc.compiler.diagnostics.diagnostic import Diagnostic

# The NLL falls by this share in an epoch that is not to be the last one: of a model that does not
# predict its training rows, and of another.
LARGEST_FALL, STEEP_FALL = 0.1, 0.25
# Below this share of the NLL of guessing, what is left to gain is little.
LEARNED = 0.05
# A network that has not learned has not been trained in fewer steps.
LEAST_STEPS = 100


@symptom("BNN818", explains=("BNN836", "BNN835", "BNN839"))
def training_ended_too_early(case: Case, report: Report) -> list[Diagnostic]:
    """The loss was still falling when the training ended.

    ## What it does
    Compares the negative log-likelihood of the last two epochs, on held-out rows where there are
    any. It reports a fall of more than 25 %, and of more than 10 % where the model does not predict
    its training rows yet. Of a run of one epoch, it compares the mean over the epoch with the end.
    A run of fewer than 100 steps that has not learned is always reported. An interrupted run is not:
    it is to be resumed.

    ## Why it is bad
    The model would go on to learn. Its uncertainty is that of a model that has not been fitted.

    ## Example
    ```yaml
    training: {optimizer: {type: adam, learning_rate: 0.0005}, epochs: 1, batch_size: 128}
    ```

    ## Use instead
    ```yaml
    training: {optimizer: {type: adam, learning_rate: 0.002}, epochs: 15}
    ```
    """
    train = case.train
    if case.evidence.stopped_early or case.evidence.is_interrupted or train is None:
        return []
    losses = case.series("val_nll") or case.series("nll")
    if len(losses) > 1:
        before, after = losses[-2], losses[-1]
    elif losses:
        before, after = case.series("nll")[0], train.nll_of_one_draw
    else:
        return []
    # Of classes, there is little left to gain below a share of guessing.
    least = -math.inf if train.is_of_numbers else LEARNED * (train.chance_nll or after)
    is_short = case.is_poor and case.steps < LEAST_STEPS
    largest = LARGEST_FALL if case.is_poor else STEEP_FALL
    # A validation loss also falls by the choice of its rows.
    others = case.held_out if case.series("val_nll") else None
    error = 0.0 if others is None else others.nll_error_of_rows
    is_falling = case.is_better(after, before, 1 - largest) and after > least
    is_falling = is_falling and before - after > 2 * error
    if not is_short and not is_falling:
        return []
    epochs = len(losses)
    longer = max(4 * epochs, 10)
    return [
        report(
            case.place("training", "epochs"),
            "the training ended while the loss was still falling"
            if is_falling
            else "the training is too short",
            label=f"{epochs} epochs of {case.evidence.steps_per_epoch:,} steps"
            if epochs > 1
            else f"one epoch of {case.evidence.steps_per_epoch:,} steps",
            notes=(f"the NLL fell from {before:.3g} to {after:.3g} in the last epoch",)
            if is_falling
            else (f"the network has taken {case.steps:,} steps, and has not learned",),
            help=(f"write `epochs: {longer}`",),
            fixes=(
                case.view.fix_set(
                    f"write `epochs: {longer}`", (("training", "epochs"), f"{longer}")
                ),
            ),
        )
    ]
