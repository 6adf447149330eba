"""Base classes and registry of the output distributions."""

import abc
import dataclasses
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, ClassVar, Final, Self, TypeVar

import keras
import tensorflow as tf
import tensorflow_probability as tfp

from bnnc.specs.outputs import OUTPUTS as SECTIONS

# Probabilities are kept this far from 0 before a logarithm, as Keras does: an output of exactly 0
# would otherwise give an infinite loss and no gradient.
SMALLEST_PROBABILITY = 1e-7


@dataclasses.dataclass(frozen=True)
class OutputDistribution(abc.ABC):
    """The distribution of a label given the last layer's numbers.

    It is a value: subclasses are frozen dataclasses whose fields are their config.

    Args:
        parameterization: what the last layer's numbers are, as in a spec.
        labels: how labels are encoded.
    """

    parameterization: str
    labels: str

    distribution_name: ClassVar[str]
    # What `score` is called among the metrics of a training.
    score_name: ClassVar[str] = "accuracy"

    def __post_init__(self) -> None:
        if self.parameterization not in self.accepted_parameterizations():
            raise ValueError(
                f"Expected `parameterization` of {type(self).__name__} to be one of "
                f"{self.accepted_parameterizations()}. "
                f"Received: parameterization={self.parameterization!r}"
            )
        if self.labels not in self.accepted_labels():
            raise ValueError(
                f"Expected `labels` of {type(self).__name__} to be one of "
                f"{self.accepted_labels()}. Received: labels={self.labels!r}"
            )

    @classmethod
    def accepted_parameterizations(cls) -> tuple[str, ...]:
        """Parameterizations of the last layer's numbers, as the language has them."""
        return tuple(SECTIONS[cls.distribution_name].activations)

    @classmethod
    def accepted_labels(cls) -> tuple[str, ...]:
        """Encodings of labels that can be scored: the language says it."""
        return tuple(SECTIONS[cls.distribution_name].losses)

    @property
    @abc.abstractmethod
    def width(self) -> int:
        """Numbers that the distribution takes: those of the model's output."""

    @abc.abstractmethod
    def distribution(self, parameters: tf.Tensor) -> tfp.distributions.Distribution:
        """The TFP distribution. Shapes: [batch, width] -> batch shape [batch]."""

    @abc.abstractmethod
    def score(self, parameters: tf.Tensor, labels: tf.Tensor) -> tf.Tensor:
        """Score that is shown with the likelihood. Shapes: -> [batch]."""

    @abc.abstractmethod
    def mean_label(self, parameters: tf.Tensor) -> tf.Tensor:
        """The mean of the distribution, as Keras's metrics compare it with labels, float32.

        Shapes: [batch, width] -> probabilities [batch, classes] of classes, [batch, 1] of yes,
        [batch, labels] of several labels; means [batch] or [batch, numbers] of numbers.
        """

    def label_shape(self) -> tuple[int, ...]:
        """Shape of one encoded label."""
        return ()

    def check_labels(self, labels: tf.Tensor) -> tf.Tensor:
        """The labels, if their shape is right: TFP and Keras broadcast a wrong one silently.

        Raises: ValueError for another shape than [batch, *label_shape].
        """
        expected = self.label_shape()
        shape = labels.shape
        if shape.rank is not None and (
            shape.rank != 1 + len(expected)
            or not tf.TensorShape(shape[1:]).is_compatible_with(expected)
        ):
            wanted = ", ".join(str(size) for size in ("batch", *expected))
            raise ValueError(
                f"Labels encoded as '{self.labels}' have shape ({wanted}{',' * (not expected)}). "
                f"Received: labels with shape {tuple(shape)}"
            )
        # What is not known while the graph is made is checked when it runs.
        return tf.ensure_shape(labels, (None, *expected))

    def log_prob(self, parameters: tf.Tensor, labels: tf.Tensor) -> tf.Tensor:
        """Log-probability of each label, in nats. Shapes: [batch, width], labels -> [batch]."""
        return self.distribution(parameters).log_prob(self.check_labels(labels))

    @abc.abstractmethod
    def fisher_information(self, parameters: tf.Tensor) -> tf.Tensor:
        """Fisher information of the parameters: E[s sᵀ] over labels, s the gradient of log p(label).

        Where the parameters are natural ones, as logits are, it is the second derivative of
        -log p(label) whatever the label; elsewhere what the generalised Gauss-Newton method puts
        in its place, which is never negative.

        Shapes: [batch, width] -> float32 [batch, width, width].
        """

    def curvature(self, parameters: tf.Tensor) -> tf.Tensor:
        """Second derivatives of -log p(label) by each of the last layer's numbers.

        The language says by `has_curvature` of which distributions they are known: of those whose
        numbers are natural parameters, no label changes them, and they are what a label tells.

        Shapes: [batch, width] -> float32 [batch, width].

        Raises: ValueError for another distribution.
        """
        if not self._has_curvature():
            raise ValueError(
                "Expected a distribution whose second derivatives no label changes. "
                f"Received: {self!r}"
            )
        return tf.linalg.diag_part(self.fisher_information(parameters))

    @tf.autograph.experimental.do_not_convert  # nothing to trace, and AutoGraph cannot read pydantic
    def _has_curvature(self) -> bool:
        section = SECTIONS[self.distribution_name].model_construct(**self.get_config())
        return bool(section.has_curvature)

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments."""
        return {field.name: getattr(self, field.name) for field in dataclasses.fields(self)}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Self:
        """Return the distribution with this config."""
        return cls(**config)


class ClassOutput(OutputDistribution):
    """A distribution of which a prediction chooses one class of several."""

    @property
    @abc.abstractmethod
    def classes(self) -> int:
        """Number of classes that a prediction chooses from."""

    @abc.abstractmethod
    def class_probabilities(self, parameters: tf.Tensor) -> tf.Tensor:
        """Probabilities of the classes. Shapes: [batch, width] -> [batch, classes]."""

    def mean_label(self, parameters: tf.Tensor) -> tf.Tensor:
        """Probabilities of the classes."""
        return self.class_probabilities(parameters)

    @abc.abstractmethod
    def class_indices(self, labels: tf.Tensor) -> tf.Tensor:
        """Labels as class indices. Shapes: encoded labels -> int32 [batch]."""

    def hits(self, parameters: tf.Tensor, labels: tf.Tensor) -> tf.Tensor:
        """1.0 where the likeliest class is the label's, else 0.0. Shapes: -> [batch]."""
        likeliest = tf.argmax(self.class_probabilities(parameters), axis=-1, output_type=tf.int32)
        return tf.cast(likeliest == self.class_indices(labels), tf.float32)

    def score(self, parameters: tf.Tensor, labels: tf.Tensor) -> tf.Tensor:
        """The hits: their mean is the accuracy."""
        return self.hits(parameters, labels)


_registered: dict[str, type[OutputDistribution]] = {}
OUTPUTS: Final[Mapping[str, type[OutputDistribution]]] = MappingProxyType(_registered)
OutputClass = TypeVar("OutputClass", bound=type[OutputDistribution])


def output(distribution_name: str) -> Callable[[OutputClass], OutputClass]:
    """Register the decorated class under its distribution's name, here and with Keras."""

    def register(output_class: OutputClass) -> OutputClass:
        output_class.distribution_name = distribution_name
        _registered[distribution_name] = output_class
        keras.saving.register_keras_serializable(package="bnnc")(output_class)
        return output_class

    return register


def clipped(probabilities: tf.Tensor) -> tf.Tensor:
    """Probabilities kept away from 0 and 1, so that their logarithms are finite."""
    return tf.clip_by_value(probabilities, SMALLEST_PROBABILITY, 1 - SMALLEST_PROBABILITY)
