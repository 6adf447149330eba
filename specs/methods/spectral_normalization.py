"""Spectral normalization (Miyato et al. 2018, arXiv:1802.05957)."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, ClassVar

from bnnc.specs.methods.method import Method, WeightCounts, method
from bnnc.specs.methods.parts import MethodLayer, MethodSection

if TYPE_CHECKING:
    from bnnc.specs.shapes import Shape


@method("spectral_normalization")
class SpectralNormalization(Method):
    """Kernels whose spectral norm is held below a bound; what `sngp` makes of hidden layers."""

    meaning: ClassVar[str] = (
        "keeps the spectral norm of kernels below `norm_multiplier`, and is deterministic"
    )
    fields: ClassVar[frozenset[str]] = frozenset({"norm_multiplier"})
    has_noise: ClassVar[bool] = False

    def is_random(self, layer: MethodLayer) -> bool:
        """False: no layer of it is random."""
        return False

    def keras_class(self, layer: MethodLayer) -> str:
        """The class over the layer's own in Keras."""
        return f"bnnc.runtime.SpectralNormalized{layer.keras_class.rpartition('.')[2]}"

    def arguments(self, layer: MethodLayer, bayesian: MethodSection) -> dict[str, object]:
        """The bound."""
        return {"norm_multiplier": bayesian.norm_multiplier}

    def added(self, layer: MethodLayer, shape: Shape, bayesian: MethodSection) -> WeightCounts:
        """The vector of the power iteration, an input of the layer."""
        return WeightCounts(non_trainable=prod(shape))
