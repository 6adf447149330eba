"""Calibration of class probabilities, sets and rejection, as operations of a graph.

The operations are those that ONNX and LiteRT have: no sort, no search, no double precision. What
they compute is what `bnnc.runtime.calibration` computes of arrays.
"""

import numpy as np
import tensorflow as tf

from bnnc.runtime.calibration.calibrators import (
    Calibrator,
    Dirichlet,
    Isotonic,
    Temperature,
    Vector,
)
from bnnc.runtime.outputs.ordered_logistic import OrderedLogistic
from bnnc.runtime.outputs.output import SMALLEST_PROBABILITY, ClassOutput
from bnnc.runtime.softplus import SCALE_FLOOR
from bnnc.specs.calibration import PredictionSets

_SMALLEST = float(np.finfo(np.float32).tiny)


def of_classes(output: ClassOutput, parameters: tf.Tensor) -> tf.Tensor:
    """Probabilities of the classes. Shapes: [..., width] -> [..., classes]."""
    if not isinstance(output, OrderedLogistic):
        return output.class_probabilities(parameters)
    cutpoints = parameters[..., 1:]
    above = cutpoints - parameters[..., :1]
    gaps = tf.maximum(cutpoints[..., 1:] - cutpoints[..., :-1], SCALE_FLOOR)
    # As its `class_log_probabilities`, without the logarithms: σ(a) σ(-b) (1 - exp(b - a)). Of a
    # small gap d, 1 - exp(-d) is 2 tanh(d / 2) / (1 + tanh(d / 2)), which loses no digits.
    half = tf.tanh(gaps / 2)
    under, over = tf.sigmoid(above), tf.sigmoid(-above)
    between = under[..., 1:] * over[..., :-1] * (2 * half / (1 + half))
    return tf.concat([under[..., :1], between, over[..., -1:]], axis=-1)


def entropy(probs: tf.Tensor) -> tf.Tensor:
    """Entropy along the last axis, in nats. Shapes: [..., classes] -> [...]."""
    return -tf.reduce_sum(probs * tf.math.log(tf.maximum(probs, _SMALLEST)), axis=-1)


def calibrated(calibrator: Calibrator, probs: tf.Tensor) -> tf.Tensor:
    """The map of a calibrator. Shapes: [rows, classes] -> [rows, classes]."""
    if isinstance(calibrator, Isotonic):
        return _isotonic(calibrator, probs)
    logits = tf.math.log(tf.clip_by_value(probs, SMALLEST_PROBABILITY, 1.0))
    match calibrator:
        case Temperature():
            return tf.nn.softmax(logits / np.float32(calibrator.temperature))
        case Vector():
            return tf.nn.softmax(
                logits * _constant(calibrator.weights) + _constant(calibrator.bias)
            )
        case Dirichlet():
            turned = tf.matmul(logits, _constant(calibrator.weights.T))
            return tf.nn.softmax(turned + _constant(calibrator.bias))
    raise TypeError(f"Expected a calibrator of bnnc. Received: {type(calibrator).__name__}")


def _isotonic(calibrator: Isotonic, probs: tf.Tensor) -> tf.Tensor:
    classes = probs.shape[-1]
    first = classes - len(calibrator.probs)
    columns = []
    for place, (x, y) in enumerate(zip(calibrator.probs, calibrator.shares, strict=True)):
        column = first + place
        # A sum of ramps, each from one threshold to the next: what `numpy.interp` gives.
        ramps = (probs[:, column : column + 1] - _constant(x[:-1])) * _constant(1 / np.diff(x))
        rises = tf.clip_by_value(ramps, 0.0, 1.0) * _constant(np.diff(y))
        columns.append(np.float32(y[0]) + tf.reduce_sum(rises, axis=-1))
    made = tf.stack([1 - columns[0], *columns] if first else columns, axis=-1)
    total = tf.reduce_sum(made, axis=-1, keepdims=True)
    return tf.where(total > 0, made / tf.maximum(total, _SMALLEST), tf.ones_like(made) / classes)


def class_scores(sets: PredictionSets, probs: tf.Tensor) -> tf.Tensor:
    """How strange each class of each row is. Shapes: [rows, classes] -> [rows, classes]."""
    if sets.method == "lac":
        return 1 - probs
    places = np.arange(probs.shape[-1])
    # [rows, class, other]: whether the other is more likely; of equals, the first one is.
    others, own = probs[:, tf.newaxis, :], probs[:, :, tf.newaxis]
    earlier = _constant(places[np.newaxis, :] < places[:, np.newaxis])
    more = tf.cast(others > own, tf.float32) + tf.cast(others >= own, tf.float32) * earlier
    more = tf.minimum(more, 1.0)
    scores = tf.reduce_sum(more * others, axis=-1)
    if sets.method == "raps":
        ranks = 1 + tf.reduce_sum(more, axis=-1)
        scores += sets.penalty * tf.maximum(ranks - sets.unpenalized, 0.0)
    return scores


def _constant(values: object) -> tf.Tensor:
    return tf.constant(np.asarray(values, np.float32))
