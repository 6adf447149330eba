"""The categorical distribution: one class of several, as an index."""

from typing import ClassVar, Literal

from bnnc.specs.outputs.output import DISTRIBUTION, LIKELIHOOD, Words
from bnnc.specs.outputs.over_classes import OverClasses


class Categorical(OverClasses):
    """One class of several, as an index (tfp.distributions.Categorical)."""

    distribution: Literal["categorical"] = DISTRIBUTION

    has_known_hessian: ClassVar[tuple[str, ...]] = ("logits",)
    losses: ClassVar[Words] = {
        "integer": (LIKELIHOOD, "sparse_categorical_crossentropy"),
        "one_hot": ("categorical_crossentropy",),
    }
