"""A draw of the kernel for half of a batch, and its mirror image for the other half."""

from typing import ClassVar

from bnnc.specs.methods.kernel_posterior import KernelPosterior
from bnnc.specs.methods.method import method


@method("antithetic")
class Antithetic(KernelPosterior):
    """A posterior on the kernel; half of a batch has a draw of it, the other half its mirror image."""

    meaning: ClassVar[str] = (
        "puts a posterior on kernels and draws a kernel for half of a batch, and its mirror image "
        "for the other half"
    )
