"""Layers that only change the shape: flatten, reshape."""

from math import prod
from typing import Annotated, Literal

from pydantic import Field

from bnnc.specs.layers.layer import LayerSection, ShapeError
from bnnc.specs.shapes import MOST_AXES, Shape


class Flatten(LayerSection):
    """A map of [height, width, channels] as one row (keras.layers.Flatten)."""

    type: Literal["flatten"]

    keras_class = "keras.layers.Flatten"
    is_linear = True

    def output_shape(self, shape: Shape) -> Shape:
        """[height, width, channels] -> [height * width * channels]."""
        return (prod(shape),)


class Reshape(LayerSection):
    """The same numbers in another shape (keras.layers.Reshape)."""

    type: Literal["reshape"]
    target_shape: list[Annotated[int, Field(ge=-1, le=2**31 - 1)]] = Field(
        min_length=1,
        max_length=MOST_AXES,
        description="Shape of one example after the layer; -1, once, for what is left.",
    )

    keras_class = "keras.layers.Reshape"
    is_linear = True

    def output_shape(self, shape: Shape) -> Shape:
        """[...] -> `target_shape`. Raises: ShapeError where the numbers do not come out."""
        known = prod(size for size in self.target_shape if size != -1)
        unknown = self.target_shape.count(-1)
        whole = known > 0 and prod(shape) % known == 0
        if not whole or unknown > 1 or (unknown == 0 and known != prod(shape)):
            raise ShapeError("sizes-do-not-multiply", field="target_shape")
        return tuple(prod(shape) // known if size == -1 else size for size in self.target_shape)

    def arguments(self) -> dict[str, object]:
        """The target shape."""
        return {"target_shape": tuple(self.target_shape)}
