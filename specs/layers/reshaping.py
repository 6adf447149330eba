"""Layers that only change the shape: flatten."""

from math import prod
from typing import Literal

from bnnc.specs.layers.layer import LayerSection, Shape


class Flatten(LayerSection):
    """A map of [height, width, channels] as one row (keras.layers.Flatten)."""

    type: Literal["flatten"]

    keras_class = "keras.layers.Flatten"

    def output_shape(self, shape: Shape) -> Shape:
        """[height, width, channels] -> [height * width * channels]."""
        return (prod(shape),)
