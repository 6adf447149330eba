"""Pooling over all positions: global_max_pooling, global_average_pooling, in 1 to 3 dimensions."""

from typing import ClassVar, Literal

from bnnc.specs.layers.layer import LayerSection, positions_and_channels
from bnnc.specs.shapes import Shape


class GlobalPooling(LayerSection):
    """Base class of global pooling: one number for each channel."""

    dimensions: ClassVar[int]

    def output_shape(self, shape: Shape) -> Shape:
        """[*positions, channels] -> [channels]."""
        _, channels = positions_and_channels(shape, self.dimensions)
        return (channels,)


class GlobalMaxPooling(GlobalPooling):
    """Largest value over all positions."""


class GlobalAveragePooling(GlobalPooling):
    """Mean over all positions."""

    is_linear = True


class GlobalMaxPooling1D(GlobalMaxPooling):
    """Largest value over all positions (keras.layers.GlobalMaxPooling1D)."""

    type: Literal["global_max_pooling1d"]

    dimensions = 1
    keras_class = "keras.layers.GlobalMaxPooling1D"


class GlobalAveragePooling1D(GlobalAveragePooling):
    """Mean over all positions (keras.layers.GlobalAveragePooling1D)."""

    type: Literal["global_average_pooling1d"]

    dimensions = 1
    keras_class = "keras.layers.GlobalAveragePooling1D"


class GlobalMaxPooling2D(GlobalMaxPooling):
    """Largest value over all positions (keras.layers.GlobalMaxPooling2D)."""

    type: Literal["global_max_pooling2d"]

    dimensions = 2
    keras_class = "keras.layers.GlobalMaxPooling2D"


class GlobalAveragePooling2D(GlobalAveragePooling):
    """Mean over all positions (keras.layers.GlobalAveragePooling2D)."""

    type: Literal["global_average_pooling2d"]

    dimensions = 2
    keras_class = "keras.layers.GlobalAveragePooling2D"


class GlobalMaxPooling3D(GlobalMaxPooling):
    """Largest value over all positions (keras.layers.GlobalMaxPooling3D)."""

    type: Literal["global_max_pooling3d"]

    dimensions = 3
    keras_class = "keras.layers.GlobalMaxPooling3D"


class GlobalAveragePooling3D(GlobalAveragePooling):
    """Mean over all positions (keras.layers.GlobalAveragePooling3D)."""

    type: Literal["global_average_pooling3d"]

    dimensions = 3
    keras_class = "keras.layers.GlobalAveragePooling3D"
