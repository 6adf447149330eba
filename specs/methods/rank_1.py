"""Rank-1 posteriors (Dusenberry et al. 2020, arXiv:2005.07186)."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from bnnc.specs.methods.members import Members
from bnnc.specs.methods.method import WeightCounts, method
from bnnc.specs.methods.parts import MethodLayer, MethodSection

if TYPE_CHECKING:
    from bnnc.specs.shapes import Shape

# Standard deviation of the means of factors around 1 before training: members that start as one,
# stay one.
FACTOR_SPREAD = 0.1


@method("rank_1")
class Rank1(Members):
    """A mixture of members with one kernel, and posteriors on the factors of its channels."""

    meaning: ClassVar[str] = (
        "makes members that share each kernel and puts a posterior on factors of its channels"
    )
    fields: ClassVar[frozenset[str]] = frozenset({"members", "prior", "posterior"})
    has_kl: ClassVar[bool] = True
    prefix: ClassVar[str] = "Rank1"

    def arguments(self, layer: MethodLayer, bayesian: MethodSection) -> dict[str, object]:
        """Members, prior, and the scale of every factor before training."""
        return {
            **super().arguments(layer, bayesian),
            "prior": bayesian.prior,
            "initial_scale": bayesian.posterior.initial_scale,
        }

    def added(self, layer: MethodLayer, shape: Shape, bayesian: MethodSection) -> WeightCounts:
        """A mean and a scale for the factors of every member, biases, and what the prior learns."""
        factors, prior = self.factors(layer, shape), bayesian.prior
        posterior = bayesian.members * factors
        return WeightCounts(
            trainable=2 * posterior + self.more_biases(layer, shape, bayesian) + prior.learned,
            posterior=posterior,
            # Of one member: the objective takes the mean over all.
            kl=prior.kl_at_start((factors,), bayesian.posterior.initial_scale, FACTOR_SPREAD**2),
            kl_is_sampled=prior.kl_is_sampled,
        )
