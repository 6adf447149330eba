"""No Bayesian method: a deterministic model, or a layer that is exempt."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from bnnc.specs.methods.method import Method, method

if TYPE_CHECKING:
    from bnnc.specs.layers.layer import LayerSection


@method("none")
class NoMethod(Method):
    """Point weights; no layer carries it, since it changes none."""

    meaning: ClassVar[str] = "is a deterministic model"
    has_noise: ClassVar[bool] = False

    def carried_by(self, layer: LayerSection) -> bool:
        """Nothing is to be carried."""
        return False

    def is_random(self, layer: LayerSection) -> bool:
        """Nothing is random."""
        return False
