"""Prepare data for training: check, encode, split and batch it."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from bnnc.runtime.data import (
    KNOWN_SOURCES,
    DataError,
    Dataset,
    Split,
    check_images,
    encode_labels,
    load,
    validation_split,
)
from bnnc.runtime.data.features import as_features, constant_features
from bnnc.runtime.data.images import check_rows, check_shape, with_channels
from bnnc.runtime.data.label_counts import count_labels
from bnnc.runtime.data.label_statistics import warn_of_labels
from bnnc.runtime.data.stored_images import StoredImages
from bnnc.runtime.prepared import Prepared
from bnnc.runtime.training.batches import ArrayBatches, Stream, gives_rows_once
from bnnc.specs import Spec
from bnnc.specs.class_names import are_numbers, listed, number_of
from bnnc.specs.data import AS_STORED, Reading
from bnnc.specs.outputs.ordered_logistic import OrderedLogistic
from bnnc.specs.outputs.over_reals import OverReals
from bnnc.specs.sources import DataFacts, matching_paths, named_facts

# Encodings of labels that are one class each.
ONE_CLASS = frozenset({"integer", "one_hot", "binary"})

AnyArray = npt.NDArray[np.generic]


def load_dataset(
    source: str | Path,
    relative_to: Path | None = None,
    *,
    classes: Sequence[str] | None = None,
    reading: Reading = AS_STORED,
) -> tuple[Dataset, str]:
    """A named or stored dataset, and how to name it again from anywhere.

    `classes` are the names of its classes in their order, where a spec or a program has them, and
    `reading` is how the spec says that the rows are read.
    Raises: DataError if there is no such data, or it is damaged, or has other classes.
    """
    dataset = load(source, relative_to=relative_to, classes=classes, reading=reading)
    path = Path(source) if relative_to is None else relative_to / source
    if isinstance(source, str) and source in KNOWN_SOURCES:
        return dataset, source  # also where a folder of that name lies about
    is_path = dataset.name == str(source) and (path.exists() or bool(matching_paths(path)))
    return dataset, str(path.resolve()) if is_path else dataset.name


def prepare_dataset(
    spec: Spec,
    dataset: Dataset,
    name: str,
    *,
    fraction: float | None = None,
    batch_size: int | None = None,
    validation: tuple[Any, Any] | None = None,
) -> Prepared:
    """The training split of a dataset, less a fraction held out; the spec's if None.

    Rows are validated on that are given; otherwise those that the dataset has of its own, or a
    share of the training rows. Raises: DataError, also where the dataset has validation rows and
    the spec holds out others.
    """
    if fraction is None:
        fraction = spec.data.validation_split if spec.data else 0.0
    names = dataset.class_names
    if names is not None and len(names) != getattr(spec.output, "classes", len(names)):
        raise DataError(
            f"{dataset.name} has {len(names)} classes ({listed(names)}), and the spec says "
            f"{classes_of(spec)}: write `output.classes: {len(names)}`, or train on other data"
        )
    _refuse_unordered(spec, dataset)
    where = f"{dataset.name} (train)"
    own = dataset.validation if validation is None else None
    if own is not None:
        if fraction > 0:
            raise DataError(
                f"{dataset.name} has {len(own.images):,} validation images of its own, and the "
                f"spec holds out others: `data.validation_split` is {fraction:g}. Write "
                "`validation_split: 0` to validate on those of the data, or remove them from the "
                "data"
            )
        validation = (with_channels(own.images, spec.input.shape), labels_of(spec, dataset, own))
    prepared = prepare_arrays(
        spec,
        with_channels(dataset.train.images, spec.input.shape),
        labels_of(spec, dataset, dataset.train),
        fraction=fraction,
        batch_size=batch_size,
        validation=validation,
        name=name,
        where=where,
        validation_where=f"{dataset.name} (validation)" if own is not None else None,
        class_names=names,
        feature_names=dataset.feature_names,
    )
    facts = prepared.facts
    if name in KNOWN_SOURCES:
        named = named_facts(name)
        assert named is not None
        facts = replace(
            named,
            rows=facts.rows,
            shape=facts.shape,
            values=facts.values,
            label_counts=facts.label_counts,
            has_validation=facts.has_validation,
        )
    facts = replace(
        facts, name=dataset.name, class_names=names, feature_names=dataset.feature_names
    )
    splits = None if spec.data is None else spec.data.splits
    if splits is not None and splits.validation > 0:
        facts = replace(facts, has_validation=False)  # they were training rows
    return replace(
        prepared,
        facts=facts,
        has_test_images=dataset.test is not None,
        notes=(*dataset.notes, *prepared.notes),
    )


def _refuse_unordered(spec: Spec, dataset: Dataset) -> None:
    """Refuse classes of which nobody has said the order, under a distribution that reads one."""
    names = dataset.class_names
    if names is None or not isinstance(spec.output, OrderedLogistic):
        return
    if said_classes(spec) is not None or are_numbers(names):
        return
    raise DataError(
        f"{dataset.name}: the spec says `distribution: ordered_logistic`, and the names of the "
        f"classes have no order that is known: {listed(names)}. Expected the order in the spec. "
        "Write all of these names into `data`, from the lowest class to the highest: `classes: "
        "[LOWEST, ..., HIGHEST]`"
    )


def said_reading(spec: Spec) -> Reading:
    """How the spec says that the rows of a source are read."""
    kind, axes = spec.output.labels, len(spec.input.shape)
    return Reading(kind=kind, axes=axes) if spec.data is None else spec.data.reading(kind, axes)


def said_classes(spec: Spec) -> tuple[str, ...] | None:
    """The names of the classes that the spec lists, in their order."""
    classes = spec.data.classes if spec.data else None
    return None if classes is None else tuple(classes)


def prepare_arrays(
    spec: Spec,
    images: Any,
    labels: Any,
    *,
    fraction: float = 0.0,
    batch_size: int | None = None,
    validation: tuple[Any, Any] | None = None,
    name: str = "arrays",
    where: str = "the arrays",
    validation_where: str | None = None,
    class_names: tuple[str, ...] | None = None,
    feature_names: tuple[str, ...] | None = None,
) -> Prepared:
    """Images and labels in memory, in batches of the spec's size if `batch_size` is None.

    Raises: DataError for what cannot be trained on.
    """
    class_names = said_classes(spec) if class_names is None else class_names
    images, labels = checked(spec, images, labels, where, feature_names)
    seen = images.sample().read() if isinstance(images, StoredImages) else images
    facts = DataFacts(
        name=name,
        shape=images.shape[1:],
        dtype=images.dtype.name,
        values=(float(seen.min()), float(seen.max())),
        label_counts=count_labels(labels) if spec.output.labels in ONE_CLASS else None,
    )
    if isinstance(spec.output, OverReals) and not spec.output.standardize_labels:
        warn_of_labels(labels, spec.output, where)
    seed, value_range = spec.training.seed, spec.input.limits
    batch_size = spec.training.batch_size if batch_size is None else batch_size
    if validation is not None and not isinstance(validation, tuple | list):
        raise DataError(
            "validation data for images in memory must be a pair (images, labels). "
            f"Received: {type(validation).__name__}"
        )
    held_out: ArrayBatches | None = None
    if validation is not None:
        validation_where = validation_where or "the validation arrays"
        others = checked(spec, *validation, validation_where, feature_names)
        held_out = ArrayBatches(*others, batch_size, None, value_range)
    elif fraction > 0:
        kept, out = validation_split(len(images), fraction, seed=seed)
        held_out = ArrayBatches(images[out], labels[out], batch_size, None, value_range)
        images, labels = images[kept], labels[kept]
    classes = truth(spec, labels, where).astype(np.int64) if spec.resamples else None
    rows = ArrayBatches(images, labels, batch_size, seed, value_range, classes)
    own_validation = None if fraction > 0 else validation is not None
    return Prepared(
        name,
        rows,
        held_out,
        replace(facts, rows=rows.rows, has_validation=own_validation),
        class_names,
        notes=constant_features(images, feature_names) if spec.input.is_table else (),
    )


def checked(
    spec: Spec,
    images: Any,
    labels: Any,
    where: str,
    feature_names: Sequence[str] | None = None,
) -> tuple[AnyArray, AnyArray]:
    """Images as they are and labels encoded as the spec says. Raises: DataError.

    Of images that are streamed, some are looked at. Features become float32.
    """
    try:
        images = images if isinstance(images, StoredImages) else np.asarray(images)
        labels = np.asarray(labels)
    except ValueError as error:
        raise DataError(f"{where}: images and labels must be arrays: {error}") from error
    if images.ndim == 0 or labels.ndim == 0:
        raise DataError(f"{where}: expected arrays of images and labels. Received: single values")
    if len(images) != len(labels):
        raise DataError(f"{where}: {len(images):,} {spec.input.noun}, but {len(labels):,} labels")
    shape = spec.input.shape
    check_shape(images.shape, shape=shape, where=where)
    if spec.input.is_table:
        features = as_features(images, where=where, names=feature_names)
        return features, encoded(spec, labels, where)
    value_range, seen = spec.input.value_range, images
    if isinstance(images, StoredImages):
        some = images.sample()
        seen = some.read()
        check_rows(seen, some, value_range)
    check_images(seen, shape=shape, value_range=value_range, where=where)
    return images, encoded(spec, labels, where)


def encoded(spec: Spec, labels: AnyArray, where: str) -> AnyArray:
    """Labels encoded as the spec says. Raises: DataError."""
    return encode_labels(
        labels,
        kind=spec.output.labels,
        classes=classes_of(spec),
        columns=getattr(spec.output, "event_size", 1),
        where=where,
    )


def labels_of(spec: Spec, dataset: Dataset, split: Split) -> AnyArray:
    """The labels of a split, as the spec reads them.

    Real labels and counts are numbers, and a class index is none by itself: a class whose name is
    a number stands for that number. Data without class names has labels of its own kind already.

    Raises: DataError for classes whose names are no numbers.
    """
    names = dataset.class_names
    if names is None or spec.output.labels not in {"real", "count"}:
        return split.labels
    numbers = [number_of(name) for name in names]
    values = np.array([float(number) for number in numbers if number is not None])
    if len(values) < len(names):
        raise DataError(
            f"{dataset.name} has classes ({listed(names)}), and the spec says "
            f"`labels: {spec.output.labels}`: the index of a class is no number that was measured. "
            "Expected classes whose names are numbers, a table with a column of numbers, or an .npz "
            "file with the numbers as labels"
        )
    return cast(AnyArray, values[split.labels])


def classes_of(spec: Spec) -> int:
    """Number of classes that a prediction chooses from."""
    return cast(int, getattr(spec.output, "classes", 2))


def prepare_stream(
    spec: Spec, dataset: tf.data.Dataset, validation: tf.data.Dataset | None = None
) -> Prepared:
    """Batches of a `tf.data.Dataset`: its first batch is checked, its rows are counted.

    Raises: DataError for a dataset without batches of (images, labels), or without an end.
    """
    if spec.resamples:
        raise DataError(
            "`data.balance: resample` chooses the rows of an epoch, and those of a tf.data.Dataset are "
            "its own affair. Write `loss: {class_weight: balanced}` instead, or pass arrays"
        )
    if validation is not None and not isinstance(validation, tf.data.Dataset):
        raise DataError(
            "validation data for a dataset must be a tf.data.Dataset too. "
            f"Received: {type(validation).__name__}"
        )
    held_out = (
        None if validation is None else _stream(spec, validation, "the validation dataset")[0]
    )
    stream, facts = _stream(spec, dataset, "the dataset")
    return Prepared("dataset", stream, held_out, facts, said_classes(spec))


def _stream(spec: Spec, dataset: tf.data.Dataset, where: str) -> tuple[Stream, DataFacts]:
    if dataset.cardinality() == tf.data.INFINITE_CARDINALITY:
        raise DataError(f"{where} repeats without end; pass it without `.repeat()`")
    element = dataset.element_spec
    if not (isinstance(element, tuple) and len(element) == 2):
        raise DataError(
            f"{where} must give batches of (images, labels). Received: elements of {element}"
        )
    rows = steps = 0
    low, high = np.inf, -np.inf
    seen: list[AnyArray] = []  # the labels, where they are one class each
    for images, labels in dataset:
        if steps == 0:
            image_shape = tuple(images.shape[1:])
            if image_shape != spec.input.shape:
                raise DataError(
                    f"{where} gives {spec.input.noun} of shape {image_shape}, the spec says "
                    f"{list(spec.input.shape)}; batch the dataset before it is passed"
                )
            _check_stream_labels(spec, labels, where)
        rows += int(images.shape[0])
        steps += 1
        if images.shape[0] > 0:
            pixels = images.numpy()
            low, high = min(low, float(pixels.min())), max(high, float(pixels.max()))
        if spec.output.labels in ONE_CLASS:
            seen.append(labels.numpy())
    if rows == 0:
        raise DataError(f"{where} is empty")
    if gives_rows_once(dataset):
        raise DataError(
            f"{where} gives its rows only once, and counting them took them. Make it of a function "
            "that begins anew each time, as in `tf.data.Dataset.from_generator(function, ...)`, or "
            "pass arrays"
        )
    facts = DataFacts(
        name="dataset",
        rows=rows,
        shape=image_shape,
        values=(low, high),
        label_counts=count_labels(np.concatenate(seen)) if seen else None,
    )
    return Stream(dataset, rows, steps), facts


def _check_stream_labels(spec: Spec, labels: tf.Tensor, where: str) -> None:
    right = encoded(spec, labels.numpy(), where)
    if right.shape != tuple(labels.shape):
        raise DataError(
            f"{where} gives labels of shape {tuple(labels.shape)}; the spec says "
            f"`labels: {spec.output.labels}`, which is {right.shape}. A dataset is trained on "
            "as it is: encode its labels with `.map`"
        )


def truth(spec: Spec, labels: AnyArray, where: str) -> AnyArray:
    """Labels for metrics: class indices where they are classes, otherwise as the spec encodes them.

    Raises: DataError.
    """
    if spec.output.labels in ONE_CLASS:
        return encode_labels(labels, kind="integer", classes=classes_of(spec), where=where)
    return encoded(spec, labels, where)
