"""Spectral-normalised neural Gaussian processes (Liu et al. 2020, arXiv:2006.10108)."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, ClassVar

from bnnc.specs.methods.method import Method, WeightCounts, method
from bnnc.specs.methods.parts import MethodLayer, MethodSection
from bnnc.specs.priors.prior import mean_square

if TYPE_CHECKING:
    from bnnc.specs.shapes import Shape


@method("sngp")
class SNGP(Method):
    """A Gaussian process in place of the last dense layer, behind spectrally normalised kernels."""

    meaning: ClassVar[str] = (
        "turns the last dense layer into a Gaussian process, and keeps the spectral norm of the "
        "kernels before it below `norm_multiplier`, so that distances between images are "
        "preserved"
    )
    remedy: ClassVar[str] = "end with a dense layer"
    fields: ClassVar[frozenset[str]] = frozenset({"gaussian_process"})
    fields_by_place: ClassVar[frozenset[str]] = frozenset({"norm_multiplier"})
    has_kl: ClassVar[bool] = True
    noise_in_training: ClassVar[bool] = False

    def at(self, layer: MethodLayer, *, is_last: bool, normalized: bool) -> str:
        """`spectral_normalization` before the last dense layer."""
        return self.name if is_last and layer.type == "dense" else "spectral_normalization"

    def keras_class(self, layer: MethodLayer) -> str:
        """The class that the last layer is."""
        return "bnnc.runtime.RandomFeatureGaussianProcess"

    def arguments(self, layer: MethodLayer, bayesian: MethodSection) -> dict[str, object]:
        """The process."""
        return bayesian.gaussian_process.model_dump()

    def read_by_kernel(self, shape: Shape, bayesian: MethodSection) -> Shape:
        """The features."""
        return (bayesian.gaussian_process.num_inducing,)

    def added(self, layer: MethodLayer, shape: Shape, bayesian: MethodSection) -> WeightCounts:
        """The random features, and a root of the covariance that all outputs share."""
        process = bayesian.gaussian_process
        features = process.num_inducing
        kernel = layer.weight_shapes(self.read_by_kernel(shape, bayesian))["kernel"]
        return WeightCounts(
            non_trainable=(prod(shape) + 1) * features + features**2,
            posterior=prod(kernel),
            # Of the mode, up to a constant: the posterior around it is fitted after training.
            kl=prod(kernel) * mean_square(kernel) / (2 * process.amplitude**2),
        )

    def more_multiply_adds(self, shape: Shape, bayesian: MethodSection) -> int:
        """The random projections."""
        return prod(shape) * bayesian.gaussian_process.num_inducing
