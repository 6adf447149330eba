"""Figures of predicted label sets against rows of 0 and 1, each with its standard error."""

import numpy as np
import numpy.typing as npt

from bnnc.runtime.evaluation.bootstrap import Array, RowMeans, deviation, resampled, value_of
from bnnc.runtime.evaluation.calibration import AnswerCalibration
from bnnc.runtime.evaluation.ranking import Detection
from bnnc.runtime.evaluation.result import Evaluation
from bnnc.runtime.prediction.multilabel_prediction import LabelSetPrediction


def evaluate_label_sets(
    prediction: LabelSetPrediction,
    labels: npt.NDArray[np.generic],
    log_probs: npt.NDArray[np.floating],
    *,
    resamples: int,
) -> Evaluation:
    """Figures and standard errors of a prediction of label sets.

    Shapes: prediction and labels [rows, classes], log_probs [rows].

    Returns:
        subset_accuracy: share of the images of which every class is said right.
        binary_accuracy: share of all single answers that are right.
        baseline_binary_accuracy: `binary_accuracy` of giving each class its commoner answer.
        balanced_accuracy: mean of the shares of the yes and of the no that are right;
        auroc, average_precision: area under the ROC curve, and mean precision over its recalls.
            All three are averaged over the classes that have both answers (macro), and left out
            where no class has.
        nll: mean of minus the log-probability of an image's whole row, in nats.
        ece: expected calibration error of the probability of a yes, over all classes and 15 bins of
            equal width.
        entropy, mutual_information: means over images and classes, in nats.
    """
    truth = np.asarray(labels, np.int64)
    rows, classes = truth.shape
    right = prediction.labels == truth
    both = [place for place in range(classes) if 0 < truth[:, place].sum() < rows]
    detections = [Detection(prediction.probs[:, one], truth[:, one] == 1) for one in both]
    yes, hits = truth[:, both].T.astype(np.float64), right[:, both].T.astype(np.float64)
    calibration = AnswerCalibration(prediction.probs, truth)
    means = RowMeans(
        {
            "subset_accuracy": right.all(axis=1).astype(np.float64),
            "binary_accuracy": right.mean(axis=1),
            "nll": -np.asarray(log_probs, np.float64),
            "entropy": prediction.entropy.mean(axis=1, dtype=np.float64),
            "mutual_information": prediction.mutual_information.mean(axis=1, dtype=np.float64),
        }
    )

    def statistics(weights: Array) -> dict[str, Array]:
        count = weights.sum(axis=0)
        made = means(weights)
        share = truth.T @ weights / count
        ranking: dict[str, Array] = {}
        if both:
            positive = yes @ weights
            with np.errstate(invalid="ignore", divide="ignore"):
                recall = (yes * hits) @ weights / positive
                specificity = ((1 - yes) * hits) @ weights / (count - positive)
            found = [detection(weights) for detection in detections]
            ranking = {
                "balanced_accuracy": _mean_of_known((recall + specificity) / 2),
                **{
                    name: _mean_of_known(np.stack([one[name] for one in found]))
                    for name in ("auroc", "average_precision")
                },
            }
        return {
            "subset_accuracy": made["subset_accuracy"],
            "binary_accuracy": made["binary_accuracy"],
            "baseline_binary_accuracy": np.maximum(share, 1 - share).mean(axis=0),
            **ranking,
            "nll": made["nll"],
            **calibration(weights),
            "entropy": made["entropy"],
            "mutual_information": made["mutual_information"],
        }

    values = value_of(statistics, rows)
    drawn = resampled(statistics, rows, resamples=resamples) if resamples else {}
    return Evaluation(
        {name: float(one) for name, one in values.items()},
        {name: float(deviation(one)) for name, one in drawn.items()},
        resampled=drawn,
    )


def _mean_of_known(values: Array) -> Array:
    """Mean over the classes that a resample has both answers of: [classes, resamples] -> [resamples]."""
    known = np.isfinite(values)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(np.where(known, values, 0).sum(axis=0) / known.sum(axis=0))
