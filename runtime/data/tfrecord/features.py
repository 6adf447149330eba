"""Which features of an example are its image and its label, and what their values are."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence, Sized
from dataclasses import dataclass
from math import prod
from types import MappingProxyType
from typing import Any, Final, TypeVar

import numpy as np
import numpy.typing as npt

from bnnc.runtime.data.errors import DataError, SpecDataError
from bnnc.runtime.data.file_kinds import begins_as_image
from bnnc.runtime.data.tfrecord.example import (
    Feature,
    byte_strings,
    numbers,
    varints_and_parts,
)
from bnnc.specs.class_names import listed
from bnnc.specs.data import ExampleFeatures

_IMAGES: Final = ("image", "image/encoded", "image_raw", "img", "x")
_LABELS: Final = ("label", "image/class/label", "class", "target", "y")
_HEIGHTS: Final = ("height", "image/height", "rows")
_WIDTHS: Final = ("width", "image/width", "cols")
_CHANNELS: Final = ("depth", "channels", "image/depth", "image/channels")
# The types of a `TensorProto` that an image may have, by their number.
_TENSOR_TYPES: Final[Mapping[int, str]] = MappingProxyType(
    dict(
        zip(
            (1, 2, 3, 4, 5, 6, 9, 10, 17, 19, 22, 23),
            ("<f4", "<f8", "<i4", "u1", "<i2", "i1", "<i8", "?", "<u2", "<f2", "<u4", "<u8"),
            strict=True,
        )
    )
)
_SHOWN: Final = 12

Example = Mapping[str, Feature]
Pixels = npt.NDArray[Any]
Values = TypeVar("Values", bound=Sized)


@dataclass(frozen=True, slots=True)
class Chosen:
    """The features that are read of each example.

    Attributes:
        image: name of the feature with the image.
        labels: names of those with the label.
        form: what the image is: the bytes of a `file`, `raw` pixels, a serialized `tensor`, or
            `numbers`.
        dtype: of raw pixels.
        shape: of raw pixels and numbers; None where features of each example say it.
    """

    image: str
    labels: tuple[str, ...]
    form: str
    dtype: np.dtype[Any]
    shape: tuple[int, ...] | None


def choose_features(example: Example, said: ExampleFeatures | None, *, place: str) -> Chosen:
    """Choose by the names that a spec says, or by the first example.

    Raises: SpecDataError for names that are not there, and where the example does not make it
        plain.
    """
    said = ExampleFeatures() if said is None else said
    image = _named(example, said.image, "image", place) or _only(
        example, _IMAGES, "image", "bytes", place
    )
    names = said.labels or (_only(example, _LABELS, "label", None, place, image),)
    for name in names:
        _named(example, name, "label", place)
    form = _form(example[image], said, place, image)
    chosen = Chosen(
        image,
        names,
        form,
        np.dtype(said.dtype or "uint8").newbyteorder("<"),
        None if said.shape is None else tuple(said.shape),
    )
    if form in ("raw", "numbers"):
        _refuse_unlike_shape(example, chosen, said, place)
    return chosen


def image_file(example: Example, chosen: Chosen, *, place: str) -> bytes:
    """The bytes of the image file of an example. Raises: DataError."""
    return bytes(_one_string(_feature(example, chosen.image, place), chosen.image, place))


def pixels_of(example: Example, chosen: Chosen, *, place: str) -> Pixels:
    """The pixels of an example whose image is no file, as they are stored. Raises: DataError."""
    feature = _feature(example, chosen.image, place)
    if chosen.form == "tensor":
        return _tensor(_one_string(feature, chosen.image, place), place)
    if chosen.form == "numbers":
        flat: Pixels = _numbers(feature, chosen.image, place)
    else:
        raw = _one_string(feature, chosen.image, place)
        if len(raw) % chosen.dtype.itemsize:
            raise DataError(
                f"{place}: feature `{chosen.image}` has {len(raw):,} bytes. Expected a multiple of "
                f"{chosen.dtype.itemsize}, the bytes of {chosen.dtype.name}."
            )
        flat = np.frombuffer(raw, chosen.dtype)
    shape = chosen.shape or _shape_by_features(example, place)
    if shape is None or prod(shape) != len(flat):
        wanted = "no shape" if shape is None else f"{prod(shape):,} numbers, for {list(shape)}"
        raise DataError(
            f"{place}: feature `{chosen.image}` has {len(flat):,} numbers of "
            f"{flat.dtype.name}. Expected {wanted}. Write `shape` and `dtype` into `data.example`."
        )
    return flat.reshape(shape)


def label_of(example: Example, name: str, *, place: str) -> str | npt.NDArray[Any]:
    """The label in a feature: text, or numbers [values]. Raises: DataError."""
    feature = _feature(example, name, place)
    if feature.kind != "bytes":
        return _numbers(feature, name, place)
    try:
        return bytes(_one_string(feature, name, place)).decode("utf-8")
    except UnicodeDecodeError as error:
        raise DataError(
            f"{place}: feature `{name}` holds bytes that are no text. Expected a number, or the "
            "name of a class. Write the name of another feature as `label` into `data.example`."
        ) from error


def text_of(example: Example, name: str, *, place: str) -> str:
    """The value of a feature as text. Raises: DataError."""
    value = label_of(example, name, place=place)
    return value if isinstance(value, str) else " ".join(map(str, value.tolist()))


def _feature(example: Example, name: str, place: str) -> Feature:
    if name not in example:
        raise DataError(f"{place}: has no feature `{name}`. It has {_described(example)}.")
    return example[name]


def _one_string(feature: Feature, name: str, place: str) -> memoryview:
    strings = _values(byte_strings, feature, name, place) if feature.kind == "bytes" else []
    if len(strings) != 1:
        what = f"{len(strings)} strings" if feature.kind == "bytes" else f"a list of {feature.kind}"
        raise DataError(f"{place}: feature `{name}` is {what}. Expected one string of bytes.")
    return strings[0]


def _numbers(feature: Feature, name: str, place: str) -> Pixels:
    values = _values(numbers, feature, name, place) if feature.kind != "bytes" else np.zeros(0)
    if len(values) == 0:
        raise DataError(f"{place}: feature `{name}` has no numbers. Expected at least one.")
    return values


def _values(read: Callable[[Feature], Values], feature: Feature, name: str, place: str) -> Values:
    """The values of a list. Raises: DataError where they are damaged."""
    try:
        return read(feature)
    except ValueError as error:
        raise DataError(
            f"{place}: feature `{name}` is damaged ({error}). Expected a list of {feature.kind}. "
            "Write the file again."
        ) from error


def _named(example: Example, name: str | None, key: str, place: str) -> str | None:
    if name is None or name in example:
        return name
    raise SpecDataError(
        f"{place}: there is no feature `{name}`. It has {_described(example)}. Write the name of "
        f"one of them as `data.example.{key}`.",
        *("data", "example", key),
    )


def _only(
    example: Example,
    usual: Sequence[str],
    key: str,
    kind: str | None,
    place: str,
    taken: str | None = None,
) -> str:
    """The feature with a usual name, or the only one that there is."""
    names = [name for name in usual if name in example and name != taken]
    if not names:
        names = [
            name
            for name, one in example.items()
            if name != taken and (kind is None or one.kind == kind)
        ]
    if len(names) == 1:
        return names[0]
    problem = f"no feature is called {' or '.join(f'`{one}`' for one in usual)}"
    if len(names) > 1 and names[0] in usual:
        problem = f"several features may be the {key}: {listed(names)}"
    raise SpecDataError(
        f"{place}: {problem}. It has {_described(example)}. Write `example: {{{key}: NAME}}` into "
        "`data`.",
        *("data", "example"),
    )


def _form(feature: Feature, said: ExampleFeatures, place: str, name: str) -> str:
    if feature.kind != "bytes":
        return "numbers"
    if said.dtype is not None:
        return "raw"
    content = _one_string(feature, name, place)
    if begins_as_image(bytes(content[:512])):
        return "file"
    try:
        _tensor(content, place)
    except DataError:
        return "raw"
    return "tensor"


def _refuse_unlike_shape(
    example: Example, chosen: Chosen, said: ExampleFeatures, place: str
) -> None:
    """Refuse raw pixels and numbers unless their shape, and so their type, is known."""
    feature = example[chosen.image]
    count = (
        len(_numbers(feature, chosen.image, place))
        if chosen.form == "numbers"
        else len(_one_string(feature, chosen.image, place))
    )
    shape = chosen.shape or _shape_by_features(example, place)
    unit = "numbers" if chosen.form == "numbers" else "bytes"
    size = 1 if chosen.form == "numbers" else chosen.dtype.itemsize
    if shape is not None and prod(shape) * size == count:
        return
    what = f"{place}: feature `{chosen.image}` is a list of numbers"
    if chosen.form == "raw":
        what = f"{place}: feature `{chosen.image}` is no image file and no serialized tensor"
        if said.dtype is not None:
            what = f"{place}: feature `{chosen.image}` is raw pixels"
    has = "no shape is known" if shape is None else f"{list(shape)} of {chosen.dtype.name} has "
    if shape is not None:
        has += f"{prod(shape) * size:,}" if chosen.form == "raw" else f"{prod(shape):,}"
    keys = "`shape: [HEIGHT, WIDTH, CHANNELS]`"
    if chosen.form == "raw":
        keys += " and `dtype`"
    raise SpecDataError(
        f"{what}: it has {count:,} {unit}, and {has}. Write {keys} into `data.example`.",
        *("data", "example"),
    )


def _shape_by_features(example: Example, place: str) -> tuple[int, ...] | None:
    """Height, width and channels as features of their own; one channel where none says it."""
    height, width, channels = (
        next((_whole(example[name], name, place) for name in usual if name in example), 0)
        for usual in (_HEIGHTS, _WIDTHS, _CHANNELS)
    )
    return (height, width, max(channels, 1)) if height > 0 and width > 0 else None


def _whole(feature: Feature, name: str, place: str) -> int:
    """The only value of a list of integers; 0 for any other."""
    values = _values(numbers, feature, name, place) if feature.kind == "integers" else np.zeros(0)
    return int(values[0]) if len(values) == 1 else 0


def _tensor(content: memoryview, place: str) -> Pixels:
    """A `TensorProto`, as `tf.io.serialize_tensor` writes it. Raises: DataError."""
    dtype: str | None = None
    shape: list[int] = []
    data: memoryview | None = None
    try:
        for number, value in varints_and_parts(content):
            if number == 1 and isinstance(value, int):
                dtype = _TENSOR_TYPES.get(value)
            elif number == 2 and isinstance(value, memoryview):
                shape = [_dimension(one) for key, one in varints_and_parts(value) if key == 2]
            elif number == 4 and isinstance(value, memoryview):
                data = value
        if dtype is None or data is None or len(data) != prod(shape) * np.dtype(dtype).itemsize:
            raise ValueError("it has other bytes than its type and its shape say")
    except ValueError as error:
        raise DataError(
            f"{place}: the image is no serialized tensor ({error}). Expected what "
            "`tf.io.serialize_tensor` gives."
        ) from error
    return np.frombuffer(data, dtype).reshape(shape)


def _dimension(message: int | memoryview) -> int:
    fields = [] if isinstance(message, int) else varints_and_parts(message)
    return next((size for key, size in fields if key == 1 and isinstance(size, int)), 0)


def _described(example: Example) -> str:
    shown = [f"`{name}` ({one.kind})" for name, one in sorted(example.items())[:_SHOWN]]
    more = len(example) - len(shown)
    return (", ".join(shown) or "no features") + (f" and {more} more" if more > 0 else "")
