"""One draw of the kernel for a batch (Kingma and Welling 2014, arXiv:1312.6114)."""

from typing import ClassVar

from bnnc.specs.methods.kernel_posterior import KernelPosterior
from bnnc.specs.methods.method import method


@method("reparameterization")
class Reparameterization(KernelPosterior):
    """A posterior on the kernel; draws a kernel once for all rows of a batch."""

    meaning: ClassVar[str] = (
        "puts a posterior on kernels and draws a kernel once for all rows of a batch"
    )
