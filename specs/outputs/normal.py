"""The normal distribution: real numbers with normal noise."""

from typing import ClassVar, Literal

from pydantic import Field

from bnnc.specs.outputs.output import (
    DISTRIBUTION,
    LEARNED_SCALE,
    LIKELIHOOD,
    LearnedLayer,
    OutputScale,
    Words,
)
from bnnc.specs.outputs.over_reals import OverReals


class Normal(OverReals):
    """Real numbers with normal noise (tfp.distributions.Normal)."""

    distribution: Literal["normal"] = DISTRIBUTION
    scale: OutputScale | None = Field(
        default=None,
        description=(
            "Under `parameterization: loc`, the standard deviation of a label: a number, or "
            f"`learned`: one a label, the same for all images, starting at {LEARNED_SCALE:g} times "
            "`label_std`."
        ),
    )

    activations: ClassVar[Words] = {"loc": ("linear",), "loc_and_unconstrained_scale": ("linear",)}
    losses: ClassVar[Words] = {"real": (LIKELIHOOD, "mean_squared_error")}

    def accepted_losses(self, labels: str | None = None) -> tuple[str, ...]:
        """The squared error says nothing of a scale: it needs one that is fixed."""
        accepted = super().accepted_losses(labels)
        fixed = isinstance(self.scale, int | float) or (
            self.scale is None and self.parameterization == "loc"  # which BNN341 refuses
        )
        if self.parameterization == "loc_and_unconstrained_scale":
            fixed = False
        return accepted if fixed else accepted[:1]

    @property
    def has_curvature(self) -> bool:
        """Of a scale that is given."""
        return self.parameterization == "loc" and isinstance(self.scale, int | float)

    @property
    def learned(self) -> LearnedLayer | None:
        """The scale, where it is learned once."""
        if self.scale != "learned":
            return None
        return LearnedLayer(
            "scale", "bnnc.runtime.LearnedScale", {"event_size": self.event_size}, self.event_size
        )
