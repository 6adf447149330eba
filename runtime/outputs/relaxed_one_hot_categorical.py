"""Relaxed one-hot categorical: shares of the classes."""

from dataclasses import dataclass

import tensorflow as tf
import tensorflow_probability as tfp

from bnnc.runtime.outputs.categorical import OverClasses
from bnnc.runtime.outputs.output import output


@output("relaxed_one_hot_categorical")
@dataclass(frozen=True)
class RelaxedOneHotCategorical(OverClasses):
    """Shares of several classes (`tfp.distributions.RelaxedOneHotCategorical`).

    It is a density over the inside of the simplex: its log-probability may be positive. The
    softmax of the logits are the probabilities with which each class has the largest share,
    whatever the temperature.

    Args:
        parameterization: "logits".
        labels: "soft".
        classes: number of classes.
        temperature: near 0 the labels are nearly one-hot.

    References: Maddison et al. 2017, arXiv:1611.00712; Jang et al. 2017, arXiv:1611.01144.
    """

    temperature: float = 1.0

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.temperature > 0:
            raise ValueError(
                "Expected `temperature` to be greater than 0. "
                f"Received: temperature={self.temperature}"
            )

    def distribution(self, parameters: tf.Tensor) -> tfp.distributions.RelaxedOneHotCategorical:
        """Shapes: [batch, classes] -> batch shape [batch], event shape [classes]."""
        return tfp.distributions.RelaxedOneHotCategorical(
            self.temperature, logits=tf.cast(parameters, tf.float32)
        )

    def fisher_information(self, parameters: tf.Tensor) -> tf.Tensor:
        """(K I - 1 1ᵀ) / (K + 1) with K classes, whatever the logits and the temperature.

        The gradient is 1 - K w with w ~ Dirichlet(1, ..., 1): the Gumbel noise alone is left in it.
        """
        classes = self.classes
        each = (classes * tf.eye(classes) - tf.ones((classes, classes))) / (classes + 1)
        return tf.broadcast_to(each, (tf.shape(parameters)[0], classes, classes))

    def log_prob(self, parameters: tf.Tensor, labels: tf.Tensor) -> tf.Tensor:
        """Log-density of each row. Shapes: [batch, classes], [batch, classes] -> [batch]."""
        return super().log_prob(parameters, tf.cast(labels, tf.float32))
