"""Base class of the methods with a normal posterior over every weight of a kernel.

The bias of the layer may have one too.
"""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, ClassVar

from bnnc.specs.methods.method import Method, WeightCounts
from bnnc.specs.methods.parts import MethodLayer, MethodSection

if TYPE_CHECKING:
    from bnnc.specs.shapes import Shape


class KernelPosterior(Method):
    """A mean-field normal posterior on the kernel.

    Such methods differ by the gradient estimator alone, which has the method's name in
    `bnnc.runtime.estimators`.
    """

    fields: ClassVar[frozenset[str]] = frozenset({"prior", "posterior", "bias"})
    has_kl: ClassVar[bool] = True
    posterior_of_kernel: ClassVar[bool] = True

    def keras_class(self, layer: MethodLayer) -> str:
        """The layer's variational class."""
        assert layer.variational_class is not None
        return layer.variational_class

    def arguments(self, layer: MethodLayer, bayesian: MethodSection) -> dict[str, object]:
        """Estimator, prior, the posterior's scale before training, and whether of the bias too."""
        return {
            "estimator": self.name,
            "prior": bayesian.prior,
            "initial_scale": bayesian.posterior.initial_scale,
            **({"bayesian_bias": True} if bayesian.bias and layer.has_bias else {}),
        }

    def added(self, layer: MethodLayer, shape: Shape, bayesian: MethodSection) -> WeightCounts:
        """Beside each mean a scale, and what the prior learns."""
        weights = layer.weight_shapes(shape)
        kernel = layer.kernel_as_drawn(shape)
        assert kernel is not None
        prior, scale = bayesian.prior, bayesian.posterior.initial_scale
        posterior, kl = prod(kernel), prior.kl_at_start(kernel, scale)
        if bayesian.bias and layer.has_bias:
            posterior += prod(weights["bias"])
            kl += prior.kl_at_start(weights["bias"], scale, 0.0)  # the means of biases begin at 0
        return WeightCounts(
            trainable=posterior + prior.learned,
            posterior=posterior,
            kl=kl,
            kl_is_sampled=prior.kl_is_sampled,
        )
