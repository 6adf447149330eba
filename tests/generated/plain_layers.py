"""Layers without a kernel at random, and dense: for maps of any dimensions, for rows, for both."""

from math import prod
from random import Random
from typing import Any

from bnnc.specs.shapes import Shape
from tests.generated.choices import activation, sizes
from tests.generated.document import Document, sometimes


def pooling(random: Random, shape: Shape) -> Document:
    """A max or average pooling."""
    dimensions = len(shape) - 1
    kind = random.choice(["max_pooling", "average_pooling"])
    layer: Document = {"type": f"{kind}{dimensions}d"}
    sometimes(random, layer, "pool_size", lambda: sizes(random, dimensions, [1, 2, 3]))
    sometimes(random, layer, "strides", lambda: sizes(random, dimensions, [1, 2, 3]), share=0.3)
    sometimes(random, layer, "padding", lambda: random.choice(["same", "valid"]))
    return layer


def global_pooling(random: Random, shape: Shape) -> Document:
    """A max or average pooling over all positions."""
    return {"type": f"global_{random.choice(['max', 'average'])}_pooling{len(shape) - 1}d"}


def up_sampling(random: Random, shape: Shape) -> Document:
    """An enlargement."""
    dimensions = len(shape) - 1
    layer: Document = {"type": f"up_sampling{dimensions}d"}
    sometimes(random, layer, "size", lambda: sizes(random, dimensions, [1, 2]))
    if dimensions == 2:
        sometimes(random, layer, "interpolation", lambda: random.choice(["nearest", "bilinear"]))
    return layer


def zero_padding(random: Random, shape: Shape) -> Document:
    """Zeros around what there is."""
    dimensions = len(shape) - 1
    layer: Document = {"type": f"zero_padding{dimensions}d"}

    def side() -> Any:
        return random.choice([0, 1, [0, 1], [2, 1]])

    each = side() if dimensions == 1 else [side() for _ in range(dimensions)]
    sometimes(random, layer, "padding", lambda: random.choice([0, 2, each]))
    return layer


def reshape(random: Random, shape: Shape) -> Document:
    """The positions in one line, or as they are."""
    lined = [-1, shape[-1]]
    return {"type": "reshape", "target_shape": random.choice([lined, [*shape[:-1], -1]])}


def batch_normalization(random: Random, shape: Shape) -> Document:
    """A batch normalization."""
    layer: Document = {"type": "batch_normalization"}
    sometimes(random, layer, "momentum", lambda: random.choice([0.0, 0.9, 0.99]))
    return _normalization(random, layer)


def layer_normalization(random: Random, shape: Shape) -> Document:
    """A layer normalization, of batches where the channels are one alone."""
    if shape[-1] == 1:
        return batch_normalization(random, shape)
    layer: Document = {"type": "layer_normalization"}
    axes = list(range(1, len(shape) + 1))
    sometimes(random, layer, "axis", lambda: random.choice([-1, len(shape), axes, [-1]]))
    return _normalization(random, layer)


def group_normalization(random: Random, shape: Shape) -> Document:
    """A group normalization, of batches where there is one number alone."""
    numbers = prod(shape)
    dividing = [one for one in range(1, numbers) if shape[-1] % one == 0]
    if not dividing:
        return batch_normalization(random, shape)
    return _normalization(
        random, {"type": "group_normalization", "groups": random.choice(dividing)}
    )


def _normalization(random: Random, layer: Document) -> Document:
    sometimes(random, layer, "epsilon", lambda: random.choice([0.001, 0.01]))
    for key in ("center", "scale"):
        sometimes(random, layer, key, lambda: random.random() < 0.5, share=0.3)
    return layer


def augmentation(random: Random, shape: Shape) -> Document:
    """A random change of images."""
    kinds = ["crop", "flip", "translation", "rotation", "zoom", "contrast", "erasing"]
    kind = random.choice(kinds)
    layer: Document = {"type": f"random_{kind}"}
    if kind == "crop":
        height, width, _ = shape
        return {**layer, "height": random.randint(1, height), "width": random.randint(1, width)}
    factor = random.choice([0.1, 0, [0.1, 0.2]])
    if kind == "flip":
        sometimes(random, layer, "mode", lambda: random.choice(["horizontal", "vertical"]))
        return layer
    if kind in {"translation", "zoom"}:
        layer["height_factor"] = factor
        if kind == "translation" or random.random() < 0.5:
            layer["width_factor"] = 0.2
    else:
        layer["factor"] = factor
    if kind in {"translation", "zoom", "rotation"}:
        modes = ["constant", "reflect", "wrap", "nearest"]
        sometimes(random, layer, "fill_mode", lambda: random.choice(modes), share=0.3)
        sometimes(random, layer, "interpolation", lambda: "nearest", share=0.3)
    elif kind == "erasing":
        sometimes(random, layer, "fill_value", lambda: random.choice([None, 0.5]))
    return layer


def backbone(random: Random) -> Document:
    """A small backbone with random weights, which need no file."""
    application = random.choice(["MobileNet", "MobileNetV2"])
    layer: Document = {"type": "backbone", "application": application, "weights": "none"}
    sometimes(random, layer, "trainable", lambda: random.random() < 0.5)
    sometimes(random, layer, "pooling", lambda: random.choice(["avg", "max", "none"]))
    sometimes(random, layer, "preprocessing", lambda: random.choice(["none", "application"]))
    return layer


def activation_layer(random: Random, shape: Shape) -> Document:
    """An activation as a layer."""
    return {"type": "activation", "activation": activation(random, shape[-1])}


def dropout(random: Random, shape: Shape) -> Document:
    """A dropout, of whole channels perhaps where there are positions."""
    spatial = len(shape) > 1 and random.random() < 0.5
    kind = f"spatial_dropout{len(shape) - 1}d" if spatial else "dropout"
    return {"type": kind, "rate": random.choice([0, 0.0, 0.1, 0.5])}


def dense(random: Random, shape: Shape) -> Document:
    """A dense layer."""
    layer: Document = {"type": "dense", "units": random.randint(1, 6)}
    sometimes(random, layer, "activation", lambda: activation(random, int(layer["units"])))
    sometimes(random, layer, "use_bias", lambda: random.random() < 0.5)
    return layer
