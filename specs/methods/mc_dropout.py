"""Monte Carlo dropout (Gal and Ghahramani 2016, arXiv:1506.02142)."""

from __future__ import annotations

from typing import ClassVar

from bnnc.specs.methods.method import Method, method
from bnnc.specs.methods.parts import MethodLayer, MethodSection


@method("mc_dropout")
class MCDropout(Method):
    """Dropout layers that drop units at prediction too."""

    meaning: ClassVar[str] = "keeps the dropout layers active at prediction"
    needs: ClassVar[str] = "a dropout layer"
    remedy: ClassVar[str] = "put `- {type: dropout, rate: 0.1}` before the dense layers"

    def carried_by(self, layer: MethodLayer) -> bool:
        """By what drops units."""
        return layer.drops

    def is_random(self, layer: MethodLayer) -> bool:
        """Unless it drops nothing."""
        return getattr(layer, "rate", 0) > 0

    def arguments(self, layer: MethodLayer, bayesian: MethodSection) -> dict[str, object]:
        """The dropout layer's own word for it."""
        return {"monte_carlo": True}
