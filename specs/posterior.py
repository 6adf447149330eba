"""The posterior of the weights."""

from typing import Literal

from pydantic import Field

from bnnc.specs.section import Scale, Section


class NormalPosterior(Section):
    """A normal posterior, independent for every weight (mean field)."""

    distribution: Literal["normal"] = Field(
        default="normal", description="Family of the posterior, as named in TFP."
    )
    initial_scale: Scale = Field(
        default=0.01, description="Standard deviation of every weight before training."
    )
