"""The normal prior."""

from math import log, prod
from typing import Annotated, ClassVar, Literal

from pydantic import Field, Tag

from bnnc.specs.priors.prior import Kernel, PriorSection, mean_square
from bnnc.specs.section import TEXT_OR_OTHER

# Where a scale that is learned begins.
LEARNED_SCALE = 0.1

PriorWidth = Annotated[float, Field(gt=1e-6, le=1000, allow_inf_nan=False)]
PriorScale = Annotated[
    Annotated[Literal["learned"], Tag("text")] | Annotated[PriorWidth, Tag("other")], TEXT_OR_OTHER
]


class NormalPrior(PriorSection):
    """A normal prior with mean 0 on every weight."""

    runtime_class: ClassVar[str] = "bnnc.runtime.NormalPrior"

    distribution: Literal["normal"] = Field(
        default="normal", description="Family of the prior, as named in TFP."
    )
    scale: PriorScale = Field(
        default=0.1,
        description=(
            "Standard deviation of the prior, or `learned`: one scale a layer, fitted with the "
            "weights (empirical Bayes), starting at 0.1."
        ),
    )

    @property
    def initial_scale(self) -> float:
        """The standard deviation before training."""
        return LEARNED_SCALE if isinstance(self.scale, str) else self.scale

    @property
    def learned(self) -> int:
        """The scale, where it is learned."""
        return int(self.scale == "learned")

    def arguments(self) -> dict[str, object]:
        """The scale, and whether it is learned."""
        return {"scale": self.initial_scale, **({"learned": True} if self.learned else {})}

    def kl_of_scales(self, kernel: Kernel, scale: float) -> float:
        """log(p/s) + s² / 2p² - 1/2 for every weight."""
        prior = self.initial_scale
        return prod(kernel) * (log(prior / scale) + scale**2 / (2 * prior**2) - 0.5)

    def kl_of_means(self, kernel: Kernel, square: float | None = None) -> float:
        """m² / 2p² for every weight: units / p² in a layer, where the means are He's."""
        square = mean_square(kernel) if square is None else square
        return prod(kernel) * square / (2 * self.initial_scale**2)
