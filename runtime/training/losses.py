"""Losses of one example, by their names in a spec."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final, Protocol

import keras
import tensorflow as tf

from bnnc.runtime.outputs import OutputDistribution
from bnnc.runtime.outputs.number import NumberOutput
from bnnc.specs.loss import SMOOTHING


class ExampleLoss(Protocol):
    """A loss of one example."""

    def __call__(
        self,
        output: OutputDistribution,
        parameters: tf.Tensor,
        labels: tf.Tensor,
        label_smoothing: float = 0.0,
    ) -> tf.Tensor:
        """Loss of each example. Shapes: [batch, width], encoded labels -> [batch].

        Raises: ValueError for labels of a wrong shape, or a smoothing that the loss cannot express.
        """


def check_label_smoothing(loss: str, label_smoothing: float) -> float:
    """Return `label_smoothing` if it is one that the loss can express.

    Raises: ValueError if it is not in [0, 1), or not 0 under a loss without smoothing.
    """
    if not 0 <= label_smoothing < 1:
        raise ValueError(
            "Expected `label_smoothing` to be at least 0 and below 1. "
            f"Received: label_smoothing={label_smoothing!r}"
        )
    if label_smoothing and loss not in SMOOTHING:
        raise ValueError(
            f"Expected `label_smoothing` to be 0 unless the loss is one of {sorted(SMOOTHING)}. "
            f"Received: label_smoothing={label_smoothing!r}, loss={loss!r}"
        )
    return label_smoothing


def negative_log_likelihood(
    output: OutputDistribution,
    parameters: tf.Tensor,
    labels: tf.Tensor,
    label_smoothing: float = 0.0,
) -> tf.Tensor:
    """Minus the log-probability of each label, in nats. Shapes: -> [batch]."""
    check_label_smoothing("negative_log_likelihood", label_smoothing)
    return -output.log_prob(parameters, labels)


def _keras_loss(loss: Callable[..., tf.Tensor]) -> ExampleLoss:
    name: str = loss.__name__

    def example_loss(
        output: OutputDistribution,
        parameters: tf.Tensor,
        labels: tf.Tensor,
        label_smoothing: float = 0.0,
    ) -> tf.Tensor:
        check_label_smoothing(name, label_smoothing)
        labels = output.check_labels(labels)
        if parameters.shape[-1] == 1 and not output.label_shape():
            labels = labels[:, tf.newaxis]  # Keras compares one unit with one column
        # Not every loss has the argument, so it is given where it says something.
        smoothing = {"label_smoothing": label_smoothing} if label_smoothing else {}
        return loss(
            labels,
            tf.cast(parameters, tf.float32),
            from_logits=output.parameterization == "logits",
            **smoothing,
        )

    return example_loss


def _keras_loss_of_numbers(loss: Callable[..., tf.Tensor]) -> ExampleLoss:
    """A loss of Keras that compares numbers: it is given the mean of the distribution."""

    name: str = loss.__name__

    def example_loss(
        output: OutputDistribution,
        parameters: tf.Tensor,
        labels: tf.Tensor,
        label_smoothing: float = 0.0,
    ) -> tf.Tensor:
        check_label_smoothing(name, label_smoothing)
        labels = output.check_labels(labels)
        if not isinstance(output, NumberOutput):
            raise TypeError(
                f"Expected a distribution over numbers under {name}. "
                f"Received: {type(output).__name__}"
            )
        labels = tf.reshape(tf.cast(labels, tf.float32), (-1, output.columns))
        return loss(labels, output.mean(parameters))

    return example_loss


LOSSES: Final[Mapping[str, ExampleLoss]] = MappingProxyType(
    {
        "negative_log_likelihood": negative_log_likelihood,
        "categorical_crossentropy": _keras_loss(keras.losses.categorical_crossentropy),
        "sparse_categorical_crossentropy": _keras_loss(
            keras.losses.sparse_categorical_crossentropy
        ),
        "binary_crossentropy": _keras_loss(keras.losses.binary_crossentropy),
        "mean_squared_error": _keras_loss_of_numbers(keras.losses.mean_squared_error),
        "poisson": _keras_loss_of_numbers(keras.losses.poisson),
    }
)
