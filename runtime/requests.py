"""What is asked of a program: rows to fit, a batch to step on, images to predict, rows to evaluate.

Each is checked against the spec before TensorFlow sees it.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

from bnnc.runtime.data import DataError, Dataset, Split, check_images
from bnnc.runtime.data.idx import file_names, holds_idx
from bnnc.runtime.data.images import check_shape, with_channels
from bnnc.runtime.preparation import (
    AnyArray,
    Prepared,
    encoded,
    labels_of,
    load_dataset,
    prepare_arrays,
    prepare_dataset,
    prepare_stream,
    truth,
)
from bnnc.specs import Spec


def rows_to_fit(
    spec: Spec,
    data: Any = None,
    labels: Any = None,
    *,
    validation: Any = None,
    folder: Path | None = None,
) -> Prepared:
    """The data of a training, checked and encoded.

    Args:
        spec: says how labels are encoded, what is held out, and the source if `data` is None.
        data: name or path of a source, images, or a dataset of batches (images, labels).
        labels: labels of the images.
        validation: (images, labels), or a dataset; what the spec holds out if None.
        folder: what a path in the spec is relative to.

    Raises: DataError for data that cannot be trained on; ValueError if there is none.
    """
    fraction = spec.data.validation_split if spec.data else 0.0
    if data is None:
        if spec.data is None:
            raise ValueError(
                "The spec names no data: pass a source, arrays or a tf.data.Dataset, or write "
                "`data: {source: ...}` into the spec"
            )
        source, name = load_dataset(spec.data.source, folder)
        return prepare_dataset(spec, source, name, validation=validation)
    if not isinstance(data, str | Path | tf.data.Dataset):
        if labels is None:
            raise ValueError(
                "Expected images and labels as two arguments: program.fit(images, labels). "
                f"Received: {_named(data)}, and no labels"
            )
        return prepare_arrays(spec, data, labels, fraction=fraction, validation=validation)
    if labels is not None:
        raise ValueError("A source or a dataset has labels of its own. Received: labels beside it")
    if isinstance(data, tf.data.Dataset):
        return prepare_stream(spec, data, validation)
    return prepare_dataset(spec, *load_dataset(data), validation=validation)


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


def rows_to_evaluate(
    spec: Spec, data: Any, labels: Any = None, *, class_names: Sequence[str] | None = None
) -> Split:
    """Images, and labels as metrics take them: those of a source's test split, or arrays.

    Args:
        spec: says how labels are encoded.
        data: name or path of a source, or images.
        labels: labels of the images: class indices, or as the spec encodes them.
        class_names: names of the classes that were trained on, where they are known.

    Raises: DataError for data that cannot be used; ValueError if it has no test split, or there
        are no labels.
    """
    if isinstance(data, str | Path):
        dataset, _ = load_dataset(data)
        if dataset.test is None:
            raise ValueError(
                f"{dataset.name} has no test images to evaluate on: "
                f"{_adding_test_images(dataset.name)}, name data that has them, or in Python "
                "pass images and labels"
            )
        split, where = dataset.test, f"{dataset.name} (test)"
        images = with_channels(split.images, spec.input.shape)
        split = Split(images, labels_of(spec, dataset, split))
        _refuse_other_classes(spec, dataset, class_names)
    elif labels is None or isinstance(data, tf.data.Dataset):
        raise ValueError(
            "Expected images and labels as two arrays, or a source. "
            f"Received: {_named(data)} and labels={'None' if labels is None else _named(labels)}"
        )
    else:
        split, where = Split(np.asarray(data), np.asarray(labels)), "the arrays"
        if len(split.images) != len(split.labels):
            raise DataError(
                f"{where}: {len(split.images):,} images, but {len(split.labels):,} labels"
            )
    return Split(split.images, truth(spec, split.labels, where))


def _refuse_other_classes(spec: Spec, dataset: Dataset, class_names: Sequence[str] | None) -> None:
    """Class indices mean something only among the classes that were trained on."""
    if spec.output.labels in {"real", "count"}:
        return  # there a class is the number that it is called by
    if class_names and dataset.class_names and list(dataset.class_names) != list(class_names):
        raise DataError(
            f"{dataset.name} has the classes {', '.join(dataset.class_names)}; the program was "
            f"trained on {', '.join(class_names)}. Give every class its folder, an empty one is "
            "not enough"
        )


def _named(data: Any) -> str:
    """What was passed, in a few words."""
    if isinstance(data, tuple | list) and len(data) == 2:
        return f"a {type(data).__name__} of 2; unpack it with a star, as in fit(*data)"
    shape = getattr(data, "shape", None)
    return f"a {type(data).__name__}" + ("" if shape is None else f" of shape {list(shape)}")


def _adding_test_images(name: str) -> str:
    """How the data at a path comes by test images."""
    path = Path(name)
    if path.suffix.lower() == ".npz":
        return "add the arrays `x_test` and `y_test` to it"
    if path.is_dir() and holds_idx(path):
        return (
            f"add the files {file_names('t10k', 'images')[0]} and {file_names('t10k', 'labels')[0]}"
        )
    return (
        "move the class folders into train/, and put test images into folders of the same names "
        "in test/ beside it"
    )
