"""Draws of the kernel and their mirror images, each for a part of a batch."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from bnnc.specs.methods.kernel_posterior import KernelPosterior
from bnnc.specs.methods.method import WeightCounts, method
from bnnc.specs.methods.parts import MethodLayer, MethodSection

if TYPE_CHECKING:
    from bnnc.specs.shapes import Shape


@method("antithetic")
class Antithetic(KernelPosterior):
    """A posterior on the kernel; half of a batch has draws of it, the other half mirror images."""

    meaning: ClassVar[str] = (
        "puts a posterior on kernels and draws a kernel for half of a batch, and its mirror image "
        "for the other half"
    )
    fields: ClassVar[frozenset[str]] = KernelPosterior.fields | {"pairs"}

    def arguments(self, layer: MethodLayer, bayesian: MethodSection) -> dict[str, object]:
        """Those of every such posterior, and the pairs of draws."""
        return {**super().arguments(layer, bayesian), "pairs": bayesian.pairs}

    def added(self, layer: MethodLayer, shape: Shape, bayesian: MethodSection) -> WeightCounts:
        """Those of every such posterior; a step holds a draw and its mirror image for each pair."""
        counts = super().added(layer, shape, bayesian)
        return replace(counts, drawn=(2 * bayesian.pairs - 1) * counts.posterior)
