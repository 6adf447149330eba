"""Independent Bernoulli: a binary label for each class."""

from dataclasses import dataclass

import tensorflow as tf
import tensorflow_probability as tfp

from bnnc.runtime.outputs.bernoulli import fisher_information_of_yes
from bnnc.runtime.outputs.output import OutputDistribution, clipped, output


@output("independent_bernoulli")
@dataclass(frozen=True)
class IndependentBernoulli(OutputDistribution):
    """A yes or no for each of several classes (`tfp.distributions.Independent` of `Bernoulli`).

    Args:
        parameterization: "logits" or "probs".
        labels: "multi_hot".
        classes: number of classes, at least 1.
    """

    classes: int = 1

    score_name = "binary_accuracy"  # Keras's name

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.classes < 1:
            raise ValueError(
                f"Expected `classes` to be at least 1. Received: classes={self.classes}"
            )

    @property
    def width(self) -> int:
        """One unit a class."""
        return self.classes

    def label_shape(self) -> tuple[int, ...]:
        """A 0 or 1 for each class."""
        return (self.classes,)

    def distribution(self, parameters: tf.Tensor) -> tfp.distributions.Independent:
        """Shapes: [batch, classes] -> batch shape [batch], event shape [classes]."""
        parameters = tf.cast(parameters, tf.float32)
        if self.parameterization == "logits":
            each = tfp.distributions.Bernoulli(logits=parameters, dtype=tf.float32)
        else:
            each = tfp.distributions.Bernoulli(probs=clipped(parameters), dtype=tf.float32)
        return tfp.distributions.Independent(each, reinterpreted_batch_ndims=1)

    def mean_label(self, parameters: tf.Tensor) -> tf.Tensor:
        """Probability of each label."""
        return self.label_probabilities(parameters)

    def label_probabilities(self, parameters: tf.Tensor) -> tf.Tensor:
        """Probability of a yes for each class. Shapes: [batch, classes] -> [batch, classes]."""
        parameters = tf.cast(parameters, tf.float32)
        return tf.sigmoid(parameters) if self.parameterization == "logits" else parameters

    def fisher_information(self, parameters: tf.Tensor) -> tf.Tensor:
        """p (1 - p) of logits, 1 / p (1 - p) of probabilities."""
        return fisher_information_of_yes(parameters, self.parameterization)

    def log_prob(self, parameters: tf.Tensor, labels: tf.Tensor) -> tf.Tensor:
        """Log-probability of each row. Shapes: [batch, classes], [batch, classes] -> [batch]."""
        return super().log_prob(parameters, tf.cast(labels, tf.float32))

    def score(self, parameters: tf.Tensor, labels: tf.Tensor) -> tf.Tensor:
        """Share of the classes that are said right. Shapes: -> [batch]."""
        said = self.label_probabilities(parameters) > 0.5
        return tf.reduce_mean(tf.cast(said == (tf.cast(labels, tf.float32) > 0.5), tf.float32), -1)
