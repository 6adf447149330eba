"""Convolutions at random, for a shape of any number of dimensions."""

from random import Random

from bnnc.specs.shapes import Shape
from tests.generated.choices import activation, sizes
from tests.generated.document import Document, sometimes


def convolution(random: Random, shape: Shape) -> Document:
    """A conv1d, conv2d or conv3d."""
    dimensions, channels = len(shape) - 1, shape[-1]
    filters = random.randint(1, 4)
    layer: Document = {"type": f"conv{dimensions}d", "filters": filters}
    layer["kernel_size"] = sizes(random, dimensions, [1, 2, 3])
    if filters % 2 == 0 and channels % 2 == 0:
        sometimes(random, layer, "groups", lambda: 2)
    _windowed(random, layer, dimensions, filters)
    if dimensions == 1 and random.random() < 0.3:
        layer["padding"] = "causal"
    return layer


def depthwise_convolution(random: Random, shape: Shape) -> Document:
    """A depthwise_conv1d or depthwise_conv2d."""
    dimensions = len(shape) - 1
    layer: Document = {"type": f"depthwise_conv{dimensions}d"}
    layer["kernel_size"] = sizes(random, dimensions, [1, 2, 3])
    sometimes(random, layer, "depth_multiplier", lambda: random.randint(1, 2))
    channels = shape[-1] * int(layer.get("depth_multiplier", 1))
    return _windowed(random, layer, dimensions, channels, equal_strides=True)


def separable_convolution(random: Random, shape: Shape) -> Document:
    """A separable_conv1d or separable_conv2d."""
    dimensions, filters = len(shape) - 1, random.randint(1, 4)
    layer: Document = {"type": f"separable_conv{dimensions}d", "filters": filters}
    layer["kernel_size"] = sizes(random, dimensions, [1, 2, 3])
    sometimes(random, layer, "depth_multiplier", lambda: random.randint(1, 2))
    return _windowed(random, layer, dimensions, filters, equal_strides=True)


def transposed_convolution(random: Random, shape: Shape) -> Document:
    """A conv2d_transpose, for a map."""
    filters = random.randint(1, 3)
    layer: Document = {"type": "conv2d_transpose", "filters": filters}
    layer["kernel_size"] = sizes(random, 2, [1, 2, 3])
    _windowed(random, layer, 2, filters)
    layer.pop("dilation_rate", None)
    strides = layer.get("strides", 1)
    smallest = min(strides) if isinstance(strides, list) else strides
    sometimes(random, layer, "output_padding", lambda: random.randrange(smallest), share=0.3)
    return layer


def _windowed(
    random: Random, layer: Document, dimensions: int, channels: int, *, equal_strides: bool = False
) -> Document:
    if random.random() < 0.4:
        layer["strides"] = sizes(random, dimensions, [1, 2, 3], equal=equal_strides)
    elif random.random() < 0.4:
        layer["dilation_rate"] = sizes(random, dimensions, [1, 2])
    sometimes(random, layer, "padding", lambda: random.choice(["same", "valid"]))
    sometimes(random, layer, "activation", lambda: activation(random, channels))
    sometimes(random, layer, "use_bias", lambda: random.random() < 0.5)
    return layer
