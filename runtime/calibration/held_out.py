"""Find the rows that a program is calibrated on: never trained on, and not the test rows."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from bnnc.errors import ArgumentError
from bnnc.runtime.data import DataError, Dataset
from bnnc.runtime.data.images import with_channels
from bnnc.runtime.data.stored_images import in_parts
from bnnc.runtime.image_digests import image_digests
from bnnc.runtime.inputs import dataset_to_evaluate
from bnnc.runtime.preparation import checked, labels_of, prepare_dataset
from bnnc.runtime.prepared import Prepared
from bnnc.runtime.training.batches import ArrayBatches, Batches, Stream
from bnnc.specs import Spec
from bnnc.specs.examples import of_rows
from bnnc.specs.sources import FROM_PYTHON

AnyArray = npt.NDArray[Any]

VALIDATION: Final = "validation images"
# Data sets that are collected have a few equal images: CIFAR-100 has 1 % in its two parts.
MOST_DUPLICATES: Final = 0.02

_NO_VALIDATION: Final = (
    "the run has no validation rows to calibrate on. Train it again with "
    "`data.validation_split: 0.1`, or give other labelled images of the same kind: "
    "`bnnc calibrate RUN --data SOURCE`, or `program.calibrate(images, labels)`"
)


@dataclass(frozen=True, eq=False)
class HeldOut:
    """Rows to calibrate on.

    Attributes:
        name: what they are, in a few words.
        images: raw values. Shape [rows, ...].
        labels: encoded as the spec says. Shape [rows, ...].
    """

    name: str
    images: AnyArray
    labels: AnyArray


def validation_rows(batches: Batches | None) -> HeldOut:
    """The validation rows of a training. Raises: DataError if there are none."""
    if batches is None:
        raise DataError(_NO_VALIDATION)
    if isinstance(batches, Stream):
        pairs = [(images.numpy(), labels.numpy()) for images, labels in batches.dataset]
        images, labels = (np.concatenate(one) for one in zip(*pairs, strict=True))
    else:
        images, labels = np.asarray(batches.images), np.asarray(batches.labels)
    name = of_rows(VALIDATION) if images.ndim == 2 else VALIDATION
    return HeldOut(name, images, labels)


def held_out_rows(
    spec: Spec,
    trained: Mapping[str, Any],
    data: Any = None,
    labels: Any = None,
    class_names: tuple[str, ...] | None = None,
) -> HeldOut:
    """The validation rows of a finished training, or other rows, which are checked against it.

    Args:
        spec: the program's.
        trained: what its manifest says of the training.
        data: name or path of a source, of which the validation images are taken, or else the
            training images; or images. The validation rows of the training if None.
        labels: labels of the images.
        class_names: names of the classes that were trained on, where they are known.

    Raises: DataError for rows that were trained on, or are the test rows, and where there are none.
    """
    if data is None:
        return _own_rows(spec, trained, class_names)
    if isinstance(data, str | Path):
        if labels is not None:
            raise ArgumentError("A source has labels of its own. Received: labels beside it")
        columns = trained.get("feature_names")
        dataset = dataset_to_evaluate(spec, data, class_names, feature_names=columns)
        own = dataset.validation
        split = dataset.train if own is None else own
        name = f"{spec.input.worded('images' if own is None else VALIDATION)} of {dataset.name}"
        images = with_channels(split.images, spec.input.shape)
        images, labels = checked(spec, images, labels_of(spec, dataset, split), name)
        rows = HeldOut(name, np.asarray(images), labels)
    elif labels is None:
        raise ArgumentError(
            "Expected images and labels as two arrays, or a source. Received: no labels"
        )
    else:
        name = spec.input.worded("given images")
        rows = HeldOut(name, *checked(spec, data, labels, name))
    _refuse_known_rows(spec, trained, rows, class_names)
    return rows


def _own_rows(
    spec: Spec, trained: Mapping[str, Any], class_names: tuple[str, ...] | None
) -> HeldOut:
    if not trained.get("validation_rows"):
        raise DataError(_NO_VALIDATION)
    if trained["data"] in FROM_PYTHON:
        raise DataError(
            f"the run was trained on {FROM_PYTHON[trained['data']]}, which no path leads to: give "
            "the validation rows in Python, `program.calibrate(images, labels)`"
        )
    prepared = _trained_data(spec, trained, class_names)
    if not prepared.has_digest(trained["digest"]):
        raise DataError(
            f"the images or labels of {trained['data']} are not those of the training, so its "
            "validation rows are not known. Calibrate with the same data; a member of an ensemble "
            "is calibrated with the whole ensemble"
        )
    return validation_rows(prepared.validation)


def _trained_data(
    spec: Spec, trained: Mapping[str, Any], class_names: tuple[str, ...] | None
) -> Prepared:
    """The data of the training, divided as it was. Raises: DataError if it cannot be read."""
    dataset = _trained_dataset(spec, trained, class_names)
    held_out, rows = trained.get("validation_rows", 0), trained["rows"]
    fraction = 0.0 if dataset.validation is not None else held_out / (rows + held_out)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # they are about a training
        return prepare_dataset(spec, dataset, trained["data"], fraction=fraction)


def _trained_dataset(
    spec: Spec, trained: Mapping[str, Any], class_names: tuple[str, ...] | None
) -> Dataset:
    return dataset_to_evaluate(
        spec,
        trained["data"],
        class_names,
        is_own=True,
        feature_names=trained.get("feature_names"),
    )


def _refuse_known_rows(
    spec: Spec,
    trained: Mapping[str, Any],
    rows: HeldOut,
    class_names: tuple[str, ...] | None,
) -> None:
    """Raise DataError for images that were trained on, or that are the test images.

    Nothing is known of data that Python handed over, but its digest.
    """
    if trained["data"] in FROM_PYTHON:
        return
    given = image_digests(rows.images)
    dataset = _trained_dataset(spec, trained, class_names)
    batches = _trained_data(spec, trained, class_names).train
    assert isinstance(batches, ArrayBatches)  # of a source
    known = {"training": batches.images}
    if dataset.test is not None:
        known["test"] = with_channels(dataset.test.images, spec.input.shape)
    for part, images in known.items():
        seen = {one for some in in_parts(images) for one in image_digests(some)}
        share = float(np.mean([one in seen for one in given]))
        if share > MOST_DUPLICATES:
            why = (
                "the model predicts them too well"
                if part == "training"
                else "the figures of `bnnc evaluate` would be too good"
            )
            raise DataError(
                f"{rows.name}: {share:.0%} of the images are {part} images of the run, and {why}. "
                "Calibrate on images that are in neither"
            )
