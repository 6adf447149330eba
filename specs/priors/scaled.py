"""Base class of the priors with one scale."""

from typing import Annotated, Literal

from pydantic import Field, Tag

from bnnc.specs.priors.prior import PriorSection
from bnnc.specs.section import TEXT_OR_OTHER

# As in TFP's layers; `benchmarks/defaults.md` compares others.
DEFAULT_SCALE = 1.0
# Where a scale that is learned begins.
LEARNED_SCALE = 0.1

PriorWidth = Annotated[float, Field(gt=1e-6, le=1000, allow_inf_nan=False)]
PriorScale = Annotated[
    Annotated[Literal["learned"], Tag("text")] | Annotated[PriorWidth, Tag("other")], TEXT_OR_OTHER
]


class ScaledPrior(PriorSection):
    """A prior with a scale that is given, or learned by every layer for itself."""

    scale: PriorScale = Field(default=DEFAULT_SCALE, description="Scale of the prior.")

    @property
    def initial_scale(self) -> float:
        """The scale before training."""
        return LEARNED_SCALE if isinstance(self.scale, str) else self.scale

    @property
    def learned(self) -> int:
        """The scale, where it is learned."""
        return int(self.scale == "learned")

    def arguments(self) -> dict[str, object]:
        """The scale as a number, whether it is learned, and the other fields."""
        learned = {"learned": True} if self.learned else {}
        return {**super().arguments(), "scale": self.initial_scale, **learned}
