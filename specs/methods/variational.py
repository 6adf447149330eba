"""The posterior of `flipout` and its like, under the estimator that suits each layer."""

from typing import ClassVar

from bnnc.specs.methods.kernel_posterior import KernelPosterior
from bnnc.specs.methods.method import method
from bnnc.specs.methods.parts import MethodLayer


@method("variational")
class Variational(KernelPosterior):
    """A posterior on the kernel, and for each layer the estimator of least variance for its time.

    Measured in `benchmarks/gradient_variance.md`: variance of the gradient by the means times the
    time of a step.
    """

    meaning: ClassVar[str] = (
        "puts a posterior on kernels and chooses the gradient estimator of each layer: "
        "`local_reparameterization` for dense layers, `antithetic` for convolutions, and "
        "`reparameterization` for those of a network with batch normalization"
    )
    fields_by_place: ClassVar[frozenset[str]] = frozenset({"pairs"})

    def at(self, layer: MethodLayer, *, is_last: bool, normalized: bool) -> str:
        """The method whose estimator the layer has."""
        if layer.type == "dense":
            return "local_reparameterization"
        return "reparameterization" if normalized else "antithetic"
