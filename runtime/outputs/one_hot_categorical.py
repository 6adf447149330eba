"""One-hot categorical: one class, as a one-hot row."""

from dataclasses import dataclass

import tensorflow as tf
import tensorflow_probability as tfp

from bnnc.runtime.outputs.categorical import OverClasses
from bnnc.runtime.outputs.output import clipped, output


@output("one_hot_categorical")
@dataclass(frozen=True)
class OneHotCategorical(OverClasses):
    """One class of several, as a one-hot row (`tfp.distributions.OneHotCategorical`).

    Args:
        parameterization: "logits" or "probs".
        labels: "one_hot"; TFP broadcasts an index to a finite, wrong number.
        classes: number of classes.
    """

    def distribution(self, parameters: tf.Tensor) -> tfp.distributions.OneHotCategorical:
        """Shapes: [batch, classes] -> batch shape [batch], event shape [classes]."""
        parameters = tf.cast(parameters, tf.float32)
        if self.parameterization == "logits":
            return tfp.distributions.OneHotCategorical(logits=parameters, dtype=tf.float32)
        return tfp.distributions.OneHotCategorical(probs=clipped(parameters), dtype=tf.float32)

    def log_prob(self, parameters: tf.Tensor, labels: tf.Tensor) -> tf.Tensor:
        """Log-probability of each row. Shapes: [batch, classes], [batch, classes] -> [batch]."""
        return super().log_prob(parameters, tf.cast(labels, tf.float32))
