"""Poisson: counts."""

from dataclasses import dataclass

import tensorflow as tf
import tensorflow_probability as tfp

from bnnc.runtime.outputs.number import NumberOutput
from bnnc.runtime.outputs.output import SMALLEST_PROBABILITY, output

# A rate of exactly 0, where softplus underflows, would give a count of 1 an infinite loss.
SMALLEST_RATE = SMALLEST_PROBABILITY


@output("poisson")
@dataclass(frozen=True)
class Poisson(NumberOutput):
    """A count (`tfp.distributions.Poisson`), from one unit.

    A rate is kept one ten-millionth above 0. A log-rate above 88 is a rate that float32 cannot
    hold: the loss is infinite, and the training stops.

    Args:
        parameterization: "log_rate" or "rate".
        labels: "count".
    """

    discrete = True

    @property
    def columns(self) -> int:
        """One count an image."""
        return 1

    @property
    def width(self) -> int:
        """One unit."""
        return 1

    def marginals(self, parameters: tf.Tensor) -> tfp.distributions.Poisson:
        """Shapes: [..., 1] -> batch shape [..., 1], event shape []."""
        if self.parameterization == "log_rate":
            return tfp.distributions.Poisson(log_rate=parameters)
        return tfp.distributions.Poisson(rate=parameters + SMALLEST_RATE)

    def fisher_information(self, parameters: tf.Tensor) -> tf.Tensor:
        """The rate of its logarithm, 1 / rate of the rate itself."""
        rate = self.marginals(tf.cast(parameters, tf.float32)).rate_parameter()
        return tf.linalg.diag(rate if self.parameterization == "log_rate" else 1 / rate)
