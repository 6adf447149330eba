"""Ordered logistic: one class of an ordered scale."""

from dataclasses import dataclass

import tensorflow as tf
import tensorflow_probability as tfp

from bnnc.runtime.outputs.output import ClassOutput, output
from bnnc.runtime.softplus import SCALE_FLOOR


@output("ordered_logistic")
@dataclass(frozen=True)
class OrderedLogistic(ClassOutput):
    """One class of several that have an order (`tfp.distributions.OrderedLogistic`).

    Its parameters are the location of an image and, behind it, the cutpoints, which the layer
    `LearnedCutpoints` has appended: class k is P(cutpoint k-1 < location + noise <= cutpoint k)
    under standard logistic noise.

    Args:
        parameterization: "loc".
        labels: "integer".
        classes: number of classes, at least 2.

    References: McCullagh 1980, Regression models for ordinal data.
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
        """The location and the cutpoints."""
        return self.classes

    def distribution(self, parameters: tf.Tensor) -> tfp.distributions.OrderedLogistic:
        """Shapes: [batch, classes] -> batch shape [batch], event shape []."""
        parameters = tf.cast(parameters, tf.float32)
        return tfp.distributions.OrderedLogistic(
            cutpoints=parameters[..., 1:], loc=parameters[..., 0]
        )

    def class_log_probabilities(self, parameters: tf.Tensor) -> tf.Tensor:
        """Log-probabilities of the classes. Shapes: [batch, classes] -> [batch, classes].

        With a and b the upper and the lower cutpoint less the location, a class between two of
        them has σ(a) - σ(b) = σ(a) σ(-b) (1 - exp(b - a)), where the location has left the last
        factor: the logarithm is finite, and has a gradient, however far away an image is.
        """
        parameters = tf.cast(parameters, tf.float32)
        cutpoints = parameters[..., 1:]
        above = cutpoints - parameters[..., :1]
        gaps = tf.maximum(cutpoints[..., 1:] - cutpoints[..., :-1], SCALE_FLOOR)
        below_upper = tf.math.log_sigmoid(above)
        over_lower = tf.math.log_sigmoid(-above)
        between = below_upper[..., 1:] + over_lower[..., :-1] + tf.math.log(-tf.math.expm1(-gaps))
        return tf.concat([below_upper[..., :1], between, over_lower[..., -1:]], axis=-1)

    def class_probabilities(self, parameters: tf.Tensor) -> tf.Tensor:
        """Probabilities of the classes. Shapes: [batch, classes] -> [batch, classes]."""
        return tf.exp(self.class_log_probabilities(parameters))

    def class_indices(self, labels: tf.Tensor) -> tf.Tensor:
        """The labels themselves."""
        return tf.cast(labels, tf.int32)

    def fisher_information(self, parameters: tf.Tensor) -> tf.Tensor:
        """The sum over the classes of p s sᵀ, s the gradient of log p."""
        parameters = tf.cast(parameters, tf.float32)
        with tf.GradientTape() as tape:
            tape.watch(parameters)
            log_probs = self.class_log_probabilities(parameters)
        gradients = tape.batch_jacobian(log_probs, parameters)
        return tf.einsum("bk,bki,bkj->bij", tf.exp(log_probs), gradients, gradients)

    def log_prob(self, parameters: tf.Tensor, labels: tf.Tensor) -> tf.Tensor:
        """Log-probability of each label's class. Shapes: [batch, classes], [batch] -> [batch]."""
        indices = self.class_indices(self.check_labels(labels))
        return tf.gather(self.class_log_probabilities(parameters), indices, batch_dims=1)
