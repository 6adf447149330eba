"""A draw of the kernel whose signs are flipped for every row (Wen et al. 2018, arXiv:1803.04386)."""

from typing import ClassVar

from bnnc.specs.methods.kernel_posterior import KernelPosterior
from bnnc.specs.methods.method import method


@method("flipout")
class Flipout(KernelPosterior):
    """A posterior on the kernel; flips the signs of one draw for every row."""

    meaning: ClassVar[str] = (
        "puts a posterior on kernels and flips the signs of one draw for every row"
    )
