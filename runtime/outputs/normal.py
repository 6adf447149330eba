"""Normal: real numbers."""

from dataclasses import dataclass

import tensorflow as tf
import tensorflow_probability as tfp

from bnnc.runtime.outputs.number import OverReals
from bnnc.runtime.outputs.output import output
from bnnc.runtime.softplus import check_scale


@output("normal")
@dataclass(frozen=True)
class Normal(OverReals):
    """Real numbers with normal noise (`tfp.distributions.Normal`).

    The parameters are the locations; behind them, unless the scale is fixed, unconstrained scales,
    from the last layer or from the layer `LearnedScale`: a scale is softplus of its number, above
    a floor of one millionth.

    Args:
        parameterization: "loc" or "loc_and_unconstrained_scale".
        labels: "real".
        event_size, label_mean, label_std: as in `OverReals`.
        scale: under "loc", a standard deviation in the labels' units, or "learned".
    """

    scale: float | str | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        if (self.scale is None) != (self.parameterization == "loc_and_unconstrained_scale"):
            raise ValueError(
                "Expected `scale` under the parameterization 'loc' alone, a number or 'learned'. "
                f"Received: scale={self.scale!r}, parameterization={self.parameterization!r}"
            )
        if self.scale is not None and self.scale != "learned":
            check_scale("scale", self.scale)

    @property
    def fixed_scale(self) -> float | None:
        """The scale, where it is a number of the spec."""
        return self.scale if isinstance(self.scale, int | float) else None

    @property
    def width(self) -> int:
        """The locations, and the scales unless they are fixed."""
        return self.event_size * (2 if self.fixed_scale is None else 1)

    def marginals(self, parameters: tf.Tensor) -> tfp.distributions.Normal:
        """Shapes: [..., width] -> batch shape [..., event_size], event shape []."""
        loc = self.locations(parameters)
        if self.fixed_scale is None:
            return tfp.distributions.Normal(loc, self.scales(parameters))
        return tfp.distributions.Normal(
            loc, tf.fill(tf.shape(loc), tf.cast(self.fixed_scale, loc.dtype))
        )

    def fisher_information(self, parameters: tf.Tensor) -> tf.Tensor:
        """1 / scale² of a location, 2 of the logarithm of a scale."""
        parameters = tf.cast(parameters, tf.float32)
        shape = tf.shape(parameters[..., : self.event_size])
        unit = self.in_label_units(tf.ones(shape))
        if self.fixed_scale is not None:
            return tf.linalg.diag(tf.square(unit / self.fixed_scale))
        of_locations = tf.square(unit / self.scales(parameters))
        of_scales = 2 * self.information_of_scales(parameters)
        return tf.linalg.diag(tf.concat([of_locations, of_scales], axis=-1))
