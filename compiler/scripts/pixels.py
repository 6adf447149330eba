"""What a script does to pixels before the first kernel: how often they are scaled, and their axes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bnnc.compiler.scripts.values import Call, Items, Known, Reference, Value
from bnnc.compiler.text.source import Span

# Functions that keep the values of pixels.
_KEEP = frozenset(
    {
        *("[]", "[:]", ".astype", ".reshape", "tf.cast", "tf.expand_dims", "tf.constant"),
        *("np.expand_dims", "np.array", "np.asarray", "np.reshape", "tf.reshape", ".copy"),
        *("tf.convert_to_tensor", "np.float32", "keras.ops.cast"),
    }
)
# Layers that keep the scale of pixels.
_KEEP_LAYERS = frozenset(
    {
        *("Input", "InputLayer", "Flatten", "Reshape", "ZeroPadding2D", "MaxPooling2D"),
        *("AveragePooling2D", "Dropout", "RandomFlip", "RandomRotation", "RandomZoom"),
        *("RandomTranslation", "RandomCrop", "MaxPool2D", "AvgPool2D", "Resizing"),
    }
)
_KERNELS = ("Dense", "Conv", "SeparableConv", "DepthwiseConv")
_AXES = {"mnist": 2, "fashion_mnist": 2, "cifar10": 3, "cifar100": 3, "digits": 2}


@dataclass(frozen=True, slots=True)
class Pixels:
    """The places where pixels of 0 to 255 are divided by 255; `end` is the first layer they reach."""

    scalings: tuple[Span, ...]
    end: Span


def pixels_of(images: Value | None, layers: Sequence[Call]) -> Pixels | None:
    """What happens to the pixels of a named source; None if a part of it is not plain."""
    scalings: list[Span] = []
    while isinstance(images, Call) and not images.function.startswith("keras.datasets."):
        factor = _factor(images)
        if factor is not None:
            scalings.append(images.span)
        elif images.function not in _KEEP:
            return None
        images = next((one for one in images.args if isinstance(one, Call)), None)
    if not isinstance(images, Call) or images.function.startswith("keras.datasets.digits"):
        return None  # images that are not those of a named source
    for layer in layers:
        name = layer.function.rpartition(".")[2]
        if name == "Rescaling":
            if not divides_by_255(layer):
                return None
            scalings.append(layer.span)
        elif name.startswith(_KERNELS) or "Convolution" in name:
            return Pixels(tuple(scalings), layer.function_span)
        elif name not in _KEEP_LAYERS:
            return None
    return None


def divides_by_255(layer: Call) -> bool:
    """Whether a layer is `Rescaling(1 / 255)`."""
    is_rescaling = layer.function.rpartition(".")[2] == "Rescaling"
    is_plain = layer.argument("offset", 1) is None
    return is_rescaling and is_plain and _is_255th(layer.argument("scale", 0))


def _factor(call: Call) -> float | None:
    """255 where a call divides by it."""
    match call:
        case Call(function="/", args=(_, Known(value=255))):
            return 255.0
        case Call(function="*", args=(Call(), factor) | (factor, Call())) if _is_255th(factor):
            return 255.0
    return None


def _is_255th(value: Value | None) -> bool:
    number = value.value if isinstance(value, Known) else None
    return isinstance(number, float) and abs(number * 255 - 1) < 1e-3


def rank_of(images: Value | None) -> int | None:
    """The axes of one image of a named source; None if they are not known."""
    match images:
        case Call() if images.function.startswith("keras.datasets."):
            return _AXES.get(images.function.split(".")[2])
        case Call(function="[]", args=(owner, Items(items=items))):
            new = [one for one in items if is_new_axis(one)]
            rank = rank_of(owner)
            is_plain = all(is_new_axis(one) or _keeps_axis(one) for one in items)
            return rank + len(new) if rank is not None and is_plain else None
        case Call(function=".reshape", args=(_, Items(items=sizes))):
            return len(sizes) - 1
        case Call(function=".reshape", args=(_, _, *sizes)):
            return len(sizes)
        case Call(
            function="np.reshape" | "tf.reshape" | "keras.ops.reshape", args=(_, Items() as to)
        ):
            return len(to.items) - 1
        case Call(function="np.expand_dims" | "tf.expand_dims", args=(owner, *_)):
            rank = rank_of(owner)
            return None if rank is None else rank + 1
        case Call(function="/" | "*" | "-" | "+" | "[:]" | ".astype" | "tf.cast", args=(owner, *_)):
            return rank_of(owner)
    return None


def keeps_images(index: Value) -> bool:
    """Whether images are whole after an index such as `[..., None]` or `[:1000, :, :, None]`."""
    items = index.items if isinstance(index, Items) else (index,)
    return all(
        is_new_axis(one) or (_keeps_axis(one) and (number == 0 or not _bounds(one)))
        for number, one in enumerate(items)
    )


def _keeps_axis(index: Value) -> bool:
    """Whether an index is a slice, or the dots for all other axes."""
    match index:
        case Reference(name="...") | Call(function="slice"):
            return True
    return False


def _bounds(index: Value) -> bool:
    return isinstance(index, Call) and bool(index.keywords)


def is_new_axis(index: Value) -> bool:
    """Whether an index is `None` or `np.newaxis`."""
    if isinstance(index, Reference):
        return index.name.endswith(".newaxis")
    return isinstance(index, Known) and index.value is None
