"""Metrics of a classifier's predictions, from TensorFlow Probability and scikit-learn."""

import numpy as np
import numpy.typing as npt
import tensorflow_probability as tfp
from sklearn.metrics import (
    accuracy_score,
    average_precision_score,
    log_loss,
    recall_score,
    roc_auc_score,
)

from bnnc.runtime.outputs.output import SMALLEST_PROBABILITY
from bnnc.runtime.prediction.prediction import Prediction

CALIBRATION_BINS = 15


def classification_metrics(
    prediction: Prediction, labels: npt.NDArray[np.int32]
) -> dict[str, float]:
    """Metrics of a prediction against class indices.

    Shapes: prediction over [images, classes], labels [images].

    Returns:
        accuracy: share of the images whose likeliest class is the label's.
        baseline_accuracy: accuracy of always guessing the commonest class of these labels.
        balanced_accuracy: mean, over the classes that these labels have, of the share of a class's
            images whose likeliest class is right (Brodersen et al. 2010).
        auroc, average_precision: of two classes, how well the probability of class 1 ranks the
            images: the area under the ROC curve, and the mean precision over its recalls. Left out
            where the labels have one class alone.
        nll: mean of minus the log-probability of the label's class, in nats.
        brier: mean over images of the squared distance between the probabilities and the one-hot
            label, from 0 to 2 (Brier 1950).
        ece: expected calibration error over 15 bins of equal width in confidence (Naeini et al.
            2015).
        entropy: mean predictive entropy, in nats.
        mutual_information: mean mutual information of label and weights, in nats.
    """
    classes = prediction.probs.shape[-1]
    probs = np.clip(prediction.probs, SMALLEST_PROBABILITY, 1.0).astype(np.float64)
    probs /= probs.sum(axis=-1, keepdims=True)
    logits = np.log(probs)
    labels = np.asarray(labels, dtype=np.int32)
    # TFP leaves out the constant 1 of the squared distance.
    brier = 1.0 + float(np.mean(tfp.stats.brier_score(labels, logits)))
    calibration_error = tfp.stats.expected_calibration_error(
        CALIBRATION_BINS, logits=logits.astype(np.float32), labels_true=labels
    )
    counts = np.unique(labels, return_counts=True)[1]
    ranking = {}
    if classes == 2 and len(counts) == 2:
        ranking = {
            "auroc": float(roc_auc_score(labels, prediction.probs[:, 1])),
            "average_precision": float(average_precision_score(labels, prediction.probs[:, 1])),
        }
    return {
        "accuracy": float(accuracy_score(labels, prediction.label)),
        "baseline_accuracy": float(counts.max() / len(labels)),
        "balanced_accuracy": balanced_accuracy(labels, prediction.label),
        **ranking,
        "nll": float(log_loss(labels, probs, labels=np.arange(classes))),
        "brier": brier,
        "ece": float(calibration_error),
        "entropy": float(np.mean(prediction.entropy)),
        "mutual_information": float(np.mean(prediction.mutual_information)),
    }


def balanced_accuracy(labels: npt.NDArray[np.integer], predicted: npt.NDArray[np.integer]) -> float:
    """Mean, over the classes that the labels have, of the share of a class's rows that is right.

    Shapes: both [rows]. `sklearn.metrics.balanced_accuracy_score` is the same, and warns of
    predicted classes that no label has.
    """
    present = np.unique(labels)
    return float(
        recall_score(labels, predicted, labels=present, average="macro", zero_division=0.0)
    )
