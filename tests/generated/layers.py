"""Stacks of layers at random, each fitting the shape that it is given."""

import json
from collections.abc import Callable, Iterator
from random import Random
from typing import Any

from pydantic import TypeAdapter

from bnnc.compiler.analysis.shapes import trace
from bnnc.specs.bayesian import Bayesian
from bnnc.specs.layers import Layer, LayerSection, Shape, ShapeError
from bnnc.specs.layers.block import Path
from bnnc.specs.placement import place
from bnnc.specs.selection import bayesian_sections
from tests.generated import convolutions as conv
from tests.generated import plain_layers as plain
from tests.generated.blocks import block
from tests.generated.document import Document

# Names that could be mistaken for another layer's, or for a word of Python.
NAMES = ("head", "images", "rescaling", "normalization", "dense", "dense_1", "class", "model", "x")
MOST_NUMBERS = 600  # of a map, so that a model is built in a moment
IMAGE_OF_BACKBONES: Shape = (32, 32, 3)  # the smallest that they take

_LAYER: TypeAdapter[LayerSection] = TypeAdapter(Layer)
_Kind = Callable[[Random, Shape], Document]


def section(layer: Document) -> LayerSection:
    """The section of the language that a layer of a document is."""
    return _LAYER.validate_json(json.dumps(layer))


def layer_stack(random: Random, image: Shape, width: int, activation: str) -> list[Document]:
    """Layers from an image to `width` numbers under an activation."""
    layers: list[Document] = []
    shape = image
    if len(image) == 3 and random.random() < 0.25:
        change = plain.augmentation(random, image)
        if image == IMAGE_OF_BACKBONES and change["type"] == "random_crop":
            change |= {"height": image[0], "width": image[1]}
        shape = _append(layers, change, shape)
    if image == IMAGE_OF_BACKBONES:
        shape = _append(layers, plain.backbone(random), shape)
    else:
        for _ in range(random.randint(0, 4)):
            shape = _append(layers, random.choice(_on_maps(shape))(random, shape), shape)
    dimensions = len(shape) - 1
    if dimensions and activation == "linear" and random.random() < 0.15:
        # A convolution with a filter a class, averaged, is a head too.
        layers.append({"type": f"conv{dimensions}d", "filters": width, "kernel_size": 1})
        return [*layers, {"type": f"global_average_pooling{dimensions}d"}]
    if dimensions:
        bridge = plain.global_pooling(random, shape)
        shape = _append(layers, random.choice([{"type": "flatten"}, bridge]), shape)
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


def give_constraints(random: Random, layers: list[Document], bayesian: Document | None) -> None:
    """Constrain some of the kernels that have no posterior."""
    stack = [section(layer) for layer in layers]
    said = Bayesian.model_validate_json(json.dumps(bayesian or {"method": "none"}))
    placed = place(stack)
    chosen = bayesian_sections(said, placed)
    # A layer in a block may stand in the model several times.
    posterior = {one.path for one in placed if one.index in chosen}
    for path, layer in {one.path: one.layer for one in placed if not one.made}.items():
        for field in type(layer).model_fields:
            if field.endswith("_constraint") and path not in posterior and random.random() < 0.2:
                axes = random.choice([0, [0, 1]])
                norm = {"type": random.choice(["max_norm", "unit_norm"]), "axis": axes}
                document_at(layers, path)[field] = random.choice([norm, {"type": "non_neg"}])


def document_at(layers: list[Document], path: Path) -> Document:
    """The layer that stands at a path, as `("layers", 2, "body", 0)`."""
    found: Any = layers
    for step in path[1:]:
        found = found[step]
    assert isinstance(found, dict)
    return found


def windowed_layer(random: Random, shape: Shape) -> Document:
    """A layer with a window, which may not fit."""
    return random.choice(_windowed(shape))(random, shape)


def _append(layers: list[Document], layer: Document, shape: Shape) -> Shape:
    """Append a layer, padded where its window is larger than the map; the new shape."""
    layers.append(layer)
    try:
        return output_shape(layer, shape)
    except ShapeError as error:
        if error.field == "output_padding":
            del layer["output_padding"]
        else:
            layer["padding"] = "same"
        return output_shape(layer, shape)


def output_shape(layer: Document, shape: Shape) -> Shape:
    """The shape that a layer or block gives. Raises: ShapeError."""
    traced = trace(place([section(layer)]), shape)
    if traced.failure is not None:
        raise traced.failure.error
    assert traced.output is not None
    return traced.output


def _windowed(shape: Shape) -> list[_Kind]:
    of_all: list[_Kind] = [conv.convolution, plain.pooling]
    if len(shape) < 4:
        of_all += [conv.separable_convolution, conv.depthwise_convolution]
    if len(shape) == 3:
        of_all.append(conv.transposed_convolution)
    return of_all


def _on_maps(shape: Shape) -> list[_Kind]:
    """What a map of that shape can go through; windows twice as often as the rest."""
    kinds = [*_windowed(shape), *_windowed(shape), plain.reshape, *_EITHER]
    size = 1
    for one in shape:
        size *= one
    if size > MOST_NUMBERS:
        return [plain.pooling]
    kinds += [block] * (4 if len(shape) == 3 else 2)
    return [*kinds, plain.up_sampling, plain.zero_padding]


_EITHER: tuple[_Kind, ...] = (
    plain.batch_normalization,
    plain.layer_normalization,
    plain.group_normalization,
    plain.activation_layer,
    plain.dropout,
)
_ON_ROWS: tuple[_Kind, ...] = (plain.dense, plain.dense, plain.dense, *_EITHER)
