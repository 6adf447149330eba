"""Concrete dropout (Gal, Hron and Kendall 2017, arXiv:1705.07832)."""

from __future__ import annotations

from math import log, prod
from typing import TYPE_CHECKING, ClassVar

from bnnc.specs.methods.method import Consumer, Method, WeightCounts, method
from bnnc.specs.methods.parts import MethodLayer, MethodSection

if TYPE_CHECKING:
    from bnnc.specs.shapes import Shape


@method("concrete_dropout")
class ConcreteDropout(Method):
    """Dropout layers that learn their rate, and drop units at prediction too."""

    meaning: ClassVar[str] = "lets the dropout layers learn their rate, which starts at `rate`"
    needs: ClassVar[str] = "a dropout layer"
    remedy: ClassVar[str] = "put `- {type: dropout, rate: 0.1}` before the dense layers"
    fields: ClassVar[frozenset[str]] = frozenset({"prior"})
    has_kl: ClassVar[bool] = True
    normal_prior_only: ClassVar[bool] = True

    def carried_by(self, layer: MethodLayer) -> bool:
        """By what drops units, or whole channels: its rate is one number for all of them."""
        return layer.drops

    def keras_class(self, layer: MethodLayer) -> str:
        """The class with a rate that is learned."""
        return "bnnc.runtime.ConcreteDropout"

    def arguments(self, layer: MethodLayer, bayesian: MethodSection) -> dict[str, object]:
        """The scale of the prior on the kernels behind the layer, and whether it drops channels."""
        given: dict[str, object] = {"prior_scale": bayesian.prior.initial_scale}
        if _positions(layer):
            given["noise_shape"] = _of_channels(_positions(layer))
        return given

    def consumer_arguments(
        self, shape: Shape, consumers: tuple[Consumer, ...]
    ) -> dict[str, object]:
        """The names of those layers, and whether whole channels are dropped."""
        given: dict[str, object] = {"readers": [one.name for one in consumers]}
        if _drops_channels(shape, consumers):
            given["noise_shape"] = _of_channels(len(shape) - 1)
        return given

    def added(self, layer: MethodLayer, shape: Shape, bayesian: MethodSection) -> WeightCounts:
        """The logit of the rate."""
        return WeightCounts(trainable=1)

    def consumer_kl_multiplier(self, layer: MethodLayer) -> float:
        """1 / (1 - p): the units that are kept are scaled up by that, and their squares with them."""
        rate: float = getattr(layer, "rate")  # noqa: B009  # every layer that carries it has one
        return 1 / (1 - rate)

    def consumer_kl(
        self,
        layer: MethodLayer,
        shape: Shape,
        bayesian: MethodSection,
        consumers: tuple[Consumer, ...],
    ) -> float:
        """Squares of the kernels over 2 s² (1 - p), and log 2 less the entropy for each unit."""
        rate: float = getattr(layer, "rate")  # noqa: B009  # every layer that carries it has one
        entropy = -rate * log(rate) - (1 - rate) * log(1 - rate)
        channels = _positions(layer) > 0 or _drops_channels(shape, consumers)
        units = shape[-1] if channels else prod(shape)
        of_kernels = sum(bayesian.prior.kl_of_means(one.kernel) for one in consumers)
        return units * (log(2) - entropy) + self.consumer_kl_multiplier(layer) * of_kernels


def _positions(layer: MethodLayer) -> int:
    """Dimensions of the positions that such a layer drops together; 0 if it drops single units."""
    return getattr(layer, "dimensions", 0)


def _of_channels(dimensions: int) -> tuple[int | None, ...]:
    """Keras's `noise_shape` of one mask for all positions."""
    return (None, *[1] * dimensions, None)


def _drops_channels(shape: Shape, consumers: tuple[Consumer, ...]) -> bool:
    """Whether not every unit is an input of those kernels: positions share them, or are averaged.

    What is dropped is a row of a kernel, and so it is the whole channel of a map there.
    """
    row = all(len(one.shape) == 1 and one.shape[0] == prod(shape) for one in consumers)
    return len(shape) > 1 and not (row and consumers)
