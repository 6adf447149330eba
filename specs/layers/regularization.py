"""Dropout layers: dropout, spatial_dropout1d, 2d and 3d."""

from typing import ClassVar, Literal

from pydantic import Field

from bnnc.specs.layers.layer import BayesianLayer, positions_and_channels
from bnnc.specs.shapes import Shape


class Dropping(BayesianLayer):
    """Base class of dropout: active in training, and under `mc_dropout` at prediction too."""

    rate: float = Field(ge=0, lt=1, description="Share of the units that is zeroed, in [0, 1).")

    drops = True

    def arguments(self) -> dict[str, object]:
        """The rate."""
        return {"rate": self.rate}


class Dropout(Dropping):
    """Zeroes units at random (keras.layers.Dropout); under `mc_dropout` at prediction too."""

    type: Literal["dropout"]

    # Keras's dropout, with randomness that is indexed as everything else's.
    keras_class = "bnnc.runtime.Dropout"


class SpatialDropping(Dropping):
    """Base class of the spatial dropout layers, which drop whole channels."""

    dimensions: ClassVar[int]

    def output_shape(self, shape: Shape) -> Shape:
        """The same."""
        positions_and_channels(shape, self.dimensions)
        return shape


class SpatialDropout1D(SpatialDropping):
    """Zeroes whole channels of a series (keras.layers.SpatialDropout1D)."""

    type: Literal["spatial_dropout1d"]

    dimensions = 1
    keras_class = "bnnc.runtime.SpatialDropout1D"


class SpatialDropout2D(SpatialDropping):
    """Zeroes whole channels of a map (keras.layers.SpatialDropout2D)."""

    type: Literal["spatial_dropout2d"]

    dimensions = 2
    keras_class = "bnnc.runtime.SpatialDropout2D"


class SpatialDropout3D(SpatialDropping):
    """Zeroes whole channels of a volume (keras.layers.SpatialDropout3D)."""

    type: Literal["spatial_dropout3d"]

    dimensions = 3
    keras_class = "bnnc.runtime.SpatialDropout3D"
