"""Check the arguments of `fit` of Keras, and count the rows, before training."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import ceil, floor
from typing import Any

import keras
import tensorflow as tf

from bnnc.errors import ArgumentError
from bnnc.runtime.training.batches import ArrayBatches
from bnnc.runtime.training.fitting import fitted_layers

_BATCH_SIZE = 32  # Keras's own
_BIND = "call `model.bind(rows=..., batch_size=..., epochs=...)` before `fit`, or pass arrays"


@dataclass(frozen=True)
class FitArguments:
    """The arguments of one call of `fit`, checked.

    Attributes:
        images, labels: `x` and `y`.
        rows: rows trained on, N; None where `bind` told them before.
        batch_size: rows of one step, on average and rounded up.
        steps_per_epoch: steps of one epoch; None where it is rows / batch_size.
        epochs, initial_epoch: as of Keras.
    """

    images: Any
    labels: Any
    rows: int | None
    batch_size: int
    steps_per_epoch: int | None
    epochs: int
    initial_epoch: int

    @classmethod
    def of(cls, model: Any, args: Sequence[Any], kwargs: Mapping[str, Any]) -> FitArguments:
        """The arguments of a call. Raises: ArgumentError, as `BayesianModel.fit`."""
        bound = inspect.signature(keras.Model.fit).bind(model, *args, **kwargs)
        bound.apply_defaults()
        given = bound.arguments
        for name in ("sample_weight", "class_weight"):
            if given[name] is not None:
                raise weights_refused(name)
        images, labels, steps = given["x"], given["y"], given["steps_per_epoch"]
        _refuse_validation(given["validation_data"])
        rows, batch_size = None, given["batch_size"] or _BATCH_SIZE
        if hasattr(images, "shape"):
            if labels is None:
                raise ArgumentError("Expected images and labels. Received: images without labels")
            # The rows that Keras keeps, rounded as it does.
            rows = floor(images.shape[0] * (1.0 - given["validation_split"]))
        elif isinstance(images, list | tuple | dict) or images is None:
            raise ArgumentError(
                "Expected images as one array, or a dataset of batches (images, labels). "
                f"Received: {'nothing' if images is None else f'a {type(images).__name__}'}"
            )
        else:
            rows, batches = _counted(model, images, steps)
            if rows is not None:
                batch_size = ceil(rows / batches)
                steps = batches if steps is None else steps
        return cls(images, labels, rows, batch_size, steps, given["epochs"], given["initial_epoch"])

    def batches(self) -> Iterable[tuple[tf.Tensor, tf.Tensor]]:
        """Images and labels of all rows once more."""
        if hasattr(self.images, "shape"):
            rows = slice(self.rows)
            ordered = ArrayBatches(self.images[rows], self.labels[rows], self.batch_size)
            batches: Iterable[tuple[tf.Tensor, tf.Tensor]] = ordered.epoch(0)
            return batches
        return _batches(self.images, self.steps_per_epoch)


def images_and_labels(data: Any) -> tuple[tf.Tensor, tf.Tensor]:
    """Images and labels of a step. Raises: ArgumentError for row weights, or without labels."""
    images, labels, sample_weight = keras.utils.unpack_x_y_sample_weight(data)
    if sample_weight is not None:
        raise weights_refused("sample_weight or class_weight")
    if labels is None:
        raise ArgumentError("Expected images and labels. Received: images without labels")
    return tf.convert_to_tensor(images), tf.convert_to_tensor(labels)


def weights_refused(name: str) -> ArgumentError:
    """The error for weights of rows or classes."""
    return ArgumentError(
        "Sample weights have no place in the likelihood that this model maximises; weights of "
        f"classes stand in the spec, as `loss.class_weight`. Received: {name}"
    )


def _refuse_validation(data: Any) -> None:
    """Raise ArgumentError for validation data that would end the training after its first epoch."""
    if isinstance(data, tuple | list):
        if len(data) == 3:
            raise weights_refused("validation_data with sample weights")
        if len(data) != 2 or data[1] is None:
            raise ArgumentError(
                "Expected `validation_data` to be (images, labels), or a dataset of batches of them. "
                f"Received: a {type(data).__name__} of {len(data)}"
            )
    elif isinstance(data, tf.data.Dataset):
        _refuse_elements(data.element_spec, "validation_data")


def _refuse_elements(element: Any, where: str) -> None:
    """Raise ArgumentError unless a dataset gives (images, labels)."""
    if isinstance(element, tuple | list) and len(element) == 3:
        raise weights_refused(f"{where} with sample weights")
    if not isinstance(element, tuple | list) or len(element) != 2:
        raise ArgumentError(f"Expected {where} of (images, labels). Received: {str(element)[:200]}")


def _counted(model: Any, data: Any, steps: int | None) -> tuple[int | None, int]:
    """Rows and batches of a dataset; None and 0 where `bind` told the rows before.

    Raises: ArgumentError where they are asked for and cannot be counted, and where rows that come only
        once are needed twice.
    """
    told, is_fitted = model.rows_given, bool(fitted_layers(model))
    if isinstance(data, tf.data.Dataset):
        _refuse_elements(data.element_spec, "a dataset")
    if _is_endless(data) and steps is None:
        raise ArgumentError(
            f"The {type(data).__name__} has no end: pass `steps_per_epoch`, or data with an end"
        )
    if isinstance(data, Iterator) or not isinstance(data, Iterable | keras.utils.PyDataset):
        if is_fitted:
            raise ArgumentError(
                "A posterior of this model is fitted after training, in one more pass through the "
                f"rows, and a {type(data).__name__} gives them once: pass arrays, a "
                "`tf.data.Dataset`, or a `keras.utils.PyDataset`"
            )
        if not told:
            raise ArgumentError(f"The rows of a {type(data).__name__} are not known: {_BIND}")
        return None, 0
    known = isinstance(data, tf.data.Dataset) and data.cardinality() >= 0
    may_come_once = not known and not isinstance(data, keras.utils.PyDataset)
    if told and not (is_fitted and may_come_once):
        return None, 0
    rows = batches = 0
    for images, _ in _batches(data, steps):
        rows, batches = rows + int(images.shape[0]), batches + 1
    if rows == 0:
        raise ArgumentError(
            f"Expected rows to train on. Received: a {type(data).__name__} without any"
        )
    if may_come_once and next(_batches(data, steps), None) is None:
        raise ArgumentError(
            f"The {type(data).__name__} gives its rows only once, and counting them took them. Make "
            "it of a function that begins anew each time, as in "
            f"`tf.data.Dataset.from_generator(function, ...)`; or "
            f"{'pass arrays' if is_fitted else _BIND}"
        )
    return (None, 0) if told else (rows, batches)


def _is_endless(data: Any) -> bool:
    if isinstance(data, tf.data.Dataset):
        return bool(data.cardinality() == tf.data.INFINITE_CARDINALITY)
    return isinstance(data, keras.utils.PyDataset) and data.num_batches is None


def _batches(data: Any, steps: int | None) -> Iterator[tuple[tf.Tensor, tf.Tensor]]:
    """All batches of a dataset, as tensors; of one without end so many.

    Raises: ArgumentError for batches that are not (images, labels).
    """
    endless = _is_endless(data)
    if isinstance(data, keras.utils.PyDataset):
        count: Any = steps if endless else data.num_batches
        batches: Iterator[Any] = (data[number] for number in range(count))
    else:
        batches = iter(data.take(steps) if endless else data)
    for batch in batches:
        _refuse_elements(batch, "batches")
        images, labels = batch
        yield tf.convert_to_tensor(images), tf.convert_to_tensor(labels)
