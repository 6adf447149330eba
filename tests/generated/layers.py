"""Layers at random, fitting the shapes that they are given."""

import json
from collections.abc import Iterator
from random import Random
from typing import get_args

from pydantic import TypeAdapter

from bnnc.compiler.shapes import trace
from bnnc.specs.layers import Layer, LayerSection, Shape, ShapeError
from bnnc.specs.layers.layer import ActivationName
from bnnc.specs.placement import place
from tests.generated.blocks import block
from tests.generated.document import Document, sometimes

ACTIVATIONS: tuple[str, ...] = get_args(ActivationName)

# Names that could be mistaken for another layer's, or for a word of Python.
NAMES = ("head", "images", "rescaling", "normalization", "dense", "dense_1", "class", "model", "x")

_LAYER: TypeAdapter[LayerSection] = TypeAdapter(Layer)


def section(layer: Document) -> LayerSection:
    """The section of the language that a layer of a document is."""
    return _LAYER.validate_json(json.dumps(layer))


def layer_stack(random: Random, image: Shape, width: int, activation: str) -> list[Document]:
    """Layers from an image to `width` numbers under an activation."""
    layers: list[Document] = []
    shape = image
    for _ in range(random.randint(0, 4)):
        shape = _append(layers, random.choice(_ON_MAPS)(random, shape), shape)
    if activation == "linear" and random.random() < 0.15:
        # A convolution with a filter a class, averaged, is a head too.
        layers.append({"type": "conv2d", "filters": width, "kernel_size": 1})
        return [*layers, {"type": "global_average_pooling2d"}]
    bridge = random.choice(["flatten", "flatten", "global_average_pooling2d"])
    shape = _append(layers, {"type": bridge}, shape)
    for _ in range(random.randint(0, 2)):
        shape = _append(layers, random.choice(_ON_ROWS)(random, shape), shape)
    head: Document = {"type": "dense", "units": width}
    layers.append(head)
    if activation != "linear":
        if random.random() < 0.3:
            layers.append({"type": "activation", "activation": activation})
        else:
            head["activation"] = activation
    return layers


def give_names(random: Random, layers: list[Document]) -> None:
    """Give some of the layers a name, no two the same."""
    free = list(NAMES)
    random.shuffle(free)
    for layer in layers_within(layers):
        if free and random.random() < 0.25:
            layer["name"] = free.pop()


def layers_within(layers: list[Document]) -> Iterator[Document]:
    """Layers and blocks, and what is in them."""
    for layer in layers:
        yield layer
        for inner in (layer.get("body", []), *layer.get("branches", [])):
            yield from layers_within(inner)


def windowed_layer(random: Random, shape: Shape) -> Document:
    """A convolution or pooling, which may not fit the map."""
    return random.choice([_conv2d, _depthwise_conv2d, _pooling])(random, shape)


def _append(layers: list[Document], layer: Document, shape: Shape) -> Shape:
    """Append a layer, padded where its window is larger than the map; the new shape."""
    layers.append(layer)
    try:
        return output_shape(layer, shape)
    except ShapeError:
        layer["padding"] = "same"
        return output_shape(layer, shape)


def output_shape(layer: Document, shape: Shape) -> Shape:
    """The shape that a layer or block gives. Raises: ShapeError."""
    traced = trace(place([section(layer)]), shape)
    if traced.failure is not None:
        raise traced.failure.error
    assert traced.output is not None
    return traced.output


def _pair(random: Random, sizes: list[int], *, equal: bool = False) -> int | list[int]:
    first, second = random.choice(sizes), random.choice(sizes)
    return first if equal or random.random() < 0.6 else [first, second]


def _activation(random: Random, channels: int) -> str:
    # A softmax over one number is always 1, and a hidden exponential overflows.
    hidden = [one for one in ACTIVATIONS if one != "exponential"]
    return random.choice([one for one in hidden if one != "softmax" or channels > 1])


def _conv2d(random: Random, shape: Shape) -> Document:
    filters = random.randint(1, 4)
    layer = {"type": "conv2d", "filters": filters, "kernel_size": _pair(random, [1, 2, 3])}
    return _convolution(random, layer, filters)


def _depthwise_conv2d(random: Random, shape: Shape) -> Document:
    layer: Document = {"type": "depthwise_conv2d", "kernel_size": _pair(random, [1, 2, 3])}
    sometimes(random, layer, "depth_multiplier", lambda: random.randint(1, 2))
    channels = shape[2] * int(layer.get("depth_multiplier", 1))
    return _convolution(random, layer, channels, equal_strides=True)


def _convolution(
    random: Random, layer: Document, channels: int, *, equal_strides: bool = False
) -> Document:
    if random.random() < 0.4:
        layer["strides"] = _pair(random, [1, 2, 3], equal=equal_strides)
    elif random.random() < 0.4:
        layer["dilation_rate"] = _pair(random, [1, 2])
    sometimes(random, layer, "padding", lambda: random.choice(["same", "valid"]))
    sometimes(random, layer, "activation", lambda: _activation(random, channels))
    sometimes(random, layer, "use_bias", lambda: random.random() < 0.5)
    return layer


def _pooling(random: Random, shape: Shape) -> Document:
    layer: Document = {"type": random.choice(["max_pooling2d", "average_pooling2d"])}
    sometimes(random, layer, "pool_size", lambda: _pair(random, [1, 2, 3]))
    sometimes(random, layer, "strides", lambda: _pair(random, [1, 2, 3]), share=0.3)
    sometimes(random, layer, "padding", lambda: random.choice(["same", "valid"]))
    return layer


def _batch_normalization(random: Random, shape: Shape) -> Document:
    layer: Document = {"type": "batch_normalization"}
    sometimes(random, layer, "momentum", lambda: random.choice([0.0, 0.9, 0.99]))
    sometimes(random, layer, "epsilon", lambda: random.choice([0.001, 0.01]))
    return layer


def _activation_layer(random: Random, shape: Shape) -> Document:
    return {"type": "activation", "activation": _activation(random, shape[-1])}


def _dropout(random: Random, shape: Shape) -> Document:
    return {"type": "dropout", "rate": random.choice([0, 0.0, 0.1, 0.5])}


def _dense(random: Random, shape: Shape) -> Document:
    layer: Document = {"type": "dense", "units": random.randint(1, 6)}
    sometimes(random, layer, "activation", lambda: _activation(random, int(layer["units"])))
    sometimes(random, layer, "use_bias", lambda: random.random() < 0.5)
    return layer


_EITHER = (_batch_normalization, _activation_layer, _dropout)
_ON_MAPS = (
    _conv2d,
    _conv2d,
    _depthwise_conv2d,
    _depthwise_conv2d,
    _pooling,
    _pooling,
    *_EITHER,
    block,
)
_ON_ROWS = (_dense, _dense, *_EITHER)
