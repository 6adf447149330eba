"""Name an example by its number of dimensions: row, series, map, volume."""

from __future__ import annotations

from bnnc.specs.shapes import Shape, dimensions

# The input of a layer, by its number of dimensions.
THINGS = {0: "a row", 1: "a series", 2: "a map", 3: "a volume"}


def describe_shape(shape: Shape) -> str:
    """Noun for an example of a shape, such as `a map`."""
    return THINGS[dimensions(shape)]


def global_average_pooling(shape: Shape) -> str:
    """Type of the layer that reduces such an example to one number for each channel."""
    return f"global_average_pooling{dimensions(shape)}d"
