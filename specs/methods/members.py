"""Base class of the methods whose members share a kernel."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, ClassVar

from bnnc.specs.methods.method import Method
from bnnc.specs.methods.parts import MethodLayer, MethodSection

if TYPE_CHECKING:
    from bnnc.specs.shapes import Shape


class Members(Method):
    """Members that share a kernel: each has a factor for every channel in and out, and a bias."""

    has_members: ClassVar[bool] = True
    # What the runtime's class is called, before the name of Keras's.
    prefix: ClassVar[str]

    def keras_class(self, layer: MethodLayer) -> str:
        """The class over the layer's own in Keras."""
        return f"bnnc.runtime.{self.prefix}{layer.keras_class.rpartition('.')[2]}"

    def arguments(self, layer: MethodLayer, bayesian: MethodSection) -> dict[str, object]:
        """How many there are."""
        return {"members": bayesian.members}

    def factors(self, layer: MethodLayer, shape: Shape) -> int:
        """Factors of one member: channels in and channels out."""
        return shape[-1] + layer.output_shape(shape)[-1]

    def more_biases(self, layer: MethodLayer, shape: Shape, bayesian: MethodSection) -> int:
        """Biases beside the layer's own, which is one member's."""
        return (bayesian.members - 1) * prod(layer.weight_shapes(shape).get("bias", (0,)))
