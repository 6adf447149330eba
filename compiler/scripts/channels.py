"""The channels of a tensor, as `x.shape[-1]` gives them: what layers before it say."""

from __future__ import annotations

from bnnc.compiler.scripts.values import Call, Items, Known, Tensor, Value

_MAX_STEPS = 200
_OF_LAYER = ("filters", "units")
_SUMS = ("+", "tf.add", "keras.layers.add", "keras.layers.Add", "keras.ops.add")


def channels_of(tensor: Value) -> int | None:
    """The channels of a tensor; None where a layer before it may change them in another way."""
    for _ in range(_MAX_STEPS):
        match tensor:
            case Items(items=(first,)):
                tensor = first
            case Tensor(layer=Call(function="keras.Input") as made):
                shape = made.argument("shape", 0)
                return _number(shape.items[-1]) if isinstance(shape, Items) else None
            case Tensor(layer=Call() as made, inputs=(first, *_)):
                name = made.function.rpartition(".")[2]
                if name.startswith(("Conv", "Dense", "SeparableConv")):
                    told = next(
                        (made.keywords[one] for one in _OF_LAYER if one in made.keywords), None
                    )
                    return _number(told or (made.args[0] if made.args else None))
                if made.function in _SUMS and isinstance(first, Items) and first.items:
                    tensor = first.items[0]
                elif _keeps(name) and not isinstance(first, Items):
                    tensor = first
                else:
                    return None
            case Call(args=(first, *_)) if tensor.function in _SUMS:
                tensor = first.items[0] if isinstance(first, Items) and first.items else first
            case Call(args=(first, *_)) if tensor.function.startswith(
                ("tf.nn.", "keras.activations.")
            ):
                tensor = first
            case _:
                return None
    return None


def _keeps(name: str) -> bool:
    return name in ("ReLU", "LeakyReLU", "ELU", "Activation", "Softmax") or name.endswith(
        ("Normalization", "Dropout", "Dropout2D", "Pooling2D", "Pool2D", "Padding2D", "Sampling2D")
    )


def _number(value: Value | None) -> int | None:
    number = value.value if isinstance(value, Known) else None
    return number if type(number) is int else None
