"""Measure the images of a run: values, duplicates, and whether nearby images share their labels."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.neighbors import KNeighborsClassifier

from bnnc.runtime.diagnosis.evidence import Images
from bnnc.runtime.image_digests import image_digests

Array = npt.NDArray[Any]

_NEIGHBOURS = 5
# More rows than that take seconds, and tell no more.
_MOST_NEIGHBOURS = 4000
_MOST_ASKED = 1000


def images_of(
    train: tuple[Array, Array | None],
    held_out: tuple[Array, Array | None] | None,
    first_inputs: Array,
) -> Images:
    """Measure images that were trained on, and those held out.

    Shapes: images [rows, height, width, channels], class indices [rows] or None.

    Args:
        train: images and classes that were trained on; classes are None where labels are none.
        held_out: others.
        first_inputs: what the first layer of the spec gets, for some of the first.
    """
    images, classes = train
    found: dict[str, Any] = {
        "low": float(images.min()),
        "high": float(images.max()),
        "mean": float(images.mean(dtype=np.float64)),
        "std": float(images.std(dtype=np.float64)),
        "input_mean": float(first_inputs.mean(dtype=np.float64)),
        "input_std": float(first_inputs.std(dtype=np.float64)),
        "train_rows": len(images),
    }
    digests = image_digests(images)
    if classes is not None:
        found |= _labels_of_images(images, classes, digests)
    if held_out is not None and len(held_out[0]):
        others, other_classes = held_out
        known = set(digests)
        found["held_out_rows"] = len(others)
        found["duplicates"] = float(np.mean([one in known for one in image_digests(others)]))
        if images.ndim > 2:  # the features of a table have no brightness
            found["shift"] = _shift(images, others)
        if classes is not None and other_classes is not None:
            found["held_out_shares"] = _shares(other_classes, int(classes.max()) + 1)
            found["held_out_neighbour_accuracy"] = _agreement(
                images, classes, others, other_classes
            )
    return Images(**found)


def _labels_of_images(images: Array, classes: Array, digests: list[bytes]) -> dict[str, Any]:
    by_image: dict[bytes, set[int]] = {}
    for digest, label in zip(digests, classes.tolist(), strict=True):
        by_image.setdefault(digest, set()).add(label)
    half = len(images) // 2
    shares = _shares(classes)
    return {
        "conflicts": float(np.mean([len(by_image[one]) > 1 for one in digests])),
        "train_shares": shares,
        "chance_accuracy": max(shares),
        "neighbour_accuracy": _agreement(
            images[:half], classes[:half], images[half:], classes[half:]
        )
        if half >= _NEIGHBOURS
        else None,
    }


def _shares(classes: Array, at_least: int = 0) -> tuple[float, ...]:
    counts = np.bincount(classes, minlength=at_least)
    return tuple((counts / counts.sum()).tolist())


def _agreement(images: Array, classes: Array, asked: Array, truth: Array) -> float:
    """Accuracy of the vote of the nearest images, in the space of their values."""
    model = KNeighborsClassifier(_NEIGHBOURS)
    model.fit(_flat(images[:_MOST_NEIGHBOURS]), classes[:_MOST_NEIGHBOURS])
    return float(model.score(_flat(asked[:_MOST_ASKED]), truth[:_MOST_ASKED]))


def _flat(images: Array) -> Array:
    return images.reshape(len(images), -1).astype(np.float32)


def _shift(images: Array, others: Array) -> float:
    """The largest distance of a statistic of images, in its own standard deviations."""
    return max(
        abs(float(one.mean() - other.mean())) / max(float(one.std()), 1e-12)
        for one, other in zip(_statistics(images), _statistics(others), strict=True)
    )


def _statistics(images: Array) -> Iterable[Array]:
    flat = images.reshape(len(images), -1).astype(np.float64)
    return flat.mean(axis=1), flat.std(axis=1)
