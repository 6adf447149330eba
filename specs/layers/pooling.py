"""Pooling: max_pooling and average_pooling, in 1 to 3 dimensions."""

from typing import Any, ClassVar, Literal

from pydantic import Field

from bnnc.specs.layers.layer import LayerSection, positions_and_channels
from bnnc.specs.layers.windows import PADDING, Padding, Sizes, pool_size, windows
from bnnc.specs.section import Pair, Size, Triple, broadcast_size
from bnnc.specs.shapes import Shape

STRIDES: Any = Field(
    default=None, description="Step of the window; the size of the window by default."
)


class Pooling(LayerSection):
    """Base class of pooling with a window."""

    pool_size: Sizes = 2
    strides: Sizes | None = STRIDES
    padding: Padding = PADDING

    dimensions: ClassVar[int]

    def output_shape(self, shape: Shape) -> Shape:
        """[*positions, channels] -> [*windows, channels]."""
        positions, channels = positions_and_channels(shape, self.dimensions)
        window = broadcast_size(self.pool_size, self.dimensions)
        strides = window if self.strides is None else broadcast_size(self.strides, self.dimensions)
        return (*windows(positions, window, strides, self.padding, field="pool_size"), channels)

    def canonical(self, fields: dict[str, Any]) -> dict[str, Any]:
        """Without strides, a window steps by its size."""
        return {**fields, "strides": fields["strides"] or fields["pool_size"]}

    def arguments(self) -> dict[str, object]:
        """Keras's own arguments, defaults left out but for the window's size."""
        return {"pool_size": self.pool_size, **self.non_default("strides", "padding")}


class MaxPooling(Pooling):
    """Largest value of each window."""


class AveragePooling(Pooling):
    """Mean of each window."""

    is_linear = True


class MaxPooling1D(MaxPooling):
    """Largest value of each window (keras.layers.MaxPooling1D)."""

    type: Literal["max_pooling1d"]
    pool_size: Size = pool_size(1)
    strides: Size | None = STRIDES

    dimensions = 1
    keras_class = "keras.layers.MaxPooling1D"


class AveragePooling1D(AveragePooling):
    """Mean of each window (keras.layers.AveragePooling1D)."""

    type: Literal["average_pooling1d"]
    pool_size: Size = pool_size(1)
    strides: Size | None = STRIDES

    dimensions = 1
    keras_class = "keras.layers.AveragePooling1D"


class MaxPooling2D(MaxPooling):
    """Largest value of each window (keras.layers.MaxPooling2D)."""

    type: Literal["max_pooling2d"]
    pool_size: Pair = pool_size(2)
    strides: Pair | None = STRIDES

    dimensions = 2
    keras_class = "keras.layers.MaxPooling2D"


class AveragePooling2D(AveragePooling):
    """Mean of each window (keras.layers.AveragePooling2D)."""

    type: Literal["average_pooling2d"]
    pool_size: Pair = pool_size(2)
    strides: Pair | None = STRIDES

    dimensions = 2
    keras_class = "keras.layers.AveragePooling2D"


class MaxPooling3D(MaxPooling):
    """Largest value of each window (keras.layers.MaxPooling3D)."""

    type: Literal["max_pooling3d"]
    pool_size: Triple = pool_size(3)
    strides: Triple | None = STRIDES

    dimensions = 3
    half_precisions = frozenset({"mixed_bfloat16"})  # on a CPU it is not there in float16
    keras_class = "keras.layers.MaxPooling3D"


class AveragePooling3D(AveragePooling):
    """Mean of each window (keras.layers.AveragePooling3D)."""

    type: Literal["average_pooling3d"]
    pool_size: Triple = pool_size(3)
    strides: Triple | None = STRIDES

    dimensions = 3
    half_precisions = frozenset({"mixed_bfloat16"})  # on a CPU it is not there in float16
    keras_class = "keras.layers.AveragePooling3D"
