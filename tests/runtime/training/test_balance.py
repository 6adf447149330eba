"""Balanced classes: rows of an epoch, and weights of the loss."""

import json
from collections import Counter
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from sklearn.utils.class_weight import compute_class_weight

import bnnc
from bnnc.errors import ArgumentError, DataError
from bnnc.runtime.diagnosis.predictions import nll_of_guessing
from bnnc.runtime.program import Program
from bnnc.runtime.training.batches import ArrayBatches
from bnnc.runtime.training.notes import on_balance
from bnnc.specs import Spec
from tests.support.tiny_program import CLASSES, SHAPE, arrays, document

COUNTS = (31, 7, 2)
LABELS = (
    np.random.default_rng(0).permutation(np.repeat(np.arange(CLASSES), COUNTS)).astype(np.int32)
)
IMAGES = np.random.default_rng(1).uniform(0, 16, (len(LABELS), *SHAPE)).astype(np.float32)
RESAMPLED = ArrayBatches(IMAGES, LABELS, 8, seed=3, classes=LABELS)


def small(**sections: Any) -> Program:
    layers = [{"type": "flatten"}, {"type": "dense", "units": CLASSES}]
    return bnnc.compile(document("flipout", layers=layers, **sections))


def test_an_epoch_has_as_many_rows_of_each_class_and_of_each_row_of_it() -> None:
    for epoch in range(20):
        order = RESAMPLED.row_order(epoch)
        assert len(order) == sum(COUNTS)
        assert sorted(Counter(LABELS[order].tolist()).values()) == [13, 13, 14]
        for one, rows in enumerate(COUNTS):
            times = np.bincount(order, minlength=len(LABELS))[one == LABELS]
            assert times.min() >= 13 // rows
            assert times.max() <= -(-14 // rows)


def test_the_order_is_that_of_seed_and_epoch() -> None:
    again = ArrayBatches(IMAGES, LABELS, 8, seed=3, classes=LABELS)
    assert np.array_equal(RESAMPLED.row_order(4), again.row_order(4))
    assert not np.array_equal(RESAMPLED.row_order(4), RESAMPLED.row_order(5))


def test_each_row_comes_as_often_as_its_class_is_rare() -> None:
    epochs = 2000
    times = sum(
        np.bincount(RESAMPLED.row_order(one), minlength=len(LABELS)) for one in range(epochs)
    )
    expected = np.array([sum(COUNTS) / (CLASSES * count) for count in COUNTS])[LABELS]
    # An epoch has one of two neighbouring numbers of a row, or, of a class that has one row more in
    # one epoch of three, up to one more: the variance of an epoch is 1/4 at most, and 2/9 with it.
    error = np.sqrt(epochs * (1 / 4 + 2 / 9))
    np.testing.assert_array_less(np.abs(times - epochs * expected), 5 * error)


def test_balanced_weights_are_those_of_scikit_learn_over_the_training_rows() -> None:
    program = small(loss={"class_weight": "balanced"})
    program.fit(IMAGES, LABELS, epochs=1, verbose=0, validation_split=0.2)
    rows = program.prepare(IMAGES, LABELS, validation_split=0.2).train
    assert isinstance(rows, ArrayBatches)
    kept = rows.labels
    expected = compute_class_weight("balanced", classes=np.arange(CLASSES), y=kept)
    assert program.model.objective.class_weights == pytest.approx(expected, rel=1e-12)
    assert program.manifest["trained"]["class_counts"] == np.bincount(kept).tolist()
    # Those of the next training are those of its rows.
    program.fit(IMAGES, LABELS, epochs=1, verbose=0)
    weights = [len(LABELS) / (CLASSES * count) for count in COUNTS]
    assert program.model.objective.class_weights == pytest.approx(weights, rel=1e-12)


def test_balanced_weights_train_as_the_same_numbers_do() -> None:
    weights = [len(LABELS) / (CLASSES * count) for count in COUNTS]
    trained = [small(loss={"class_weight": one}) for one in ("balanced", weights)]
    for program in trained:
        program.fit(IMAGES, LABELS, verbose=0)
    for one, other in zip(*(program.model.weights for program in trained), strict=True):
        np.testing.assert_array_equal(one, other)


def test_the_fit_of_keras_counts_the_classes_too() -> None:
    program = small(loss={"class_weight": "balanced"})
    with pytest.raises(ArgumentError, match="weights its classes by the training rows"):
        program.train_step(IMAGES[:8], LABELS[:8])
    program.model.fit(IMAGES, LABELS, epochs=1, verbose=0)
    assert program.model.objective.class_counts == COUNTS


def test_a_class_without_rows_does_not_count() -> None:
    program = small(loss={"class_weight": "balanced"})
    program.model.adapt(IMAGES, np.where(LABELS == 2, 0, LABELS))
    assert program.model.objective.class_weights == pytest.approx((40 / 66, 40 / 14, 1))


def test_the_kl_is_weighted_by_the_rows_and_not_by_their_copies() -> None:
    program = small(data={"source": "unused.npz", "balance": "resample"})
    prepared = program.prepare(IMAGES, LABELS)
    program.note_training(prepared, 1)
    trained = program.manifest["trained"]
    assert trained["kl_weight"] == 1 / len(LABELS)
    assert tuple(trained["class_counts"]) == COUNTS
    assert prepared.train.steps == 5
    assert nll_of_guessing(program.model, prepared.train) == pytest.approx(np.log(CLASSES))


def test_a_dataset_is_not_resampled() -> None:
    program = small(data={"source": "unused.npz", "balance": "resample"})
    dataset = tf.data.Dataset.from_tensor_slices(arrays()).batch(4)
    with pytest.raises(DataError, match="class_weight: balanced"):
        program.prepare(dataset)


def test_the_shift_of_the_probabilities_is_said_unless_it_is_corrected() -> None:
    balanced = {"loss": {"class_weight": "balanced"}}
    for sections, is_said in (
        ({}, False),
        (balanced, True),
        ({**balanced, "calibration": {"method": "temperature"}}, True),
        ({**balanced, "calibration": {"method": "vector"}}, False),
    ):
        spec = Spec.model_validate_json(json.dumps(document("flipout", **sections)))
        said = spec.calibration
        assert bool(on_balance(spec, None if said is None else said.method)) == is_said
