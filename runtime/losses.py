"""The losses of one example, by the names that a spec uses."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

import keras
import tensorflow as tf

from bnnc.runtime.outputs import OutputDistribution
from bnnc.runtime.outputs.number import NumberOutput

ExampleLoss = Callable[[OutputDistribution, tf.Tensor, tf.Tensor], tf.Tensor]


def negative_log_likelihood(
    output: OutputDistribution, parameters: tf.Tensor, labels: tf.Tensor
) -> tf.Tensor:
    """Minus the log-probability of each label, in nats. Shapes: -> [batch]."""
    return -output.log_prob(parameters, labels)


def _keras_loss(loss: Callable[..., tf.Tensor]) -> ExampleLoss:
    def example_loss(
        output: OutputDistribution, parameters: tf.Tensor, labels: tf.Tensor
    ) -> tf.Tensor:
        labels = output.check_labels(labels)
        if parameters.shape[-1] == 1 and not output.label_shape():
            labels = labels[:, tf.newaxis]  # Keras compares one unit with one column
        return loss(
            labels,
            tf.cast(parameters, tf.float32),
            from_logits=output.parameterization == "logits",
        )

    return example_loss


def _keras_loss_of_numbers(loss: Callable[..., tf.Tensor]) -> ExampleLoss:
    """A loss of Keras that compares numbers: it is given the mean of the distribution."""

    def example_loss(
        output: OutputDistribution, parameters: tf.Tensor, labels: tf.Tensor
    ) -> tf.Tensor:
        labels = output.check_labels(labels)
        if not isinstance(output, NumberOutput):
            raise TypeError(
                f"Expected a distribution over numbers under {loss.__name__}. "
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
