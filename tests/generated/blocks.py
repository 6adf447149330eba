"""Blocks of layers at random, whose layers fit together on a map of any dimensions."""

from random import Random

from bnnc.specs.layers import Shape
from tests.generated.document import Document, sometimes


def block(random: Random, shape: Shape, depth: int = 0) -> Document:
    """A block on a map, perhaps with blocks in it."""
    kinds = [_residual, _repeat, _parallel]
    return random.choice(kinds)(random, shape, depth)


def _residual(random: Random, shape: Shape, depth: int) -> Document:
    layer: Document = {"type": "residual"}
    shortcut = random.choice(["identity", "identity", "projection", "zero_padding"])
    if shortcut == "identity":
        sometimes(random, layer, "shortcut", lambda: shortcut)
        layer["body"] = _keeping(random, shape, depth)
    else:
        layer["shortcut"] = shortcut
        wider: Shape = (*shape[:-1], shape[-1] + random.randint(0, 2))
        strides = random.choice([1, 2, 2, 3])
        layer["body"] = [_conv(random, wider, strides=strides), *_keeping(random, wider, depth)]
    sometimes(random, layer, "activation", lambda: random.choice(["linear", "relu", "tanh"]))
    return layer


def _repeat(random: Random, shape: Shape, depth: int) -> Document:
    times = random.randint(1, 3 if depth == 0 else 2)
    return {"type": "repeat", "times": times, "body": _keeping(random, shape, depth)}


def _parallel(random: Random, shape: Shape, depth: int) -> Document:
    layer: Document = {"type": "parallel"}
    merge = random.choice(["concatenate", "add"])
    layer["branches"] = [
        _keeping(random, shape, depth) if random.random() < 0.7 else []
        for _ in range(random.randint(2, 3))
    ]
    if merge == "concatenate":
        layer["branches"].append([_conv(random, (*shape[:-1], random.randint(1, 2)))])
    sometimes(random, layer, "merge", lambda: merge)
    if merge == "add":
        layer["merge"] = merge
    return layer


def _keeping(random: Random, shape: Shape, depth: int) -> list[Document]:
    """One to three layers that keep every map's shape."""
    return [_keeping_layer(random, shape, depth) for _ in range(random.randint(1, 3))]


def _keeping_layer(random: Random, shape: Shape, depth: int) -> Document:
    kind = random.randrange(10)
    if kind == 0:
        return {"type": "batch_normalization"}
    if kind == 1:
        return {"type": "activation", "activation": random.choice(["relu", "elu", "tanh"])}
    if kind == 2:
        return {"type": "dropout", "rate": random.choice([0.1, 0.5])}
    if kind == 3:
        return {"type": f"max_pooling{len(shape) - 1}d", "strides": 1, "padding": "same"}
    if kind == 4 and depth < 2:
        return _keeping_block(random, shape, depth + 1)
    if kind == 5 and shape[-1] > 1:  # of single numbers nothing would be left
        return {"type": "group_normalization", "groups": 1}
    return _conv(random, shape)


def _keeping_block(random: Random, shape: Shape, depth: int) -> Document:
    if random.random() < 0.5:
        return {"type": "residual", "body": _keeping(random, shape, depth)}
    return _repeat(random, shape, depth)


def _conv(random: Random, shape: Shape, *, strides: int = 1) -> Document:
    """A convolution to the channels of a shape, which it keeps otherwise but for its strides."""
    layer: Document = {"type": f"conv{len(shape) - 1}d", "filters": shape[-1], "padding": "same"}
    layer["kernel_size"] = random.choice([1, 2, 3])
    if strides != 1:
        layer["strides"] = strides
    sometimes(random, layer, "activation", lambda: random.choice(["relu", "tanh", "linear"]))
    sometimes(random, layer, "use_bias", lambda: random.random() < 0.5)
    return layer
