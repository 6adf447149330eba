"""Batch ensembles (Wen, Tran and Ba 2020, arXiv:2002.06715)."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from bnnc.specs.methods.members import Members
from bnnc.specs.methods.method import WeightCounts, method
from bnnc.specs.methods.parts import MethodLayer, MethodSection

if TYPE_CHECKING:
    from bnnc.specs.shapes import Shape


@method("batch_ensemble")
class BatchEnsemble(Members):
    """Members with one kernel, and weights of their own for the factors of its channels."""

    meaning: ClassVar[str] = (
        "makes members that share each kernel and learn factors of its channels"
    )
    fields: ClassVar[frozenset[str]] = frozenset({"members"})
    has_noise: ClassVar[bool] = False
    prefix: ClassVar[str] = "BatchEnsemble"

    def added(self, layer: MethodLayer, shape: Shape, bayesian: MethodSection) -> WeightCounts:
        """The factors of every member, and the biases of all but one."""
        factors = bayesian.members * self.factors(layer, shape)
        return WeightCounts(trainable=factors + self.more_biases(layer, shape, bayesian))
