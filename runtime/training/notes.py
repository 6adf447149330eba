"""Notes that explain the metrics of a training to a newcomer."""

from __future__ import annotations

from math import ceil
from typing import Final

from bnnc.specs import Spec

# A short training is not told how it would be shorter.
_MANY_STEPS: Final = 2000


def training_notes(
    spec: Spec,
    epochs: int,
    draws: int,
    *,
    has_validation: bool,
    steps: int = 0,
    leaves_onednn_off: bool = False,
) -> tuple[str, ...]:
    """Sentences that explain the metrics of the epochs; none where nothing is out of the ordinary.

    Args:
        spec: the spec that is trained.
        epochs: epochs of the training.
        draws: weight draws of a prediction, over all members of an ensemble.
        has_validation: whether rows are held out.
        steps: steps of the training.
        leaves_onednn_off: whether TensorFlow could use oneDNN, and does not.
    """
    calibrator = None if spec.calibration is None else spec.calibration.method
    notes = (
        _on_kl(spec, epochs, has_validation),
        _on_draws(spec, draws),
        on_balance(spec, calibrator),
        _on_onednn(spec) if leaves_onednn_off and steps >= _MANY_STEPS else "",
    )
    return tuple(note for note in notes if note)


def _on_kl(spec: Spec, epochs: int, has_validation: bool) -> str:
    kl = spec.loss.kl
    if not spec.has_kl:
        return ""
    if kl.cyclical is not None:
        rises = f"the KL weight starts from 0 in each of {kl.cyclical.cycles} cycles"
        until = "within a cycle"
    elif kl.warmup_epochs > epochs:
        rises = f"the KL weight rises from 0, and would be whole after {kl.warmup_epochs:g} epochs"
        until = "until the end"
    elif kl.warmup_epochs > 0:
        rises = "the KL weight rises from 0 to its full value"
        until = f"until epoch {ceil(kl.warmup_epochs)}"
    else:
        return ""
    validation = "; val_loss has the full weight throughout" if has_validation else ""
    return f"{rises}, so the loss can rise {until} by design: judge the training by nll{validation}"


def on_balance(spec: Spec, calibrator: str | None = None) -> str:
    """What balanced classes do to the probabilities; nothing where that is corrected.

    Args:
        spec: the spec that is trained.
        calibrator: the method of the calibration that is applied, if there is one.
    """
    if not spec.balances_classes or calibrator not in (None, "temperature"):
        return ""
    return (
        "the classes are balanced in training, so the probabilities are those of equally frequent "
        "classes, and too high for rare ones; `calibration: {method: vector}` corrects them by "
        "validation rows"
    )


def _on_draws(spec: Spec, draws: int) -> str:
    methods = [one.applied_method for one in spec.bayesian_sections.values()]
    if draws < 2 or not any(one.has_noise and one.noise_in_training for one in methods):
        return ""
    score = "error" if spec.output.labels in {"real", "count"} else "accuracy"
    return (
        f"the {score} in training is that of single weight draws; evaluation averages the "
        f"predictions of {draws}, and is usually better"
    )


def _on_onednn(spec: Spec) -> str:
    types = {one.section.type for one in spec.placed if one.section is not None}
    if not any("conv" in one or one == "backbone" for one in types):
        return ""
    return (
        "TensorFlow leaves oneDNN off on this processor: with the environment variable "
        "TF_ENABLE_ONEDNN_OPTS=1, convolutions take about half of the time"
    )
