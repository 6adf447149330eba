"""What the symptoms of `bnnc doctor` measure, for the table of their thresholds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from bnnc.compiler.diagnosis.case import FASTER, SLOWER, WITHOUT_KL, Case


@dataclass(frozen=True)
class Quantity:
    """A number that a symptom compares with a threshold.

    Attributes:
        code: the symptom.
        name: what it is, in a few words.
        threshold: the threshold as the page says it.
        of: the number in a run; None where the symptom does not ask for it.
    """

    code: str
    name: str
    threshold: str
    of: Callable[[Case], float | None]


def _ratio(change: str) -> Callable[[Case], float | None]:
    def of(case: Case) -> float | None:
        same, changed = case.trial(), case.trial(change)
        return None if same is None or changed is None or not case.is_poor else changed / same

    return of


def _renamed(case: Case) -> float | None:
    held_out = case.held_out
    if held_out is None or held_out.accuracy is None or not held_out.reordered_accuracy:
        return None
    return None if case.is_poor else held_out.accuracy / held_out.reordered_accuracy


def _input_rms(case: Case) -> float | None:
    images = case.evidence.images
    return None if images is None else (images.input_mean**2 + images.input_std**2) ** 0.5


def _rarest(case: Case) -> float | None:
    held_out = case.held_out
    if case.is_poor or held_out is None or held_out.predicted is None or held_out.labels is None:
        return None
    pairs = zip(held_out.predicted, held_out.labels, strict=True)
    return min((said / has for said, has in pairs if has >= 15), default=None)


def _gradients(case: Case) -> float | None:
    measured = [kernel.gradient_at_start for _, kernel in case.kernels]
    known = [one for one in measured if one is not None]
    return None if not case.is_poor or len(known) < 2 else known[0] / max(known[-1], 1e-30)


def _variances(case: Case) -> float | None:
    ratios = [one.moving_variance_ratio for one in case.evidence.layers]
    return max((max(one, 1 / one) for one in ratios if one), default=None)


def _fall(case: Case) -> float | None:
    losses = case.series("val_nll") or case.series("nll")
    return None if case.is_poor or len(losses) < 2 else 1 - losses[-1] / losses[-2]


def _rise(case: Case) -> float | None:
    losses = case.series("val_nll")
    return None if not losses else losses[-1] / min(losses)


def _dead(case: Case) -> float | None:
    return max((one.dead or 0.0 for one in case.evidence.layers if one.activation), default=None)


def _saturated(case: Case) -> float | None:
    layers = case.evidence.layers[:-1]
    return max((one.saturated for one in layers if one.saturated is not None), default=None)


def _noise(case: Case) -> float | None:
    noises = [one.noise for one in case.evidence.layers if one.noise is not None]
    return None if case.view.is_deterministic or not noises else noises[-1]


def _at_prior(case: Case) -> float | None:
    return max((kernel.at_prior or 0.0 for _, kernel in case.posteriors), default=None)


def _moved(case: Case) -> float | None:
    return max((kernel.scale_moved or 0.0 for _, kernel in case.posteriors), default=None)


def _excess(case: Case) -> float | None:
    scores = case.held_out or case.train
    if scores is None or case.view.is_deterministic or case.is_at_chance:
        return None
    return (scores.nll_at_draws - scores.nll + scores.nll_error_of_draws) / abs(scores.nll)


def _temperature(case: Case) -> float | None:
    scores = case.held_out
    return None if scores is None or case.is_at_chance else scores.temperature


QUANTITIES = (
    Quantity("BNN802", "accuracy / accuracy with the classes renamed", "0.5", _renamed),
    Quantity("BNN803", "root mean square of the first inputs", "0.03 to 10", _input_rms),
    Quantity(
        "BNN804",
        "share of held-out images trained on",
        "0.02",
        lambda case: None if case.evidence.images is None else case.evidence.images.duplicates,
    ),
    Quantity("BNN805", "rarest class, predicted / labels", "0.2", _rarest),
    Quantity(
        "BNN806",
        "shift of brightness or contrast, standard deviations",
        "0.5",
        lambda case: None if case.evidence.images is None else case.evidence.images.shift,
    ),
    Quantity("BNN811", "NLL without the KL / with it, poor models", "0.5", _ratio(WITHOUT_KL)),
    Quantity(
        "BNN812", "NLL with a tenth of the rate / as it is, poor models", "0.8", _ratio(SLOWER)
    ),
    Quantity("BNN813", "variance over draws / over images, last layer", "1", _noise),
    Quantity(
        "BNN814", "gradient of the first kernel / of the last, poor models", "0.001", _gradients
    ),
    Quantity("BNN816", "variance of the data / moving variance, or its inverse", "3", _variances),
    Quantity(
        "BNN817", "NLL with ten times the rate / as it is, poor models", "0.8", _ratio(FASTER)
    ),
    Quantity("BNN818", "fall of the NLL in the last epoch", "0.25", _fall),
    Quantity("BNN819", "last validation NLL / lowest", "1.25", _rise),
    Quantity("BNN820", "share of dead units in a layer", "0.75", _dead),
    Quantity("BNN821", "share of saturated outputs of a layer", "0.8", _saturated),
    Quantity("BNN830", "share of the weights of a layer at the prior", "0.95", _at_prior),
    Quantity("BNN831", "mean change of log standard deviations", "0.0001", _moved),
    Quantity("BNN832", "variance over draws / over images, last layer", "0.00001", _noise),
    Quantity(
        "BNN833",
        "share of the KL weight at the end",
        "0.95",
        lambda case: case.evidence.kl_share_of_weight if list(case.posteriors) else None,
    ),
    Quantity("BNN834", "rise of the NLL by too few draws", "0.1", _excess),
    Quantity("BNN835", "best temperature", "1.25", _temperature),
    Quantity("BNN836", "best temperature", "0.8", _temperature),
)
