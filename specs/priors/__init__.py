"""The priors of a weight, one file each, by TFP's names; every file of this folder is found by itself.

To add a prior, write its section here, and in `runtime/priors/` the class of the same name.
"""

from functools import reduce
from operator import or_
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import BeforeValidator, Field

from bnnc.specs.members import members
from bnnc.specs.priors.normal import NormalPrior
from bnnc.specs.priors.prior import PriorSection, mean_square
from bnnc.specs.priors.scaled import ScaledPrior

# The one that is meant where nothing is said comes first.
PRIORS = members(__name__, PriorSection, field="distribution", first=("normal",))


def _normal_if_not_said(value: Any) -> Any:
    if isinstance(value, dict) and "distribution" not in value:
        return {"distribution": "normal", **value}
    return value


if TYPE_CHECKING:
    Prior = ScaledPrior
else:
    Prior = Annotated[
        Annotated[reduce(or_, PRIORS.values()), Field(discriminator="distribution")],
        BeforeValidator(_normal_if_not_said),
    ]

__all__ = ["PRIORS", "NormalPrior", "Prior", "PriorSection", "ScaledPrior", "mean_square"]
