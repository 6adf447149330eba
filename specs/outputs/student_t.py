"""Student's t-distribution: real numbers with noise that has outliers."""

from typing import ClassVar, Literal

from pydantic import Field

from bnnc.specs.outputs.output import DISTRIBUTION, LIKELIHOOD, Words
from bnnc.specs.outputs.over_reals import OverReals


class StudentT(OverReals):
    """Real numbers with noise that has outliers (tfp.distributions.StudentT)."""

    distribution: Literal["student_t"] = DISTRIBUTION
    df: float = Field(
        default=4.0,
        gt=2,
        le=1e6,
        allow_inf_nan=False,
        description="Degrees of freedom; above 2, where the variance is finite.",
    )

    activations: ClassVar[Words] = {"loc_and_unconstrained_scale": ("linear",)}
    losses: ClassVar[Words] = {"real": (LIKELIHOOD,)}
