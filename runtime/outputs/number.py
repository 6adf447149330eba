"""Base class of the distributions over numbers: real labels and counts."""

import abc
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import tensorflow as tf
import tensorflow_probability as tfp

from bnnc.runtime.outputs.output import OutputDistribution
from bnnc.runtime.softplus import check_scale, positive


class NumberOutput(OutputDistribution):
    """A distribution over numbers, independent of each other given an image.

    Where an image has one number, labels and distribution are of shape [batch]; where it has
    several, they are rows.
    """

    score_name = "mae"  # mean absolute error
    # Whether the numbers are whole.
    discrete: ClassVar[bool] = False

    @property
    @abc.abstractmethod
    def columns(self) -> int:
        """Numbers that each image has."""

    @abc.abstractmethod
    def marginals(self, parameters: tf.Tensor) -> tfp.distributions.Distribution:
        """The distribution of each number, in the type of the parameters.

        Shapes: [..., width] -> batch shape [..., columns], event shape [].
        """

    def label_shape(self) -> tuple[int, ...]:
        """() for one number, (columns,) for several."""
        return () if self.columns == 1 else (self.columns,)

    def distribution(self, parameters: tf.Tensor) -> tfp.distributions.Distribution:
        """Shapes: [batch, width] -> batch shape [batch], event shape [] or [columns]."""
        marginals = self.marginals(tf.cast(parameters, tf.float32))
        if self.columns == 1:
            return marginals[..., 0]
        return tfp.distributions.Independent(marginals, reinterpreted_batch_ndims=1)

    def mean(self, parameters: tf.Tensor) -> tf.Tensor:
        """Mean of each number. Shapes: [batch, width] -> [batch, columns]."""
        return self.marginals(tf.cast(parameters, tf.float32)).mean()

    def mean_label(self, parameters: tf.Tensor) -> tf.Tensor:
        """Means, of the shape of the labels."""
        mean = self.mean(parameters)
        return mean[:, 0] if self.columns == 1 else mean

    def log_prob(self, parameters: tf.Tensor, labels: tf.Tensor) -> tf.Tensor:
        """Log-density of each label. Shapes: [batch, width], labels -> [batch]."""
        return super().log_prob(parameters, tf.cast(labels, tf.float32))

    def score(self, parameters: tf.Tensor, labels: tf.Tensor) -> tf.Tensor:
        """Absolute error of the mean, averaged over an image's numbers. Shapes: -> [batch]."""
        labels = tf.reshape(tf.cast(labels, tf.float32), (-1, self.columns))
        return tf.reduce_mean(tf.abs(self.mean(parameters) - labels), axis=-1)


@dataclass(frozen=True)
class OverReals(NumberOutput):
    """Base class of the distributions over real numbers.

    The last layer's numbers are standardised: a location is `label_mean` plus `label_std` times its
    number, and a scale that is an output or learned is counted in `label_std`. Likelihood, mean and
    scale are in the units of the labels.

    Args:
        event_size: numbers that each image has.
        label_mean: mean of the labels, one number or `event_size` of them; 0 if None.
        label_std: standard deviation of the labels, likewise; 1 if None.
        standardize_labels: whether both are taken from the training rows, and None before.
    """

    event_size: int = 1
    label_mean: float | Sequence[float] | None = None
    label_std: float | Sequence[float] | None = None
    standardize_labels: bool = False

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in ("label_mean", "label_std"):
            value = getattr(self, name)
            if isinstance(value, Sequence):
                if len(value) != self.event_size:
                    raise ValueError(
                        f"Expected `{name}` to be one number or {self.event_size}. "
                        f"Received: {name}={value!r}"
                    )
                object.__setattr__(self, name, tuple(value))  # a value, also where JSON made it
        stds = self.label_std if isinstance(self.label_std, tuple) else (self.label_std,)
        for std in stds:
            if std is not None:
                check_scale("label_std", std)
        if self.event_size < 1:
            raise ValueError(
                f"Expected `event_size` to be at least 1. Received: event_size={self.event_size}"
            )

    @property
    def columns(self) -> int:
        """The event size."""
        return self.event_size

    def locations(self, parameters: tf.Tensor) -> tf.Tensor:
        """In the labels' units. Shapes: [..., columns or more] -> [..., columns]."""
        standardised = self.in_label_units(parameters[..., : self.event_size])
        if self.label_mean is None:
            return standardised
        return standardised + tf.constant(self.label_mean, parameters.dtype)

    def scales(self, parameters: tf.Tensor) -> tf.Tensor:
        """Softplus of the second half, above a floor, in the labels' units.

        Shapes: [..., 2 * columns] -> [..., columns].
        """
        return self.in_label_units(positive(parameters[..., self.event_size :]))

    def information_of_scales(self, parameters: tf.Tensor) -> tf.Tensor:
        """(d log scale / d number)², by which what a label tells of a log-scale is multiplied.

        Shapes: [..., 2 * columns] -> float32 [..., columns].
        """
        numbers = tf.cast(parameters[..., self.event_size :], tf.float32)
        return tf.square(tf.sigmoid(numbers) / positive(numbers))

    def in_label_units(self, standardised: tf.Tensor) -> tf.Tensor:
        """Widths that are counted in `label_std`. Shapes: [..., columns] -> the same."""
        if self.label_std is None:
            return standardised
        return standardised * tf.constant(self.label_std, standardised.dtype)
