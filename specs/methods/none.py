"""No Bayesian method: a deterministic model, or a layer that is exempt."""

from __future__ import annotations

from typing import ClassVar

from bnnc.specs.methods.method import Method, method
from bnnc.specs.methods.parts import MethodLayer


@method("none")
class NoMethod(Method):
    """Point weights; no layer carries it, since it changes none."""

    meaning: ClassVar[str] = "is a deterministic model"
    has_noise: ClassVar[bool] = False

    def carried_by(self, layer: MethodLayer) -> bool:
        """True: every layer can be deterministic."""
        return False

    def is_random(self, layer: MethodLayer) -> bool:
        """False: no layer of it is random."""
        return False
