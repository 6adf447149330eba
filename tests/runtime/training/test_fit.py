"""`program.fit` as those know it who come from Keras."""

from __future__ import annotations

from typing import Any, assert_type

import keras
import numpy as np
import pytest
import tensorflow as tf

import bnnc
from bnnc.runtime.training.notes import training_notes
from tests.laws.test_training import assert_same_bits
from tests.support.predictions import of_classes
from tests.support.tiny_program import arrays, document, program

COSINE = {"type": "cosine_decay", "initial_learning_rate": 0.02}
TRAINING = {"epochs": 2, "seed": 3, "optimizer": {"type": "adam", "learning_rate": COSINE}}
WARMED_UP = {"type": "negative_log_likelihood", "kl": {"warmup_epochs": 2}}


def test_fit_returns_the_history_that_keras_returns(capsys: pytest.CaptureFixture[str]) -> None:
    made = program("none")
    history = made.fit(*arrays(20), validation_data=arrays(9, seed=1), epochs=3, verbose=0)
    assert isinstance(history, keras.callbacks.History)
    assert history.epoch == [0, 1, 2]
    assert history.params["epochs"] == 3
    assert history.params["steps"] == 3
    assert history.model is made.model
    assert {len(values) for values in history.history.values()} == {3}
    keras_history = made.model.fit(
        *arrays(20), batch_size=8, validation_data=arrays(9, seed=1), verbose=0
    )
    assert set(keras_history.history) <= set(history.history)
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(("verbose", "lines"), [("auto", 2), (2, 2)])
def test_progress_is_a_line_an_epoch_where_there_is_no_terminal(
    verbose: Any, lines: int, capsys: pytest.CaptureFixture[str]
) -> None:
    program("none").fit(*arrays(20), epochs=lines, verbose=verbose)
    shown = capsys.readouterr().out
    assert shown.count("Epoch ") == lines
    assert shown.count("accuracy:") == lines
    assert "\b" not in shown


def test_a_batch_size_and_a_split_are_those_of_a_spec_that_says_them() -> None:
    """Steps, the decay of the rate, the KL's weight and its warm-up follow, to the last bit."""
    data = {"source": "mine.npz", "validation_split": 0.25}
    said = program(training={**TRAINING, "batch_size": 5}, data=data, loss=WARMED_UP)
    given = program(training={**TRAINING, "batch_size": 8}, loss=WARMED_UP)
    histories = [
        said.fit(*arrays(20), verbose=0),
        given.fit(*arrays(20), verbose=0, batch_size=5, validation_split=0.25),
    ]
    assert_same_bits(said, given)
    for name in {*histories[0].history} - {"seconds", "images_per_second"}:
        assert histories[0].history[name] == histories[1].history[name]
    for made in (said, given):
        assert made.model.objective.steps_per_epoch == 3
        noted = made.manifest["trained"]
        assert (noted["rows"], noted["validation_rows"], noted["batch_size"]) == (15, 5, 5)
        assert noted["kl_weight"] == pytest.approx(1 / 15)


def test_no_split_can_be_asked_for_where_the_spec_has_one() -> None:
    made = program("none", data={"source": "mine.npz", "validation_split": 0.25})
    assert made.prepare(*arrays(20), validation_split=0).validation is None


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"batch_size": 0}, "Expected `batch_size` to be at least 1. Received: batch_size=0"),
        ({"batch_size": 2.5}, "Expected `batch_size` to be an integer. Received: 2.5"),
        ({"validation_split": 1.0}, "Expected `validation_split` to be at least 0 and below 1"),
        ({"epochs": -1}, "Received: epochs=-1"),
        ({"verbose": "loud"}, "Received: 'loud'"),
        ({"verbose": 3}, 'Expected `verbose` to be "auto", 0, 1 or 2. Received: 3'),
        (
            {"validation_split": 0.5, "validation_data": arrays(4)},
            "Expected one of `validation_data` and `validation_split`",
        ),
    ],
)
def test_arguments_out_of_range_are_refused(given: dict[str, Any], message: str) -> None:
    made = program("none")
    with pytest.raises(bnnc.ArgumentError, match=message):
        made.fit(*arrays(4), **given)
    assert not made.trained
    with pytest.raises(bnnc.BnncError, match="Received: samples=0"):
        made.predict(arrays(4)[0], samples=0)


def test_the_bar_of_keras_shows_metrics_alone(capsys: pytest.CaptureFixture[str]) -> None:
    history = program("none").fit(*arrays(20), epochs=1, verbose=1)
    shown = capsys.readouterr().out
    assert "accuracy: " in shown
    assert "seconds" in history.history
    assert "seconds" not in shown
    assert "images_per_second" not in shown


