"""Take from the training rows what a model standardises and weights its rows by."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from bnnc.errors import ArgumentError, DataError
from bnnc.runtime.layers.standardization import Standardization
from bnnc.runtime.outputs import OutputDistribution
from bnnc.runtime.outputs.number import OverReals
from bnnc.runtime.outputs.output import ClassOutput
from bnnc.runtime.training.batches import ArrayBatches, Batches, Stream
from bnnc.runtime.training.objective import BALANCED

if TYPE_CHECKING:
    from bnnc.runtime.model import BayesianModel

# Of the language: standard deviations of labels that are smaller are in another unit.
_LEAST_STD = 1e-6


def standardization_of(model: BayesianModel) -> Standardization | None:
    """The layer that standardises the features; None of a model without one."""
    return next((one for one in model.layers if isinstance(one, Standardization)), None)


def lacks_statistics(model: BayesianModel) -> bool:
    """Whether the model standardises or weights by training rows, and has not seen them."""
    if model.objective.lacks_class_counts:
        return True
    return _lacks_standardization(model)


def _lacks_standardization(model: BayesianModel) -> bool:
    layer = standardization_of(model)
    return (layer is not None and not layer.is_adapted) or _lacks_those_of_labels(model)


def take_statistics(model: BayesianModel, batches: Any) -> None:
    """Take the statistics of the training rows, unless the model has some.

    A second training goes on with those of the first: the weights were learned with them. Rows of
    the classes are counted anew where the labels are in memory.

    Args:
        model: a model of rows of features, or any other, which is left as it is.
        batches: those of a training, or an iterable of (features, labels).

    Raises: DataError for labels that hardly vary.
    """
    if model.objective.class_weight == BALANCED and (
        model.objective.lacks_class_counts or isinstance(batches, ArrayBatches)
    ):
        _count_classes(model, batches)
    if not _lacks_standardization(model):
        return
    features, labels = _rows(batches)
    layer = standardization_of(model)
    if layer is not None and not layer.is_adapted:
        layer.adapt(features)
    if _lacks_those_of_labels(model):
        output = model.objective.output
        assert isinstance(output, OverReals)
        set_output(model, _standardized(output, labels))


def prepare_fit(
    model: BayesianModel, data: Any, batches: Callable[[], Iterable[tuple[Any, Any]]]
) -> None:
    """Take the statistics for a `fit` of Keras, from rows that can be gone through twice.

    Raises: ArgumentError for data that gives its rows once, unless `adapt` was called before.
    """
    if lacks_statistics(model) and not isinstance(data, Iterator):
        take_statistics(model, batches())
    refuse_without_statistics(model)


def copy_statistics(source: BayesianModel, model: BayesianModel) -> None:
    """Take the statistics of another model of the same input and output."""
    theirs, ours = standardization_of(source), standardization_of(model)
    if theirs is not None and ours is not None:
        ours.set_weights(theirs.get_weights())
    output, other = model.objective.output, source.objective.output
    if _lacks_those_of_labels(model) and isinstance(other, OverReals):
        assert isinstance(output, OverReals)
        means, stds = other.label_mean, other.label_std
        set_output(model, replace(output, label_mean=means, label_std=stds))
    if model.objective.lacks_class_counts:
        counts = source.objective.class_counts
        model.objective = replace(model.objective, class_counts=counts)


def class_counts(output: OutputDistribution, labels: Any) -> tuple[int, ...]:
    """Rows of each class. Shapes: encoded labels [rows, ...] -> [classes]."""
    assert isinstance(output, ClassOutput)
    indices = output.class_indices(tf.convert_to_tensor(labels)).numpy()
    return tuple(np.bincount(indices, minlength=output.classes).tolist())


def _count_classes(model: BayesianModel, batches: Any) -> None:
    objective = model.objective
    counts = class_counts(objective.output, _labels(batches))
    if counts != objective.class_counts:
        model.objective = replace(objective, class_counts=counts)
        model.train_function = model.test_function = None  # which have the old weights


def set_output(model: BayesianModel, output: OverReals) -> None:
    """Give a model an output distribution with other statistics."""
    model.objective = replace(model.objective, output=output)
    model.train_function = model.test_function = None  # which have the numbers of the old one


def refuse_without_statistics(model: BayesianModel) -> None:
    """Raise ArgumentError for a step of a model that does not know what it standardises by."""
    if lacks_statistics(model):
        does = "standardises" if _lacks_standardization(model) else "weights its classes"
        raise ArgumentError(
            f"The model {does} by the training rows, and they are not known yet: train through "
            "`fit`, or call `model.adapt(features, labels)` first"
        )


def statistics_of(model: BayesianModel) -> dict[str, list[float]]:
    """What the model standardises and weights by, for its manifest; nothing of a model that does not."""
    found: dict[str, list[float]] = {}
    layer, output = standardization_of(model), model.objective.output
    if layer is not None:
        found["feature_mean"] = np.asarray(layer.feature_mean).astype(float).tolist()
        found["feature_std"] = np.asarray(layer.feature_std).astype(float).tolist()
    if isinstance(output, OverReals) and output.standardize_labels:
        for name in ("label_mean", "label_std"):
            found[name] = np.atleast_1d(np.asarray(getattr(output, name), float)).tolist()
    if model.objective.class_counts is not None:
        found["class_counts"] = list(model.objective.class_counts)
    return found


def balance_of(batches: Batches) -> dict[str, list[int]]:
    """Rows of each class, for a manifest, where the rows are resampled; nothing where they are not."""
    classes = None if isinstance(batches, Stream) else batches.classes
    return {} if classes is None else {"class_counts": np.bincount(classes).tolist()}


def _lacks_those_of_labels(model: BayesianModel) -> bool:
    output = model.objective.output
    return isinstance(output, OverReals) and output.standardize_labels and output.label_std is None


def _rows(batches: Any) -> tuple[npt.NDArray[Any], npt.NDArray[Any]]:
    """Features and labels of all rows, in memory."""
    if isinstance(batches, ArrayBatches):
        return np.asarray(batches.images), np.asarray(batches.labels)
    pairs: Iterable[tuple[Any, Any]] = batches.epoch(0) if isinstance(batches, Stream) else batches
    features, labels = zip(*pairs, strict=True)
    return np.concatenate(features), np.concatenate(labels)


def _labels(batches: Any) -> npt.NDArray[Any]:
    """Labels of all rows, in memory."""
    if isinstance(batches, ArrayBatches):
        return batches.labels
    pairs: Iterable[tuple[Any, Any]] = batches.epoch(0) if isinstance(batches, Stream) else batches
    return np.concatenate([labels for _, labels in pairs])


def _standardized(output: OverReals, labels: npt.NDArray[Any]) -> OverReals:
    rows = labels.reshape(len(labels), -1).astype(np.float64)
    mean, std = rows.mean(axis=0), rows.std(axis=0)
    constant = (rows == rows[:1]).all(axis=0)
    if np.any(~constant & (std < _LEAST_STD)):
        raise DataError(
            f"the labels have a standard deviation of {std[~constant].min():.3g}, and "
            f"`standardize_labels` needs at least {_LEAST_STD:g}. Give them in another unit"
        )
    std = np.where(constant, 1.0, std)
    if output.event_size == 1:
        return replace(output, label_mean=float(mean[0]), label_std=float(std[0]))
    return replace(output, label_mean=tuple(mean.tolist()), label_std=tuple(std.tolist()))
