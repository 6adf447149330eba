"""A loaded data set: images with their labels, checked without a spec."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from bnnc.runtime.data.errors import DataError
from bnnc.runtime.data.stored_images import StoredImages
from bnnc.specs.shapes import MOST_AXES, axis_names


@dataclass(frozen=True, slots=True)
class Header:
    """Header of an array: shape and type of its elements."""

    shape: tuple[int, ...]
    dtype: np.dtype[Any]


# eq=False: comparing arrays gives an array, so a generated __eq__ could only raise.
@dataclass(frozen=True, slots=True, eq=False)
class Split:
    """One set of labelled images.

    Shapes: images [N, height, width, channels], series, volumes and rows of features [N, features]
    with as many axes as they have, an axis of one channel perhaps left out; uint8 or float32,
    values as stored. In place of an array, `StoredImages` may be there. Labels [N] class indices,
    or as the file gives them ([N, 1], [N, classes], [N] floats).
    """

    images: npt.NDArray[Any]
    labels: npt.NDArray[Any]


@dataclass(frozen=True, slots=True, eq=False)
class Dataset:
    """Labelled images to train on and, where the source has them, to validate and to test on.

    Attributes:
        name: the known name, or the path as given.
        train: images to train on.
        test: images to evaluate on, or None.
        class_names: names of the classes in the order of their indices, or None.
        origin: where the bytes came from, in one line for a person.
        validation: images to validate on that the source has of its own, or None.
        notes: what a person should know of how the source was read, a sentence each.
        groups: the group of each training row, where the rows are to be split by groups.
        feature_names: names of the features of a table of numbers, where they have names.
    """

    name: str
    train: Split
    test: Split | None
    class_names: tuple[str, ...] | None
    origin: str
    validation: Split | None = None
    notes: tuple[str, ...] = ()
    groups: tuple[str, ...] | None = None
    feature_names: tuple[str, ...] | None = None

    @classmethod
    def of_parts(cls, parts: Mapping[str, Split], **known: Any) -> Self:
        """A data set of the parts `train` and, as far as they are there, `test` and `validation`."""
        test, validation = parts.get("test"), parts.get("validation")
        return cls(train=parts["train"], test=test, validation=validation, **known)


def as_images(array: npt.NDArray[Any], *, where: str) -> npt.NDArray[Any]:
    """Return numbers as images, uint8 or float32.

    uint8 and booleans become uint8, every other number float32; no value is scaled. Whether the
    last axis is that of the channels is for the spec to say.
    Raises: DataError for anything but numbers, another rank, no rows, NaN or infinity.
    """
    refuse_no_images(array, where=where)
    is_stored = isinstance(array, StoredImages)  # their values are looked at when they are read
    if is_stored:
        return array
    if array.dtype.kind == "b" or array.dtype == np.uint8:
        return array.astype(np.uint8, copy=False)
    refuse_not_finite(array, where=where)
    with np.errstate(over="ignore"):  # a double beyond float32 becomes inf, and is refused below
        images = array.astype(np.float32, copy=False)
    refuse_not_finite(images, where=where)
    return images


def as_labels(array: npt.NDArray[Any], *, where: str) -> npt.NDArray[Any]:
    """Return `array` unchanged if it can hold one label a row, [N] or [N, columns].

    Raises: DataError for anything but numbers, a scalar, NaN or infinity.
    """
    refuse_no_labels(array, where=where)
    refuse_not_finite(array, where=where)
    return array


def make_split(
    images: npt.NDArray[Any], labels: npt.NDArray[Any], *, images_where: str, labels_where: str
) -> Split:
    """Check that images and labels are numbers, and as many of one as of the other."""
    images = as_images(images, where=images_where)
    labels = as_labels(labels, where=labels_where)
    refuse_unequal_rows(len(images), len(labels), images_where, labels_where)
    return Split(images=images, labels=labels)


def refuse_no_images(array: Header | npt.NDArray[Any], *, where: str) -> None:
    """Raise DataError unless an array holds numbers in the axes of images, at least one."""
    refuse_other_than_numbers(array, where=where)
    if not 2 <= len(array.shape) <= MOST_AXES + 1:
        raise DataError(
            f"{where}: expected images of shape [rows, height, width, channels] or "
            "[rows, height, width], series or volumes. "
            f"Received: shape {list(array.shape)}."
        )
    if 0 in array.shape:
        empty = "rows" if array.shape[0] == 0 else "pixels"
        raise DataError(
            f"{where}: holds no {empty}. Expected at least one image of at least one pixel. "
            f"Received: shape {list(array.shape)}."
        )


def refuse_no_labels(array: Header | npt.NDArray[Any], *, where: str) -> None:
    """Raise DataError unless an array holds numbers, [rows] or [rows, columns]."""
    refuse_other_than_numbers(array, where=where)
    if len(array.shape) not in (1, 2):
        raise DataError(
            f"{where}: expected labels of shape [rows] or [rows, columns]. "
            f"Received: shape {list(array.shape)}."
        )


def refuse_unequal_rows(images: int, labels: int, images_where: str, labels_where: str) -> None:
    """Raise DataError unless there are as many labels as images."""
    if images != labels:
        raise DataError(
            f"{images_where} holds {images:,} images, but {labels_where} holds "
            f"{labels:,} labels. Expected one label for each image. Replace the pair by "
            "files that were written together."
        )


def image_shapes(parts: Mapping[str, Split | None]) -> dict[str, tuple[int, ...]]:
    """The shape of an image of each part that is there."""
    return {part: split.images.shape[1:] for part, split in parts.items() if split is not None}


def refuse_unlike_parts(shapes: Mapping[str, tuple[int, ...]], *, where: str) -> None:
    """Raise DataError when images of another part have another shape than those of `train`."""
    for part, shape in shapes.items():
        if shape != shapes["train"]:
            raise DataError(
                f"{where}: the training images are {size_text(shapes['train'])}, but the {part} "
                f"images are {size_text(shape)}. Expected the same size in both."
            )


def refuse_other_than_numbers(array: Header | npt.NDArray[Any], *, where: str) -> None:
    """Raise DataError unless the array holds booleans, integers or floating-point numbers."""
    if array.dtype.kind not in "biuf":
        raise DataError(
            f"{where}: expected numbers. Received: an array of dtype {array.dtype}. "
            "Store images as uint8 or float32, and labels as class indices 0, 1, 2, …"
        )


def refuse_not_finite(array: npt.NDArray[Any], *, where: str) -> None:
    """Raise DataError naming the first row and position that is NaN or infinite."""
    if array.dtype.kind != "f" or array.size == 0:
        return
    # The extremes tell without an array of booleans as long as the data: NaN passes through both.
    if np.isfinite(array.min()) and np.isfinite(array.max()):
        return
    for row, values in enumerate(array):
        wrong = np.argwhere(~np.isfinite(np.atleast_1d(values)))
        if len(wrong):
            index = tuple(int(i) for i in wrong[0])
            position = (row, *index) if array.ndim > 1 else (row,)
            value = array[position]
            raise DataError(
                f"{where}: {_named(position)} is {value}. Expected finite numbers only. "
                "Drop such rows, or write the value that was meant."
            )


def _named(position: tuple[int, ...]) -> str:
    """A position with the names of its axes: those of an image, of a volume, or of a table."""
    if len(position) == 3:  # a gray image without its channel, or a series with it
        return f"row {position[0]}, position {list(position[1:])}"
    axes = ("column",) if len(position) <= 2 else axis_names(len(position) - 1)
    return ", ".join(f"{axis} {i}" for axis, i in zip(("row", *axes), position, strict=False))


def size_text(shape: tuple[int, ...]) -> str:
    """Write height, width and channels as a person reads them: `28 × 28 × 1`."""
    return " × ".join(str(length) for length in shape)
