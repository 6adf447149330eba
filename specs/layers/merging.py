"""Layers that merge the paths of a block: `Add` and `Concatenate` of Keras."""

from __future__ import annotations

from bnnc.specs.layers.block import Merge
from bnnc.specs.layers.layer import ShapeError
from bnnc.specs.shapes import Shape


class Add(Merge):
    """The sum of outputs of one shape (keras.layers.Add)."""

    type: str = "add"
    # Whether it is the sum of a residual block: of its body and its shortcut, in this order.
    residual: bool = False

    keras_class = "keras.layers.Add"

    def merged_shape(self, shapes: tuple[Shape, ...]) -> Shape:
        """The one shape of all inputs."""
        for other in shapes[1:]:
            if other != shapes[0]:
                raise ShapeError(
                    "residual-of-another-shape" if self.residual else "branches-do-not-add",
                    wanted=other,
                    branch=shapes.index(other),
                )
        return shapes[0]


class Concatenate(Merge):
    """Outputs of the same height and width side by side, by channels (keras.layers.Concatenate)."""

    type: str = "concatenate"

    keras_class = "keras.layers.Concatenate"

    def merged_shape(self, shapes: tuple[Shape, ...]) -> Shape:
        """The first shape, with the channels of all inputs."""
        for other in shapes[1:]:
            if other[:-1] != shapes[0][:-1]:
                raise ShapeError(
                    "branches-do-not-concatenate", wanted=other, branch=shapes.index(other)
                )
        return (*shapes[0][:-1], sum(one[-1] for one in shapes))
