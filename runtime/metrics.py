"""Metrics of a classifier's predictions, from TensorFlow Probability and scikit-learn."""

import numpy as np
import numpy.typing as npt
import tensorflow_probability as tfp
from sklearn.metrics import accuracy_score, log_loss

from bnnc.runtime.outputs.output import SMALLEST_PROBABILITY
from bnnc.runtime.prediction import Prediction

CALIBRATION_BINS = 15


def classification_metrics(
    prediction: Prediction, labels: npt.NDArray[np.int32]
) -> dict[str, float]:
    """Metrics of a prediction against class indices.

    Shapes: prediction over [images, classes], labels [images].

    Returns:
        accuracy: share of the images whose likeliest class is the label's.
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
    return {
        "accuracy": float(accuracy_score(labels, prediction.label)),
        "nll": float(log_loss(labels, probs, labels=np.arange(classes))),
        "brier": brier,
        "ece": float(calibration_error),
        "entropy": float(np.mean(prediction.entropy)),
        "mutual_information": float(np.mean(prediction.mutual_information)),
    }
