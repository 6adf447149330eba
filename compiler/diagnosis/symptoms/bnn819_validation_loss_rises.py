"""BNN819."""

from collections.abc import Sequence

from bnnc.compiler.diagnosis.case import Case
from bnnc.compiler.diagnostics.catalog import Report, symptom
from bnnc.compiler.diagnostics.diagnostic import Diagnostic

# The last validation NLL against the lowest, and how long ago that was.
LARGEST_RISE, LEAST_EPOCHS = 1.25, 3
# And the rise in standard errors of the validation NLL, for the choice of the rows.
LEAST_RISE = 1.5
# And in nats: a model that is sure and right has an NLL near 0, any multiple of which is small.
LEAST_NATS = 0.01


@symptom("BNN819", explains=("BNN835",))
def validation_loss_rises(case: Case, report: Report) -> list[Diagnostic]:
    """The validation loss was lower in an earlier epoch: the model overfits.

    ## What it does
    Compares the last validation NLL with the lowest one. It reports a rise of more than 25 %, of
    1.5 standard errors and of 0.01 nats, if the lowest was at least three epochs before the end.

    ## Why it is bad
    From the lowest point on, the training fits what is particular to the training rows. Accuracy may
    stay, and the probabilities become overconfident.

    ## Example
    ```yaml
    layers:
      - {type: flatten}
      - {type: dense, units: 256, activation: relu}
      - {type: dense, units: 10}
    training: {optimizer: {type: adam, learning_rate: 0.01}, epochs: 30}
    data: {source: noisy-labels.npz, validation_split: 0.25}
    ```

    ```python
    import numpy as np
    from sklearn.datasets import load_digits

    images, labels = load_digits(return_X_y=True)
    images = images.reshape(-1, 8, 8, 1)
    random = np.random.default_rng(0)
    wrong = random.random(len(labels)) < 0.15
    labels[wrong] = random.integers(0, 10, wrong.sum())
    np.savez("noisy-labels.npz", x_train=images, y_train=labels)
    ```

    ## Use instead
    ```yaml
    bayesian: {method: flipout}
    training:
      optimizer: {type: adam, learning_rate: 0.002}
      epochs: 30
      early_stopping: {patience: 3}
    data: {source: digits, validation_split: 0.25}
    ```

    ## References
    - Guo et al. 2017, arXiv:1706.04599
    """
    losses = case.series("val_nll")
    if len(losses) <= LEAST_EPOCHS or case.evidence.stopped_early:
        return []
    lowest = min(losses)
    best = losses.index(lowest) + 1
    last = losses[-1]
    error = 0.0 if case.held_out is None else case.held_out.nll_error_of_rows
    least = max(LEAST_RISE * error, LEAST_NATS)
    rises = case.is_better(lowest, last, 1 / LARGEST_RISE) and last - lowest > least
    if not rises or len(losses) - best < LEAST_EPOCHS:
        return []
    if any(not case.is_better(lowest, one, 1 / 1.1) for one in losses[-2:]):
        return []
    stopping = f"{{patience: {_patience(losses[:best])}, restore_best_weights: true}}"
    return [
        report(
            case.place("training", "epochs"),
            "the validation loss rises: the model overfits",
            label=f"the best epoch was {best} of {len(losses)}",
            notes=(f"validation NLL: {lowest:.3g} in epoch {best}, {last:.3g} at the end",),
            help=(
                f"write `early_stopping: {stopping}`",
                "or use a method with a posterior, augmentation, or more rows",
            ),
            fixes=(
                case.view.fix_set(
                    f"write `early_stopping: {stopping}`",
                    (("training", "early_stopping"), stopping),
                ),
            ),
        )
    ]


def _patience(losses: Sequence[float]) -> int:
    """The least patience with which a training reaches the last of its losses, which is the lowest.

    The same spec has the same losses again.
    """
    waited = longest = 0
    for epoch, loss in enumerate(losses):
        waited = 0 if loss == min(losses[: epoch + 1]) else waited + 1
        longest = max(longest, waited)
    return max(2, longest + 1)
