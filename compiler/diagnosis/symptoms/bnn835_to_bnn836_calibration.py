"""BNN835 and BNN836: one table, and what both ask."""

from bnnc.compiler.diagnosis.case import Case
from bnnc.compiler.diagnostics.catalog import Report, symptom
from bnnc.compiler.diagnostics.diagnostic import Diagnostic, Fix
from bnnc.compiler.text.tree import Path
from bnnc.runtime.diagnosis.evidence import Scores

# What the best temperature takes off the NLL, in nats and as a share; and the temperature.
LEAST_GAIN, LEAST_SHARE, LARGEST_TEMPERATURE = 0.02, 0.08, 1.25


def _miscalibrated(case: Case, *, overconfident: bool) -> Scores | None:
    scores = case.held_out
    if scores is None or case.is_at_chance or scores.temperature is None:
        return None
    assert scores.nll_at_temperature is not None
    gain = scores.nll - scores.nll_at_temperature
    if gain < max(LEAST_GAIN, LEAST_SHARE * scores.nll):
        return None
    if overconfident:
        return scores if scores.temperature > LARGEST_TEMPERATURE else None
    return scores if scores.temperature < 1 / LARGEST_TEMPERATURE else None


def _notes(case: Case, scores: Scores) -> tuple[str, ...]:
    assert scores.nll_at_temperature is not None
    return (
        f"on {scores.rows:,} {case.evidence.held_out_name} rows: accuracy {scores.accuracy:.3f}, "
        f"mean confidence {scores.confidence:.3f}, ECE {scores.ece:.3f}",
        f"dividing the logits by {scores.temperature:.2g} takes the NLL from {scores.nll:.3g} to "
        f"{scores.nll_at_temperature:.3g}",
    )


def _calibrate(case: Case) -> tuple[str, Fix]:
    """What to write so that the temperature is fitted after the training, on held-out rows."""
    text = "write `calibration: {method: temperature}`"
    changes: list[tuple[Path, str]] = [(("calibration", "method"), "temperature")]
    if not case.series("val_nll"):
        text += " and `validation_split: 0.1`"
        changes.append((("data", "validation_split"), "0.1"))
    return text, case.view.fix_set(text, *changes)


def _is_longer_better(case: Case, scores: Scores) -> bool:
    """Whether twice the epochs promise more than the temperature.

    Longer training takes off the held-out NLL what it takes off that of the training rows, at most.
    """
    assert scores.nll_at_temperature is not None
    if case.train is None:
        return False
    by_training = case.train.nll * (1 - case.left_by_twice_the_epochs)
    return by_training > scores.nll - scores.nll_at_temperature


def _longer(fix: Fix) -> str:
    return f"train longer: {fix.description}"


@symptom("BNN835")
def predictions_are_overconfident(case: Case, report: Report) -> list[Diagnostic]:
    """The probabilities are higher than the share of right predictions.

    ## What it does
    Looks for the temperature of the predicted probabilities with the lowest NLL on held-out rows. It
    reports a temperature above 1.25 that takes off 0.02 nats and 8 % of the NLL.

    ## Why it is bad
    A threshold on the confidence lets wrong predictions pass. The usual causes: labels learned by
    heart, a method without a posterior, test data unlike the training data.

    ## Example
    ```yaml
    training: {optimizer: {type: adam, learning_rate: 0.005}, epochs: 40}
    data: {source: noisy-labels.npz}
    ```

    ```python
    import numpy as np
    from sklearn.datasets import load_digits

    images, labels = load_digits(return_X_y=True)
    images = images.reshape(-1, 8, 8, 1)
    random = np.random.default_rng(0)
    wrong = random.random(len(labels)) < 0.15
    labels[wrong] = random.integers(0, 10, wrong.sum())
    np.savez("noisy-labels.npz", x_train=images[:1400], y_train=labels[:1400],
             x_test=images[1400:], y_test=labels[1400:])
    ```

    ## Use instead
    ```yaml
    bayesian: {method: flipout}
    loss: {kl: {temperature: 0.1}}
    training: {optimizer: {type: adam, learning_rate: 0.005}, epochs: 15}
    ```

    ## References
    - Guo et al. 2017, arXiv:1706.04599
    """
    scores = _miscalibrated(case, overconfident=True)
    if scores is None:
        return []
    remedies: tuple[str, ...] = (
        "train for fewer epochs, or write `early_stopping` into `training`",
    )
    if case.view.is_deterministic:
        remedies = ("use a method with a posterior", *remedies)
    is_alone = not case.view.is_explicit("ensemble")
    if is_alone:
        remedies = ("write `ensemble: {members: 5}`", *remedies)
    remedies = (*remedies, _calibrate(case)[0])
    return [
        report(
            case.place("bayesian", "method"),
            f"the predictions are overconfident: a temperature of {scores.temperature:.2g} would "
            "cure it",
            label=f"confidence {scores.confidence:.3f}, accuracy {scores.accuracy:.3f}",
            notes=_notes(case, scores),
            help=remedies,
            fixes=(
                case.view.fix_set("write `ensemble: {members: 5}`", (("ensemble", "members"), "5")),
            )
            if is_alone
            else (),
        )
    ]


@symptom("BNN836")
def predictions_are_underconfident(case: Case, report: Report) -> list[Diagnostic]:
    """The probabilities are lower than the share of right predictions.

    ## What it does
    Looks for the temperature of the predicted probabilities with the lowest NLL on held-out rows. It
    reports a temperature below 0.8 that takes off 0.02 nats and 8 % of the NLL. The fix has
    such a temperature fitted after the training, on held-out rows; where the NLL of a single draw is
    more than 0.3 times that of guessing, it trains longer instead. Longer training is named too where
    the fall of the training NLL promises more, and a KL of less weight under a posterior.

    ## Why it is bad
    The model knows more than it says: rejecting uncertain images rejects right ones. The usual
    causes: label smoothing, a KL that weighs too much, noise of the weights, too few epochs.

    ## Example
    ```yaml
    output: {distribution: categorical, parameterization: logits, classes: 10, labels: one_hot}
    loss: {type: categorical_crossentropy, label_smoothing: 0.4}
    training: {optimizer: {type: adam, learning_rate: 0.002}, epochs: 15}
    ```

    ## Use instead
    ```yaml
    training: {optimizer: {type: adam, learning_rate: 0.002}, epochs: 15}
    ```

    ## References
    - Guo et al. 2017, arXiv:1706.04599
    - Wenzel et al. 2020, arXiv:2002.02405
    """
    scores = _miscalibrated(case, overconfident=False)
    if scores is None:
        return []
    view = case.view
    smoothing = view.loss.label_smoothing
    place: Path
    others = []
    if smoothing:
        place, text = ("loss", "label_smoothing"), "write `label_smoothing: 0`"
        fix = view.fix_set(text, (place, "0"))
    else:
        longer = case.fix_of_twice_the_epochs
        if scores.is_poor:
            place, text, fix = ("training", "epochs"), _longer(longer), longer
        else:
            place = ("bayesian", "method")
            text, fix = _calibrate(case)
            if _is_longer_better(case, scores):
                others.append(_longer(longer))
        if list(case.posteriors):
            others.append("give the KL less weight: write `temperature: 0.3` in `loss.kl`")
    return [
        report(
            case.place(*place),
            f"the predictions are underconfident: a temperature of {scores.temperature:.2g} would "
            "cure it",
            label=f"confidence {scores.confidence:.3f}, accuracy {scores.accuracy:.3f}",
            notes=_notes(case, scores),
            help=(text, *others),
            fixes=(fix,),
        )
    ]
