"""The normal prior."""

from math import log, prod
from typing import Annotated, ClassVar, Literal

from pydantic import Field, Tag

from bnnc.specs.priors.prior import Kernel, mean_square
from bnnc.specs.priors.scaled import DEFAULT_SCALE, PriorScale, ScaledPrior
from bnnc.specs.section import TEXT_OR_OTHER

PriorLoc = Annotated[
    Annotated[Literal["tied"], Tag("text")]
    | Annotated[float, Field(ge=-1000, le=1000, allow_inf_nan=False), Tag("other")],
    TEXT_OR_OTHER,
]


class NormalPrior(ScaledPrior):
    """A normal prior with one mean for every weight, or with the posterior's own means."""

    runtime_class: ClassVar[str] = "bnnc.runtime.NormalPrior"

    distribution: Literal["normal"] = Field(
        default="normal", description="Family of the prior, as named in TFP."
    )
    scale: PriorScale = Field(
        default=DEFAULT_SCALE,
        description=(
            "Standard deviation of the prior, or `learned`: one scale a layer, fitted with the "
            "weights (empirical Bayes), starting at 0.1."
        ),
    )
    loc: PriorLoc = Field(
        default=0.0,
        description=(
            "Mean of the prior, or `tied`: the posterior's mean of each weight, so that the KL "
            "holds the standard deviations alone."
        ),
    )

    @property
    def holds_means(self) -> bool:
        """Not where it is tied to them."""
        return self.loc != "tied"

    @property
    def stddev(self) -> float:
        """The scale itself."""
        return self.initial_scale

    def arguments(self) -> dict[str, object]:
        """The scale, and the mean where it is not 0."""
        given = super().arguments()
        loc = given.pop("loc")
        if loc == "tied":
            return {**given, "tied": True}
        return given if loc == 0 else {"loc": loc, **given}

    def kl_at_start(self, kernel: Kernel, scale: float, square: float | None = None) -> float:
        """log(p/s) + s² / 2p² - 1/2 for every weight, and what the means cost."""
        prior = self.initial_scale
        of_scales = prod(kernel) * (log(prior / scale) + scale**2 / (2 * prior**2) - 0.5)
        return of_scales + self.kl_of_means(kernel, square)

    def kl_of_means(self, kernel: Kernel, square: float | None = None) -> float:
        """(m - loc)² / 2p² for every weight: units / p² in a layer of He's means, where loc is 0."""
        if isinstance(self.loc, str):  # tied to them
            return 0.0
        square = mean_square(kernel) if square is None else square
        return prod(kernel) * (square + self.loc**2) / (2 * self.initial_scale**2)
