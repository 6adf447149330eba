"""The one-hot categorical distribution: one class of several, as a row."""

from typing import ClassVar, Literal

from bnnc.specs.outputs.output import DISTRIBUTION, LIKELIHOOD, Words
from bnnc.specs.outputs.over_classes import OverClasses


class OneHotCategorical(OverClasses):
    """One class of several, as a one-hot row (tfp.distributions.OneHotCategorical)."""

    distribution: Literal["one_hot_categorical"] = DISTRIBUTION

    has_known_hessian: ClassVar[tuple[str, ...]] = ("logits",)
    losses: ClassVar[Words] = {"one_hot": (LIKELIHOOD,)}
