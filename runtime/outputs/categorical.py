"""Categorical: one class, as an index."""

from dataclasses import dataclass

import tensorflow as tf
import tensorflow_probability as tfp

from bnnc.runtime.outputs.output import ClassOutput, clipped, output


@dataclass(frozen=True)
class OverClasses(ClassOutput):
    """Base class of the distributions over exclusive classes.

    Args:
        classes: number of classes, at least 2.
    """

    classes: int = 0  # given always; a default because the inherited fields have none

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.classes < 2:
            raise ValueError(
                f"Expected `classes` to be at least 2. Received: classes={self.classes}"
            )

    @property
    def width(self) -> int:
        """One unit a class."""
        return self.classes

    def class_probabilities(self, parameters: tf.Tensor) -> tf.Tensor:
        """Softmax of logits, or the probabilities as they are."""
        parameters = tf.cast(parameters, tf.float32)
        return tf.nn.softmax(parameters) if self.parameterization == "logits" else parameters

    def hits(self, parameters: tf.Tensor, labels: tf.Tensor) -> tf.Tensor:
        """1.0 where the likeliest class is the label's, else 0.0. Shapes: -> [batch].

        The largest logit is the largest probability, without a softmax.
        """
        likeliest = tf.argmax(parameters, axis=-1, output_type=tf.int32)
        return tf.cast(likeliest == self.class_indices(labels), tf.float32)

    def class_indices(self, labels: tf.Tensor) -> tf.Tensor:
        """Integer labels as they are, one-hot and soft rows by their largest entry."""
        if self.labels == "integer":
            return tf.cast(labels, tf.int32)
        return tf.argmax(labels, axis=-1, output_type=tf.int32)

    def fisher_information(self, parameters: tf.Tensor) -> tf.Tensor:
        """diag(p) - p pᵀ of logits, diag(1 / p) - 1 1ᵀ of probabilities, which are normalised."""
        probs = self.class_probabilities(parameters)
        if self.parameterization == "logits":
            return tf.linalg.diag(probs) - probs[..., :, tf.newaxis] * probs[..., tf.newaxis, :]
        return tf.linalg.diag(1 / clipped(probs)) - 1.0

    def label_shape(self) -> tuple[int, ...]:
        """() for indices, (classes,) for rows."""
        return () if self.labels == "integer" else (self.classes,)


@output("categorical")
@dataclass(frozen=True)
class Categorical(OverClasses):
    """One class of several, as an index (`tfp.distributions.Categorical`).

    Args:
        parameterization: "logits" or "probs".
        labels: "integer", or "one_hot" under Keras's categorical cross-entropy.
        classes: number of classes.
    """

    def distribution(self, parameters: tf.Tensor) -> tfp.distributions.Categorical:
        """Shapes: [batch, classes] -> batch shape [batch], event shape []."""
        parameters = tf.cast(parameters, tf.float32)
        if self.parameterization == "logits":
            return tfp.distributions.Categorical(logits=parameters)
        return tfp.distributions.Categorical(probs=clipped(parameters))

    def log_prob(self, parameters: tf.Tensor, labels: tf.Tensor) -> tf.Tensor:
        """Log-probability of each label's class. Shapes: [batch, classes], labels -> [batch]."""
        indices = self.class_indices(self.check_labels(labels))
        return self.distribution(parameters).log_prob(indices)
