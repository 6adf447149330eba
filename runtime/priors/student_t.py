"""Student's t prior, with mean 0 and one scale for the whole kernel.

References: Fortuin et al. 2022, arXiv:2102.06571.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import keras
import tensorflow_probability as tfp

from bnnc.runtime.priors.prior import prior
from bnnc.runtime.priors.sampled import SampledPrior
from bnnc.runtime.priors.scaled import ScaledPrior


@prior("student_t")
@dataclass(frozen=True)
class StudentTPrior(SampledPrior, ScaledPrior):
    """Independent StudentT(df, 0, scale) weights.

    Args:
        scale: scale of the law, above 1e-6; where it is learned, its initial value.
        learned: as in `bnnc.runtime.priors.scaled.ScaledPrior`.
        df: degrees of freedom, above 2, where the variance is finite.

    Raises: ValueError if `scale` is no scale or `df` not above 2, TypeError if `learned` is no
        bool.
    """

    df: float = 4.0

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.df > 2:
            raise ValueError(f"Expected `df` to be greater than 2. Received: df={self.df}")

    def distribution(
        self, variables: Mapping[str, keras.Variable]
    ) -> tfp.distributions.Distribution:
        """Return StudentT(df, 0, scale) as a TFP distribution, of shape []."""
        return tfp.distributions.StudentT(self.df, 0.0, self.current_scale(variables))