@pytest.mark.parametrize("given", [{"batch_size": 4}, {"validation_split": 0.5}])
def test_a_dataset_has_batches_and_rows_of_its_own(given: dict[str, Any]) -> None:
    dataset = tf.data.Dataset.from_tensor_slices(arrays(8)).batch(4)
    (name,) = given
    with pytest.raises(bnnc.ArgumentError, match=f"Received: {name}="):
        program("none").fit(dataset, **given)


def test_the_history_of_an_ensemble_has_its_members_one_after_the_other(
    capsys: pytest.CaptureFixture[str],
) -> None:
    made = program("none", ensemble={"members": 2})
    history = made.fit(*arrays(16), epochs=2, verbose=2)
    assert isinstance(history, keras.callbacks.History)
    assert history.history["member"] == [0, 0, 1, 1]
    assert history.epoch == [0, 1, 0, 1]
    assert {len(values) for values in history.history.values()} == {4}
    shown = capsys.readouterr().out
    assert "Member 1/2\n" in shown
    assert "Member 2/2\n" in shown


def test_a_prediction_knows_the_names_of_the_classes_and_shows_its_first_rows() -> None:
    made = program("none")
    made.fit(*arrays(16), epochs=1, verbose=0)
    prediction = made.predict(arrays(30, seed=1)[0])
    assert_type(prediction, bnnc.Prediction | bnnc.LabelSetPrediction | bnnc.NumberPrediction)
    assert of_classes(prediction).class_names is None
    assert made.manifest["trained"] is not None
    made.manifest["trained"]["class_names"] = ["cat", "<b>", "owl"]
    named = of_classes(made.predict(arrays(30, seed=1)[0]))
    assert named.class_names == ("cat", "<b>", "owl")
    lines = repr(named).splitlines()
    assert lines[2].split() == ["image", "class", "confidence", "entropy", "mutual", "information"]
    for row in range(10):
        number, name, confidence, *_ = lines[3 + row].split()
        assert int(number) == row
        assert name == named.class_names[named.label[row]]
        assert float(confidence) == pytest.approx(named.confidence[row], abs=5e-5)
    assert lines[-1] == "and 20 more images"
    assert "<b></td>" not in named._repr_html_()
    assert "16 rows" in repr(made)
    assert "16 images of 6×6×1" in repr(made.prepare(*arrays(16)))


def notes(
    epochs: int = 10, draws: int = 8, *, has_validation: bool = False, **sections: Any
) -> str:
    spec = bnnc.check(document(**sections)).accepted()
    return "\n".join(training_notes(spec, epochs, draws, has_validation=has_validation))


def test_what_rises_by_design_is_explained_and_until_when() -> None:
    def kl(**fields: Any) -> dict[str, Any]:
        return {"type": "negative_log_likelihood", "kl": fields}

    assert "until epoch 4 by design" in notes(loss=kl(warmup_epochs=3.5))
    assert "until the end by design" in notes(loss=kl(warmup_epochs=20))
    assert "within a cycle by design" in notes(loss=kl(cyclical={"cycles": 3}))
    assert "val_loss" not in notes(loss=kl(warmup_epochs=3))
    assert "val_loss has the full weight" in notes(loss=kl(warmup_epochs=3), has_validation=True)
    assert "KL" not in notes()
    assert "KL" not in notes(method="none")


def test_the_weight_draws_of_training_and_evaluation_are_told_apart_where_they_differ() -> None:
    assert "averages the predictions of 8" in notes()
    assert not notes(draws=1)
    assert not notes(method="none")
    assert not notes(method="laplace")  # its training has no noise


def test_bnnc_can_be_told_apart_by_its_error() -> None:
    with pytest.raises(bnnc.BnncError):
        program("none").fit(np.zeros((4, 5, 5, 1)), np.zeros(4, np.int32))


def test_a_long_training_of_convolutions_without_onednn_is_told_how_to_have_it() -> None:
    layers: list[dict[str, Any]] = [
        {"type": "conv2d", "filters": 2, "kernel_size": 3},
        {"type": "flatten"},
        {"type": "dense", "units": 3},
    ]

    def of(steps: int, layers: list[dict[str, Any]], *, is_off: bool = True) -> str:
        spec = bnnc.check(document("none", layers=layers)).accepted()
        told = training_notes(
            spec, 1, 1, has_validation=False, steps=steps, leaves_onednn_off=is_off
        )
        return "\n".join(told)

    assert "TF_ENABLE_ONEDNN_OPTS=1" in of(2000, layers)
    assert not of(1999, layers)
    assert not of(2000, layers, is_off=False)
    assert not of(2000, layers[1:])
