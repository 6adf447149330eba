"""Outputs drawn instead of the kernel (Kingma et al. 2015, arXiv:1506.02557)."""

from typing import ClassVar

from bnnc.specs.methods.kernel_posterior import KernelPosterior
from bnnc.specs.methods.method import method


@method("local_reparameterization")
class LocalReparameterization(KernelPosterior):
    """A posterior on the kernel; draws outputs in place of the kernel."""

    meaning: ClassVar[str] = "puts a posterior on kernels and draws the outputs instead of the "
    "kernel"
