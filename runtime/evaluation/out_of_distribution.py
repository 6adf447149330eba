"""How well a model tells images of other data from its test images, by its uncertainty."""

from typing import Any, Final

import numpy as np
import numpy.typing as npt

from bnnc.runtime.evaluation.bootstrap import standard_errors, value_of
from bnnc.runtime.evaluation.ranking import Detection
from bnnc.runtime.prediction.multilabel_prediction import LabelSetPrediction
from bnnc.runtime.prediction.prediction import Observed
from bnnc.runtime.prediction.predictors import (
    AnyPredictor,
    ClassPredictor,
    Finish,
    finished_observed,
    unchanged,
)
from bnnc.runtime.prediction.regression_prediction import NumberPrediction

Scores = dict[str, npt.NDArray[np.floating]]
HISTOGRAM_BINS: Final = 40


def scores_of(
    predictor: AnyPredictor,
    images: npt.NDArray[Any],
    samples: int,
    seed: int | None,
    finish: Finish = unchanged,
) -> Scores:
    """What a model's prediction says of how strange each image is. Raises: as `predict`."""
    if isinstance(predictor, ClassPredictor):
        return class_scores(finished_observed(predictor.observe(images, samples, seed), finish))
    return prediction_scores(predictor.predict(images, samples, seed))


def class_scores(observed: Observed) -> Scores:
    """Scores of classes, each higher for a stranger image. Shape [images] each.

    Returns:
        confidence: 1 less the largest probability (Hendrycks and Gimpel 2017, arXiv:1610.02136).
        entropy: of the prediction, in nats.
        mutual_information: in nats; left out of a single draw, which has none.
        energy: minus the log-sum-exp of the logits, mean over the draws, in nats (Liu et al. 2020,
            arXiv:2010.03759); of models with logits.
    """
    prediction = observed.prediction
    scores: Scores = {"confidence": 1 - prediction.confidence, "entropy": prediction.entropy}
    if prediction.samples > 1:
        scores["mutual_information"] = prediction.mutual_information
    if observed.energy is not None:
        scores["energy"] = observed.energy
    return scores


def prediction_scores(prediction: NumberPrediction | LabelSetPrediction) -> Scores:
    """Scores of numbers, or of label sets, each higher for a stranger image. Shape [images] each.

    Returns: of numbers `std` and, of several draws, `epistemic_std`, the mean over an image's
        numbers, in the label's units; of label sets `entropy` and `mutual_information`, the sum
        over an image's labels, in nats.
    """
    if isinstance(prediction, NumberPrediction):
        rows = len(prediction.mean)
        scores: Scores = {"std": prediction.std.reshape(rows, -1).mean(axis=1)}
        if prediction.samples > 1:
            scores["epistemic_std"] = prediction.epistemic_std.reshape(rows, -1).mean(axis=1)
        return scores
    scores = {"entropy": prediction.entropy.sum(axis=1)}
    if prediction.samples > 1:
        scores["mutual_information"] = prediction.mutual_information.sum(axis=1)
    return scores


def detection_of(known: Scores, other: Scores, *, resamples: int) -> dict[str, Any]:
    """How well each score tells other images, which are the positive ones, from the test images.

    Args:
        known: scores of the test images. Shape [images] each.
        other: scores of the other images, by the same names.
        resamples: of the bootstrap, which draws both sets of images by themselves; 0 for none.

    Returns: by score, the figures of `Detection`, their `standard_errors`, and a `histogram`: edges
        of 40 bins of equal width, and the share of the images of each set in each.
    """
    return {name: _detection(scores, other[name], resamples) for name, scores in known.items()}


def _detection(
    known: npt.NDArray[np.floating], other: npt.NDArray[np.floating], resamples: int
) -> dict[str, Any]:
    sizes = len(known), len(other)
    both = np.concatenate([known, other]).astype(np.float64)
    statistics = Detection(both, np.repeat([False, True], sizes))
    errors = standard_errors(statistics, sizes, resamples=resamples) if resamples else {}
    edges = np.histogram_bin_edges(both, HISTOGRAM_BINS)
    shares = {
        name: (np.histogram(scores, edges)[0] / len(scores)).tolist()
        for name, scores in (("test", both[: sizes[0]]), ("other", both[sizes[0] :]))
    }
    return {
        **{name: float(value) for name, value in value_of(statistics, sum(sizes)).items()},
        "standard_errors": {name: float(error) for name, error in errors.items()},
        "histogram": {"edges": edges.tolist(), **shares},
    }
