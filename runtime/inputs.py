"""Validate and normalise the arguments of `fit`, `train_step`, `predict` and `evaluate`.

Each is checked against the spec before TensorFlow sees it.
"""

from __future__ import annotations

import operator
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

from bnnc.errors import ArgumentError
from bnnc.runtime.data import KNOWN_SOURCES, DataError, Dataset, Split, check_images
from bnnc.runtime.data.class_order import ClassesDifferError
from bnnc.runtime.data.features import as_features
from bnnc.runtime.data.idx import file_names, holds_idx
from bnnc.runtime.data.images import check_shape, with_channels
from bnnc.runtime.data.table_file import TABLE_SUFFIXES
from bnnc.runtime.preparation import (
    AnyArray,
    encoded,
    labels_of,
    load_dataset,
    prepare_arrays,
    prepare_dataset,
    prepare_stream,
    said_classes,
    said_reading,
    truth,
)
from bnnc.runtime.prepared import Prepared
from bnnc.specs import Spec
from bnnc.specs.class_names import listed


def rows_to_fit(
    spec: Spec,
    data: Any = None,
    labels: Any = None,
    *,
    validation: Any = None,
    batch_size: int | None = None,
    validation_split: float | None = None,
    folder: Path | None = None,
) -> Prepared:
    """The data of a training, checked and encoded.

    Args:
        spec: says how labels are encoded, what is held out, and the source if `data` is None.
        data: name or path of a source, images, or a dataset of batches (images, labels).
        labels: labels of the images.
        validation: (images, labels), or a dataset; if None, the validation images that the source
            has of its own, or what the spec holds out.
        batch_size: rows of a batch; the spec's if None.
        validation_split: fraction of the rows that is held out; the spec's if None.
        folder: what a path in the spec is relative to.

    Raises: DataError for data that cannot be trained on; ArgumentError if there is none, or for
        arguments that contradict each other.
    """
    if validation is not None and validation_split is not None:
        raise ArgumentError(
            "Expected one of `validation_data` and `validation_split`. Received: both"
        )
    if isinstance(data, tf.data.Dataset):
        if labels is not None:
            raise ArgumentError(_OWN_LABELS)
        _refuse_arguments_of_rows(batch_size, validation_split)
        return prepare_stream(spec, data, validation)
    if batch_size is not None:
        batch_size = integer("batch_size", batch_size, at_least=1)
    if validation_split is None:
        validation_split = spec.data.validation_split if spec.data else 0.0
    elif not 0 <= validation_split < 1:
        raise ArgumentError(
            "Expected `validation_split` to be at least 0 and below 1. "
            f"Received: validation_split={validation_split!r}"
        )
    how: dict[str, Any] = {
        "validation": validation,
        "batch_size": batch_size,
        "fraction": validation_split,
    }
    if data is None:
        if spec.data is None:
            raise ArgumentError(
                "The spec names no data: pass a source, arrays or a tf.data.Dataset, or write "
                "`data: {source: ...}` into the spec"
            )
        source, name = load_dataset(
            spec.data.source, folder, classes=said_classes(spec), reading=said_reading(spec)
        )
        return prepare_dataset(spec, source, name, **how)
    if not isinstance(data, str | Path):
        if labels is None:
            raise ArgumentError(
                "Expected images and labels as two arguments: program.fit(images, labels). "
                f"Received: {_named(data)}, and no labels"
            )
        return prepare_arrays(spec, data, labels, **how)
    if labels is not None:
        raise ArgumentError(_OWN_LABELS)
    source, name = load_dataset(data, classes=said_classes(spec), reading=said_reading(spec))
    return prepare_dataset(spec, source, name, **how)


_OWN_LABELS = "A source or a dataset has labels of its own. Received: labels beside it"


def _refuse_arguments_of_rows(batch_size: int | None, validation_split: float | None) -> None:
    """Raise ArgumentError for arguments that a dataset, whose rows are batched, cannot follow."""
    if batch_size is not None:
        raise ArgumentError(
            "A tf.data.Dataset has batches already: batch it with `.batch(...)`. "
            f"Received: batch_size={batch_size!r}"
        )
    if validation_split is not None:
        raise ArgumentError(
            "Rows of a tf.data.Dataset cannot be held out: pass a second dataset as "
            f"`validation_data`. Received: validation_split={validation_split!r}"
        )


def integer(name: str, value: Any, *, at_least: int | None = None) -> int:
    """A whole number of Python or NumPy as an int. Raises: ArgumentError for anything else."""
    try:
        number = operator.index(value)
    except TypeError:
        raise ArgumentError(f"Expected `{name}` to be an integer. Received: {value!r}") from None
    if at_least is not None and number < at_least:
        raise ArgumentError(
            f"Expected `{name}` to be at least {at_least}. Received: {name}={number}"
        )
    return number


def refuse_other_batch(spec: Spec, images: tf.Tensor, labels: tf.Tensor) -> None:
    """Raise DataError for a batch that would be broadcast, or scored as something else."""
    check_shape(tuple(images.shape), shape=spec.input.shape, where="the batch")
    kind = spec.output.labels
    right = encoded(spec, labels.numpy(), "the batch's labels")
    if right.shape != tuple(labels.shape):
        raise DataError(
            f"the batch's labels: the spec says `labels: {kind}`. Expected shape "
            f"{list(right.shape)}. Received: shape {list(labels.shape)}"
        )


