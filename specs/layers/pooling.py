"""Poolings: max_pooling2d, average_pooling2d, global_average_pooling2d."""

from typing import Any, Literal

from pydantic import Field

from bnnc.specs.layers.layer import LayerSection, Shape, require_map
from bnnc.specs.layers.windows import PADDING, Padding, windows
from bnnc.specs.section import Pair, pair


class Pooling2D(LayerSection):
    """What the two windowed poolings share."""

    pool_size: Pair = Field(
        default=2, description="Size of the window: a number, or [height, width]."
    )
    strides: Pair | None = Field(
        default=None, description="Step of the window; the size of the window by default."
    )
    padding: Padding = PADDING

    def output_shape(self, shape: Shape) -> Shape:
        """[height, width, channels] -> [windows down, windows across, channels]."""
        height, width, channels = require_map(shape)
        window = pair(self.pool_size)
        strides = window if self.strides is None else pair(self.strides)
        return (
            *windows((height, width), window, strides, self.padding, field="pool_size"),
            channels,
        )

    def canonical(self, fields: dict[str, Any]) -> dict[str, Any]:
        """Without strides, a window steps by its size."""
        return {**fields, "strides": fields["strides"] or fields["pool_size"]}

    def arguments(self) -> dict[str, object]:
        """Keras's own arguments, defaults left out."""
        given: dict[str, object] = {"pool_size": self.pool_size}
        if self.strides is not None:
            given["strides"] = self.strides
        if self.padding != "valid":
            given["padding"] = self.padding
        return given


class MaxPooling2D(Pooling2D):
    """Largest value of each window (keras.layers.MaxPooling2D)."""

    type: Literal["max_pooling2d"]

    keras_class = "keras.layers.MaxPooling2D"


class AveragePooling2D(Pooling2D):
    """Mean of each window (keras.layers.AveragePooling2D)."""

    type: Literal["average_pooling2d"]

    keras_class = "keras.layers.AveragePooling2D"


class GlobalAveragePooling2D(LayerSection):
    """Mean over all positions, one number a channel (keras.layers.GlobalAveragePooling2D)."""

    type: Literal["global_average_pooling2d"]

    keras_class = "keras.layers.GlobalAveragePooling2D"

    def output_shape(self, shape: Shape) -> Shape:
        """[height, width, channels] -> [channels]."""
        return (require_map(shape)[2],)
