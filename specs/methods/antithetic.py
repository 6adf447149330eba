"""Draws of the kernel and their mirror images, each for a part of a batch."""

from typing import ClassVar

from bnnc.specs.methods.kernel_posterior import KernelPosterior
from bnnc.specs.methods.method import method
from bnnc.specs.methods.parts import MethodLayer, MethodSection


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