def images_to_predict(spec: Spec, given: Any) -> AnyArray:
    """Images [rows, height, width, channels] as an array. Raises: DataError."""
    images: AnyArray = np.asarray(given)
    shape = spec.input.shape
    if spec.input.is_table:
        return _rows_to_predict(images, shape)
    if images.shape == shape or (shape[-1] == 1 and images.shape == shape[:-1]):
        axes = "np.newaxis" if images.shape == shape else "np.newaxis, ..., np.newaxis"
        raise DataError(
            f"the images: expected [rows, {', '.join(map(str, shape))}]. Received: a single "
            f"image, of shape {list(images.shape)}. Add the axis of the batch: images[{axes}]"
        )
    check_images(
        images,
        shape=shape,
        value_range=spec.input.value_range,
        where="the images",
        for_training=False,
    )
    return images


def _rows_to_predict(features: AnyArray, shape: tuple[int, ...]) -> AnyArray:
    """Rows of features [rows, features] as float32. Raises: DataError."""
    if features.shape == shape:
        raise DataError(
            f"the rows: expected [rows, {shape[0]}]. Received: a single row, of shape "
            f"{list(features.shape)}. Add the axis of the batch: features[np.newaxis]"
        )
    check_shape(features.shape, shape=shape, where="the rows")
    return as_features(features, where="the rows")


def rows_to_evaluate(
    spec: Spec,
    data: Any,
    labels: Any = None,
    *,
    class_names: Sequence[str] | None = None,
    feature_names: Sequence[str] | None = None,
    is_own: bool = True,
) -> Split:
    """Images, and labels as metrics take them: those of a source's test split, or arrays.

    Args:
        spec: says how labels are encoded.
        data: name or path of a source, a loaded dataset, or images.
        labels: labels of the images: class indices, or as the spec encodes them.
        class_names: names of the classes that were trained on, where they are known.
        feature_names: columns of a table that were trained on, where they are known.
        is_own: whether the source is the one that was trained on, of which `data.splits` takes
            test rows; another has to have a test split of its own.

    Raises: DataError for data that cannot be used; ArgumentError if it has no test split, or there
        are no labels.
    """
    if isinstance(data, str | Path):
        data = dataset_to_evaluate(
            spec, data, class_names, is_own=is_own, feature_names=feature_names
        )
    if isinstance(data, Dataset):
        dataset = data
        if dataset.test is None:
            raise ArgumentError(
                f"{dataset.name} has no test {spec.input.noun} to evaluate on: "
                f"{_adding_test_images(dataset.name)}, name data that has them, or in Python "
                "pass images and labels"
            )
        split, where = dataset.test, f"{dataset.name} (test)"
        images = with_channels(split.images, spec.input.shape)
        split = Split(images, labels_of(spec, dataset, split))
    elif labels is None or isinstance(data, tf.data.Dataset):
        raise ArgumentError(
            "Expected images and labels as two arrays, or a source. "
            f"Received: {_named(data)} and labels={'None' if labels is None else _named(labels)}"
        )
    else:
        split, where = Split(np.asarray(data), np.asarray(labels)), "the arrays"
        if len(split.images) != len(split.labels):
            raise DataError(
                f"{where}: {len(split.images):,} {spec.input.noun}, but {len(split.labels):,} labels"
            )
    return Split(split.images, truth(spec, split.labels, where))


def dataset_to_evaluate(
    spec: Spec,
    source: str | Path,
    class_names: Sequence[str] | None,
    *,
    is_own: bool = False,
    feature_names: Sequence[str] | None = None,
) -> Dataset:
    """Data whose class indices mean the classes that were trained on, in their order.

    Of a table, the columns that were trained on are the features.

    Raises: DataError for data with other classes.
    """
    said, reading = said_classes(spec), said_reading(spec)
    if not is_own:
        reading = replace(reading, splits=None, cache=None)
    if feature_names is not None and Path(source).suffix.lower() in TABLE_SUFFIXES:
        reading = replace(reading, features=tuple(feature_names))
    class_names = said if class_names is None else tuple(class_names)
    if class_names is None or spec.output.labels in {"real", "count"}:
        # Of real labels, a class is the number that it is called by.
        return load_dataset(source, reading=reading)[0]
    is_named = isinstance(source, str) and source in KNOWN_SOURCES
    if is_named and (said is None or spec.data is None or source != spec.data.source):
        # Its names are its own: the spec gives others to the source alone that it names.
        dataset = load_dataset(source, reading=reading)[0]
        names = dataset.class_names
        if names is not None and names != tuple(class_names):
            raise DataError(_other_classes(dataset.name, names, class_names))
        return dataset
    try:
        return load_dataset(source, classes=class_names, reading=reading)[0]
    except ClassesDifferError as error:
        raise DataError(_other_classes(str(source), error.names, class_names)) from error


def _other_classes(name: str, names: Sequence[str], trained: Sequence[str]) -> str:
    return (
        f"{name} has the classes {listed(names)}; the program was trained on {listed(trained)}. "
        "Give every class its folder, an empty one is not enough"
    )


def _named(data: Any) -> str:
    """Describe an argument in a few words."""
    if isinstance(data, tuple | list) and len(data) == 2:
        return f"a {type(data).__name__} of 2; unpack it with a star, as in fit(*data)"
    shape = getattr(data, "shape", None)
    return f"a {type(data).__name__}" + ("" if shape is None else f" of shape {list(shape)}")


def _adding_test_images(name: str) -> str:
    """How the data at a path comes by test images."""
    path = Path(name)
    if path.suffix.lower() == ".npz":
        return "add the arrays `x_test` and `y_test` to it"
    if path.suffix.lower() in TABLE_SUFFIXES:
        return "add a column `split` with `train`, `validation` or `test` in each row"
    if path.is_dir() and holds_idx(path):
        return (
            f"add the files {file_names('t10k', 'images')[0]} and {file_names('t10k', 'labels')[0]}"
        )
    if (path / "train").is_dir():
        return f"put test images into folders of the same names in {path / 'test'}"
    return (
        "move the class folders into train/, and put test images into folders of the same names "
        "in test/ next to it"
    )
