"""The Laplace approximation of the last layer (Daxberger et al. 2021, arXiv:2106.14806)."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, ClassVar

from bnnc.specs.methods.method import Method, WeightCounts, method
from bnnc.specs.methods.parts import MethodLayer, MethodSection

if TYPE_CHECKING:
    from bnnc.specs.shapes import Shape


@method("laplace")
class Laplace(Method):
    """A normal posterior of the last dense layer, fitted after a deterministic training."""

    meaning: ClassVar[str] = (
        "trains a deterministic model, and fits a normal posterior to its last dense layer around "
        "the weights that the training found"
    )
    needs: ClassVar[str] = "a dense layer at the end"
    remedy: ClassVar[str] = "end with a dense layer"
    fields: ClassVar[frozenset[str]] = frozenset({"prior", "hessian"})
    normal_prior_only: ClassVar[bool] = True
    # Wider priors make the predictions vague: `benchmarks/laplace_fit.md`.
    default_prior_scale: ClassVar[float] = 0.1
    noise_in_training: ClassVar[bool] = False
    last_layer_only: ClassVar[bool] = True

    def carried_by(self, layer: MethodLayer) -> bool:
        """By dense layers; a rule holds it to the last one."""
        return layer.type == "dense"

    def keras_class(self, layer: MethodLayer) -> str:
        """The class whose posterior is fitted."""
        return "bnnc.runtime.LaplaceDense"

    def arguments(self, layer: MethodLayer, bayesian: MethodSection) -> dict[str, object]:
        """The kind of Hessian, and the prior's scale; none where the evidence chooses it."""
        prior = bayesian.prior
        return {
            "hessian": bayesian.hessian,
            "prior_scale": None if prior.learned else prior.initial_scale,
        }

    def added(self, layer: MethodLayer, shape: Shape, bayesian: MethodSection) -> WeightCounts:
        """A root of the covariance, whole or in its factors, and the prior's scale."""
        weights = layer.weight_shapes(shape)
        units = weights["kernel"][-1]
        inputs = weights["kernel"][0] + int("bias" in weights)
        size = inputs * units
        root = size**2 if bayesian.hessian == "full" else inputs**2 + units**2 + size
        return WeightCounts(
            non_trainable=root + 1, posterior=sum(prod(one) for one in weights.values())
        )
