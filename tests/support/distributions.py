"""Every output distribution, with parameters and labels that it may be given, for the laws."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import tensorflow as tf

from bnnc.runtime.outputs import OUTPUTS, OutputDistribution
from bnnc.runtime.outputs.output import ClassOutput

ROWS = 50
CLASSES = 4


def softmax(logits: np.ndarray) -> np.ndarray:
    exponentials = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return np.asarray(exponentials / exponentials.sum(axis=-1, keepdims=True))


def expit(logits: np.ndarray) -> np.ndarray:
    return np.asarray(1 / (1 + np.exp(-logits)))


# What a distribution is called with beside parameterization and labels.
ARGUMENTS: dict[str, list[dict[str, Any]]] = {
    "categorical": [{"classes": CLASSES}],
    "one_hot_categorical": [{"classes": CLASSES}],
    "relaxed_one_hot_categorical": [{"classes": CLASSES, "temperature": 0.7}],
    "ordered_logistic": [{"classes": CLASSES}],
    "bernoulli": [{}],
    "independent_bernoulli": [{"classes": CLASSES}],
    "normal": [
        {"scale": 0.5},
        {"scale": "learned", "event_size": 3},
        {"event_size": 1},
        {"event_size": 3},
        {"scale": 20.0, "label_mean": -40.0, "label_std": 30.0},
        {"event_size": 3, "label_mean": [5.0, 0.0, -2.0], "label_std": [10.0, 1.0, 0.5]},
    ],
    "student_t": [{}, {"event_size": 3, "df": 2.5}, {"label_mean": 100.0, "label_std": 7.0}],
    "poisson": [{}],
}


def outputs() -> Iterator[OutputDistribution]:
    """Every registered distribution, with every parameterization and label encoding."""
    for name, output_class in OUTPUTS.items():
        for parameterization in output_class.accepted_parameterizations():
            for labels in output_class.accepted_labels():
                for arguments in ARGUMENTS[name]:
                    if ("scale" in arguments) != (parameterization == "loc") and name == "normal":
                        continue
                    yield output_class(
                        parameterization=parameterization, labels=labels, **arguments
                    )


def name_of(output: OutputDistribution) -> str:
    return ", ".join(
        [output.distribution_name, *(str(one) for one in output.get_config().values())]
    )


def class_outputs() -> list[ClassOutput]:
    return [one for one in outputs() if isinstance(one, ClassOutput)]


def numbers_of(output: OutputDistribution, seed: int = 0) -> np.ndarray:
    """Parameters that the distribution may be given, in double precision."""
    generator = np.random.default_rng(seed)
    numbers = generator.normal(0, 3, (ROWS, output.width))
    if output.parameterization == "probs":
        together = isinstance(output, ClassOutput) and output.width > 1
        return softmax(numbers) if together else expit(numbers)
    if output.distribution_name == "ordered_logistic":
        numbers[:, 1:] = np.sort(numbers[:, 1:], axis=-1)
    if output.parameterization in {"log_rate", "rate"}:
        return numbers / 3 if output.parameterization == "log_rate" else np.exp(numbers / 3)
    return numbers


def labels_of(output: OutputDistribution, indices: np.ndarray) -> tf.Tensor:
    """Labels in the distribution's support; of classes, those of the indices."""
    generator = np.random.default_rng(7)
    shape = (ROWS, *output.label_shape())
    match output.labels:
        case "integer":
            return tf.constant(indices, tf.int32)
        case "one_hot":
            return tf.one_hot(indices, CLASSES)
        case "soft":
            rows = generator.dirichlet(np.ones(CLASSES), ROWS)
            largest = rows.argmax(axis=-1)
            every = np.arange(ROWS)
            swapped = rows.copy()
            swapped[every, indices], swapped[every, largest] = (
                rows[every, largest],
                rows[every, indices],
            )
            return tf.constant(swapped, tf.float32)
        case "binary":
            return tf.constant(indices, tf.float32)
        case "multi_hot":
            return tf.constant(generator.integers(0, 2, shape), tf.float32)
        case "count":
            return tf.constant(generator.integers(0, 9, shape), tf.float32)
    return tf.constant(generator.normal(0, 3, shape), tf.float32)


def indices_of(output: OutputDistribution) -> np.ndarray:
    classes = output.classes if isinstance(output, ClassOutput) else 2
    return np.random.default_rng(1).integers(0, classes, ROWS)
