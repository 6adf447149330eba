"""Student's t: real numbers with outliers."""

from dataclasses import dataclass

import tensorflow as tf
import tensorflow_probability as tfp

from bnnc.runtime.outputs.number import OverReals
from bnnc.runtime.outputs.output import output


@output("student_t")
@dataclass(frozen=True)
class StudentT(OverReals):
    """Real numbers with noise that has outliers (`tfp.distributions.StudentT`).

    The parameters are the locations, and behind them unconstrained scales: a scale is softplus of
    its number, above a floor of one millionth. It is the standard deviation times
    sqrt((df - 2) / df).

    Args:
        parameterization: "loc_and_unconstrained_scale".
        labels: "real".
        event_size, label_mean, label_std: as in `OverReals`.
        df: degrees of freedom, above 2, where the variance is finite.
    """

    df: float = 4.0

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.df > 2:
            raise ValueError(f"Expected `df` to be greater than 2. Received: df={self.df}")

    @property
    def width(self) -> int:
        """The locations and the scales."""
        return 2 * self.event_size

    def marginals(self, parameters: tf.Tensor) -> tfp.distributions.StudentT:
        """Shapes: [..., width] -> batch shape [..., event_size], event shape []."""
        loc = self.locations(parameters)
        # Filled, so that it can be sliced with the others.
        df = tf.fill(tf.shape(loc), tf.cast(self.df, loc.dtype))
        return tfp.distributions.StudentT(df, loc, self.scales(parameters))

    def fisher_information(self, parameters: tf.Tensor) -> tf.Tensor:
        """(df + 1) / (df + 3) scale² of a location, 2 df / (df + 3) of the logarithm of a scale.

        References: Lange, Little and Taylor 1989, doi:10.1080/01621459.1989.10478852.
        """
        parameters = tf.cast(parameters, tf.float32)
        unit = self.in_label_units(tf.ones(tf.shape(parameters[..., : self.event_size])))
        of_locations = (self.df + 1) * tf.square(unit / self.scales(parameters))
        of_scales = 2 * self.df * self.information_of_scales(parameters)
        return tf.linalg.diag(tf.concat([of_locations, of_scales], axis=-1) / (self.df + 3))
