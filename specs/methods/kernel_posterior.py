"""What the methods with a normal posterior over every weight of a kernel have in common."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, ClassVar

from bnnc.specs.methods.method import Added, Method

if TYPE_CHECKING:
    from bnnc.specs.bayesian import Bayesian
    from bnnc.specs.layers.layer import LayerSection
    from bnnc.specs.shapes import Shape


class KernelPosterior(Method):
    """A mean-field normal posterior on the kernel.

    Such methods differ by the gradient estimator alone, which has the method's name in
    `bnnc.runtime.estimators`.
    """

    fields: ClassVar[frozenset[str]] = frozenset({"prior", "posterior"})
    has_kl: ClassVar[bool] = True
    posterior_of_kernel: ClassVar[bool] = True

    def keras_class(self, layer: LayerSection) -> str:
        """The layer's variational class."""
        assert layer.variational_class is not None
        return layer.variational_class

    def arguments(self, layer: LayerSection, bayesian: Bayesian) -> dict[str, object]:
        """Estimator, prior, and the posterior's scale before training."""
        return {
            "estimator": self.name,
            "prior": bayesian.prior,
            "initial_scale": bayesian.posterior.initial_scale,
        }

    def added(self, layer: LayerSection, shape: Shape, bayesian: Bayesian) -> Added:
        """Beside each mean a scale, and what the prior learns."""
        kernel = layer.weight_shapes(shape)["kernel"]
        prior = bayesian.prior
        return Added(
            trainable=prod(kernel) + prior.learned,
            posterior=prod(kernel),
            kl=prior.kl_at_start(kernel, bayesian.posterior.initial_scale),
            kl_is_sampled=prior.kl_is_sampled,
        )
