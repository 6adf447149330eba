"""Arrays of images and labels by name, `x_train` and `y_train`, in whatever keeps them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy.typing as npt

from bnnc.runtime.data.dataset import (
    Dataset,
    Header,
    image_shapes,
    make_split,
    refuse_no_images,
    refuse_no_labels,
    refuse_unequal_rows,
    refuse_unlike_parts,
)
from bnnc.runtime.data.errors import DataError
from bnnc.runtime.data.label_counts import are_few, count_labels
from bnnc.specs.sources import DataFacts

# The parts of the data, and the endings that the names of their arrays may have.
_ENDINGS: Final = {
    "train": ("train",),
    "validation": ("val", "valid", "validation"),
    "test": ("test",),
}
_EXPECTED = "`x_train` and `y_train`, and optionally `x_val`, `y_val`, `x_test` and `y_test`"


@dataclass(frozen=True, slots=True)
class ArrayStore:
    """A place that keeps arrays by name.

    Attributes:
        names: the names of its arrays.
        header: shape and dtype of an array, without its elements.
        read: an array.
        written_by: how its arrays are written, for a message.
    """

    names: Callable[[Path], tuple[str, ...]]
    header: Callable[[Path, str], Header]
    read: Callable[[Path, str], npt.NDArray[Any]]
    written_by: str


def load_arrays(
    path: Path, store: ArrayStore, *, name: str, classes: Sequence[str] | None
) -> Dataset:
    """Read `x_train` and `y_train`, and those of `val` and `test` where they are there.

    Validation arrays may end in `_valid` and `_validation` too. Other arrays are left alone.
    `classes` names the indices of the labels.
    Raises: DataError naming the path and the array.
    """
    splits = {
        part: make_split(
            store.read(path, f"x_{ending}"),
            store.read(path, f"y_{ending}"),
            images_where=f"{path}, `x_{ending}`",
            labels_where=f"{path}, `y_{ending}`",
        )
        for part, ending in _part_endings(path, store).items()
    }
    train, validation, test = (splits.get(part) for part in _ENDINGS)
    assert train is not None
    refuse_unlike_parts(image_shapes(splits), where=str(path))
    return Dataset(
        name=name,
        train=train,
        test=test,
        class_names=None if classes is None else tuple(classes),
        origin=f"arrays of {path}",
        validation=validation,
    )


def facts_of_arrays(
    path: Path, store: ArrayStore, *, name: str, classes: Sequence[str] | None
) -> DataFacts:
    """Facts from the headers of the arrays, and from the labels where they are few.

    Raises: DataError as `load_arrays`, as far as it can be seen without the images.
    """
    shapes: dict[str, tuple[int, ...]] = {}
    for part, ending in _part_endings(path, store).items():
        images, labels = (store.header(path, f"{axis}_{ending}") for axis in "xy")
        images_where, labels_where = (f"{path}, `{axis}_{ending}`" for axis in "xy")
        refuse_no_images(images, where=images_where)
        refuse_no_labels(labels, where=labels_where)
        refuse_unequal_rows(images.shape[0], labels.shape[0], images_where, labels_where)
        shapes[part] = images.shape[1:]
    refuse_unlike_parts(shapes, where=str(path))
    images, labels = (store.header(path, f"{axis}_train") for axis in "xy")
    return DataFacts(
        name=name,
        rows=images.shape[0],
        shape=images.shape[1:],
        dtype=images.dtype.name,
        class_names=None if classes is None else tuple(classes),
        label_columns=labels.shape[1] if len(labels.shape) == 2 else 1,
        label_counts=count_labels(store.read(path, "y_train")) if are_few(labels) else None,
        has_validation="validation" in shapes,
        has_test="test" in shapes,
    )


def _part_endings(path: Path, store: ArrayStore) -> dict[str, str]:
    """Give the endings of the arrays of each part that is there, as in `x_val` and `y_val`.

    Raises: DataError if `train` is not there, a part has one array alone, or there are several
        pairs for validation.
    """
    keys, found = store.names(path), dict[str, str]()
    for part, endings in _ENDINGS.items():
        there = [one for one in endings if f"x_{one}" in keys or f"y_{one}" in keys]
        if len(there) > 1:
            raise DataError(
                f"{path}: holds arrays of validation images under several names, "
                f"{_listed(tuple(f'x_{one}' for one in there))}. Expected one pair. "
                f"Received: {_listed(keys)}."
            )
        for one in there:
            missing = [key for key in (f"x_{one}", f"y_{one}") if key not in keys]
            if missing and part != "train":
                other = f"x_{one}" if missing == [f"y_{one}"] else f"y_{one}"
                raise DataError(
                    f"{path}: `{other}` is there, but `{missing[0]}` is missing. Expected both or "
                    f"neither. Received: {_listed(keys)}."
                )
            found[part] = one
    for key in ("x_train", "y_train"):
        if key not in keys:
            raise DataError(
                f"{path}: the array `{key}` is missing. Expected {_EXPECTED}. "
                f"Received: {_listed(keys)}. Write it with {store.written_by}."
            )
    return found


def _listed(keys: tuple[str, ...]) -> str:
    return ", ".join(f"`{key}`" for key in keys) if keys else "no arrays at all"
