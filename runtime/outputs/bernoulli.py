"""Bernoulli: one binary label."""

from dataclasses import dataclass

import tensorflow as tf
import tensorflow_probability as tfp

from bnnc.runtime.outputs.output import ClassOutput, clipped, output


def fisher_information_of_yes(parameters: tf.Tensor, parameterization: str) -> tf.Tensor:
    """p (1 - p) of logits, 1 / p (1 - p) of probabilities, each yes or no being independent.

    Shapes: [batch, width] -> float32 [batch, width, width].
    """
    parameters = tf.cast(parameters, tf.float32)
    if parameterization == "logits":
        # Each side by its own sigmoid: 1 - sigmoid(x) would lose all digits of a small no.
        return tf.linalg.diag(tf.sigmoid(parameters) * tf.sigmoid(-parameters))
    yes = clipped(parameters)
    return tf.linalg.diag(1 / (yes * (1 - yes)))


@output("bernoulli")
@dataclass(frozen=True)
class Bernoulli(ClassOutput):
    """Yes or no (`tfp.distributions.Bernoulli`), from one unit.

    Args:
        parameterization: "logits" or "probs".
        labels: "binary".
    """

    @property
    def classes(self) -> int:
        """No and yes."""
        return 2

    @property
    def width(self) -> int:
        """One unit."""
        return 1

    def distribution(self, parameters: tf.Tensor) -> tfp.distributions.Bernoulli:
        """Shapes: [batch, 1] -> batch shape [batch], event shape []."""
        parameters = tf.cast(tf.squeeze(parameters, axis=-1), tf.float32)
        if self.parameterization == "logits":
            return tfp.distributions.Bernoulli(logits=parameters, dtype=tf.float32)
        return tfp.distributions.Bernoulli(probs=clipped(parameters), dtype=tf.float32)

    def class_probabilities(self, parameters: tf.Tensor) -> tf.Tensor:
        """Probabilities of no and yes. Shapes: [batch, 1] -> [batch, 2]."""
        yes = tf.cast(parameters, tf.float32)
        if self.parameterization == "logits":
            # Each side by its own sigmoid: 1 - sigmoid(x) would lose all digits of a small no.
            return tf.concat([tf.sigmoid(-yes), tf.sigmoid(yes)], axis=-1)
        return tf.concat([1 - yes, yes], axis=-1)

    def mean_label(self, parameters: tf.Tensor) -> tf.Tensor:
        """Probability of yes. Shapes: [batch, 1] -> [batch, 1]."""
        return self.class_probabilities(parameters)[:, 1:]

    def class_indices(self, labels: tf.Tensor) -> tf.Tensor:
        """0 for no, 1 for yes."""
        return tf.cast(labels, tf.int32)

    def fisher_information(self, parameters: tf.Tensor) -> tf.Tensor:
        """p (1 - p) of a logit, 1 / p (1 - p) of a probability."""
        return fisher_information_of_yes(parameters, self.parameterization)

    def log_prob(self, parameters: tf.Tensor, labels: tf.Tensor) -> tf.Tensor:
        """Log-probability of each label. Shapes: [batch, 1], [batch] -> [batch]."""
        return super().log_prob(parameters, tf.cast(labels, tf.float32))
