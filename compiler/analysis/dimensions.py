"""Words for examples of any number of dimensions: series, images, volumes."""

from __future__ import annotations

from bnnc.specs.shapes import Shape, dimensions

# What a layer works on, by its dimensions.
THINGS = {0: "a row", 1: "a series", 2: "a map", 3: "a volume"}


def thing(shape: Shape) -> str:
    """What an example of a shape is, as in `a map`."""
    return THINGS[dimensions(shape)]


def global_average_pooling(shape: Shape) -> str:
    """The layer that leaves one number a channel of such an example."""
    return f"global_average_pooling{dimensions(shape)}d"
