"""The priors of a weight, one file each, by TFP's names; every file of this folder is found by itself.

To add a prior, write its section here, and in `runtime/priors/` the class of the same name.
"""

import importlib
import pkgutil
from functools import reduce
from operator import or_
from typing import TYPE_CHECKING, Annotated, Any, get_args

from pydantic import BeforeValidator, Field

from bnnc.specs.priors.normal import NormalPrior
from bnnc.specs.priors.prior import PriorSection, mean_square
from bnnc.specs.priors.scaled import ScaledPrior

for _module in pkgutil.iter_modules(__path__):
    importlib.import_module(f"{__name__}.{_module.name}")


def _priors(above: type[PriorSection] = PriorSection) -> dict[str, type[PriorSection]]:
    found: dict[str, type[PriorSection]] = {}
    for one in above.__subclasses__():
        words = get_args(one.model_fields["distribution"].annotation)
        found |= {str(word): one for word in words} | _priors(one)
    # The one that is meant where nothing is said stands first.
    return dict(sorted(found.items(), key=lambda pair: (pair[0] != "normal", pair[0])))


PRIORS = _priors()


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
