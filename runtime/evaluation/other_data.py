"""Data that a model is evaluated on, next to the data that it was trained on."""

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from bnnc.errors import ArgumentError
from bnnc.runtime.data import KNOWN_SOURCES, DataError, Dataset, read_images
from bnnc.runtime.data.dataset import as_images, size_text
from bnnc.runtime.data.idx import holds_idx
from bnnc.runtime.data.images import RANGE_TOLERANCE, check_shape, with_channels
from bnnc.runtime.data.npz import array_names
from bnnc.runtime.preparation import load_dataset, prepare_dataset, said_reading
from bnnc.specs import Spec


@dataclass(frozen=True, eq=False)
class OtherImages:
    """Images to tell from the test images.

    Attributes:
        name: the source as it was given, or what the images are called.
        images: raw values, of the model's shape. Shape [images, height, width, channels].
        is_own: whether they are of the data that the model was trained on; None if not known.
    """

    name: str
    images: npt.NDArray[Any]
    is_own: bool | None


def is_trained_on(spec: Spec, trained: Mapping[str, Any] | None, dataset: Dataset) -> bool | None:
    """Whether a model was trained on the rows of a dataset, by their digest.

    Args:
        spec: the model's; says how rows are encoded, and by which seed some are held out.
        trained: what the manifest says of the training.
        dataset: any data.

    Returns: None where the manifest has no digest, as of a stream, or the rows that were held out
        are not known.
    """
    if trained is None or trained["digest"] is None:
        return None
    held_out, rows = trained["validation_rows"], trained["rows"]
    if held_out and dataset.validation is None and len(dataset.train.images) == rows:
        return None  # the validation rows came from Python
    fraction = 0.0 if dataset.validation is not None else held_out / (rows + held_out)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # they are about a training
            prepared = prepare_dataset(spec, dataset, dataset.name, fraction=fraction)
    except DataError:
        return False
    return prepared.has_digest(trained["digest"])


def other_images(
    spec: Spec, trained: Mapping[str, Any] | None, given: Any
) -> tuple[OtherImages, ...]:
    """The images of `ood`, loaded and checked.

    Args:
        spec: the model's.
        trained: what the manifest says of the training.
        given: a source, a list of sources and arrays, or a mapping of names to them. Of a source
            the test images are taken, or all where it has no others.

    Raises: DataError for images that the model cannot read; ArgumentError for other types.
    """
    named: dict[str, Any] = {}
    if isinstance(given, Mapping):
        named = {str(name): one for name, one in given.items()}
    else:
        sources = [given] if isinstance(given, str | Path) else given
        if not isinstance(sources, Sequence):
            raise ArgumentError(
                "Expected `ood` to be a source, a list of sources or arrays, or a mapping of names "
                f"to them. Received: {type(given).__name__}"
            )
        for number, one in enumerate(sources):
            named[str(one) if isinstance(one, str | Path) else f"images {number}"] = one
    return tuple(_other(spec, trained, name, one) for name, one in named.items())


def _other(spec: Spec, trained: Mapping[str, Any] | None, name: str, given: Any) -> OtherImages:
    if not isinstance(given, str | Path):
        images = as_images(np.asarray(given), where=name)
        return OtherImages(name, _checked(spec, name, images), None)
    path = Path(given)
    # Brought to the model's size as its own data is; the table and the parts are that data's alone.
    reading = replace(said_reading(spec), labels=None, splits=None, cache=None)
    if path.exists() and given not in KNOWN_SOURCES and not _has_labels(path):
        columns = (trained or {}).get("feature_names")
        images = read_images(
            path,
            shape=spec.input.shape,
            resize=reading.resize,
            feature_names=columns,
            one_hot=reading.one_hot,
        ).images
        return OtherImages(name, _checked(spec, name, images), None)
    dataset = load_dataset(given, reading=reading)[0]
    split = dataset.train if dataset.test is None else dataset.test
    images = _checked(spec, name, np.asarray(split.images))
    return OtherImages(name, images, is_trained_on(spec, trained, dataset))


def _has_labels(path: Path) -> bool:
    """Whether a path holds data to train on, not images alone as `bnnc predict` reads them."""
    if path.is_dir():
        return holds_idx(path) or any(one.is_dir() for one in path.iterdir())
    return path.suffix.lower() == ".npz" and "x_train" in array_names(path)


def _checked(spec: Spec, name: str, images: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """The images with their channels. Raises: DataError for those that the model does not read."""
    shape, (low, high) = spec.input.shape, spec.input.limits
    images = with_channels(images, shape)
    if spec.input.is_table:
        check_shape(images.shape, shape=shape, where=name)
        return images
    if images.shape[1:] != shape:
        sizes = ", ".join(map(str, shape))
        raise DataError(
            f"{name}: the images are {size_text(images.shape[1:])}, and the model reads "
            f"{size_text(shape)}. Resize them to that, for example with Pillow's `Image.resize`, "
            f"and save them as an .npz file with an array `x_test` of shape [rows, {sizes}]"
        )
    least, most = float(images.min()), float(images.max())
    tolerance = RANGE_TOLERANCE * (high - low)
    if least < low - tolerance or most > high + tolerance:
        raise DataError(
            f"{name}: the values run from {least:g} to {most:g}, and the model reads "
            f"`value_range: [{low:g}, {high:g}]`. Scale them to that range, and save them as an "
            ".npz file with an array `x_test`"
        )
    return images
