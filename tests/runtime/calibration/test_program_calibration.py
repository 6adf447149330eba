"""Calibration of programs: which rows it takes, what it changes, and how long it lasts."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import bnnc
from bnnc.errors import ArgumentError, DataError
from bnnc.runtime.calibration.calibrators import Temperature
from bnnc.runtime.calibration.fit import divided_rows, images_digest
from bnnc.runtime.program import Program
from tests.support.tiny_program import arrays, document, program

OF_NUMBERS: dict[str, Any] = {
    "layers": [{"type": "flatten"}, {"type": "dense", "units": 1}],
    "output": {
        "distribution": "normal",
        "parameterization": "loc",
        "scale": 1.0,
        "labels": "real",
    },
}


def fitted(method: str = "none", rows: int = 80, **sections: Any) -> Program:
    """A program that was trained on arrays, with 40 validation rows."""
    made = program(method, **sections)
    images, labels = arrays(rows)
    if made.spec.output.labels == "real":
        labels = labels.astype(np.float32)
    made.fit(images, labels, validation_split=0.5, verbose=0)
    return made


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A file with training, validation and test images."""
    parts = {"train": arrays(60), "val": arrays(40, seed=1), "test": arrays(30, seed=2)}
    named: dict[str, Any] = {f"x_{part}": images for part, (images, _) in parts.items()}
    named |= {f"y_{part}": labels for part, (_, labels) in parts.items()}
    path = tmp_path / "data.npz"
    np.savez(path, **named)
    return path


def test_a_spec_with_a_calibration_calibrates_at_the_end_of_fit() -> None:
    made = fitted(calibration={"method": "temperature"})
    found = made.calibration
    assert found is not None
    assert found.probabilities is not None
    assert found.probabilities.rows == 40
    assert found.probabilities.nll_after <= found.probabilities.nll_before
    images, _ = arrays(10, seed=5)
    raw, calibrated = made.predict(images, calibrated=False), made.predict(images)
    assert isinstance(raw, bnnc.Prediction)
    assert isinstance(calibrated, bnnc.Prediction)
    wanted = found.probabilities.calibrator(raw.probs)
    np.testing.assert_allclose(calibrated.probs, wanted, rtol=1e-6)
    np.testing.assert_array_equal(calibrated.label, raw.label)
    assert raw.calibration is None
    assert calibrated.calibration == found.summary
    assert found.summary.startswith("calibrated by temperature ")
    assert found.summary.endswith(" on 40 validation images")


def test_the_validation_rows_of_a_run_are_those_of_its_training(source: Path) -> None:
    shares: list[dict[str, Any]] = [
        {"validation_split": 0.3},
        {"splits": {"validation": 0.25, "stratified": True}},
    ]
    with np.load(source) as whole:
        alone = source.parent / "alone.npz"
        np.savez(alone, x_train=whole["x_train"], y_train=whole["y_train"])
    for path, data in [(source, {}), *((alone, one) for one in shares)]:
        made = program("none", data={"source": str(path), **data})
        prepared = made.prepare()
        made.train(prepared)
        held_out: Any = prepared.validation
        assert made.calibrate().digest == images_digest(held_out.images)


def test_a_loaded_program_is_calibrated_as_the_saved_one(tmp_path: Path) -> None:
    guarantees = {"samples": 4, "sets": {"method": "raps"}, "reject": {"risk": 0.3}}
    made = fitted("flipout", rows=200, calibration={"method": "dirichlet"}, prediction=guarantees)
    made.save(tmp_path / "saved")
    loaded = bnnc.load(tmp_path / "saved")
    images, _ = arrays(10, seed=5)
    one, other = made.predict(images), loaded.predict(images)
    assert isinstance(one, bnnc.Prediction)
    assert isinstance(other, bnnc.Prediction)
    np.testing.assert_array_equal(one.probs, other.probs)
    np.testing.assert_array_equal(one.sets, other.sets)
    np.testing.assert_array_equal(one.rejected, other.rejected)
    assert one.sets is not None
    for inside, classes in zip(one.sets, one.class_sets(), strict=True):
        assert sorted(classes) == np.flatnonzero(inside).tolist()


@pytest.mark.parametrize("again", ["fit", "train_step", "keras"])
def test_a_calibration_ends_with_the_weights_that_it_is_of(again: str) -> None:
    made = fitted("none")
    images, labels = arrays(40, seed=1)
    made.calibrate(images, labels)
    assert made.calibration is not None
    if again == "fit":
        made.fit(*arrays(20), epochs=1, verbose=0)
    elif again == "train_step":
        made.train_step(images[:8], labels[:8])
    else:
        made.model.fit(images, labels, verbose=0)
    assert made.calibration is None


def test_rows_that_were_trained_on_or_are_test_rows_are_refused(source: Path) -> None:
    made = program("none", data={"source": str(source)})
    made.fit(verbose=0)
    with pytest.raises(DataError, match="100% of the images are training images of the run"):
        made.calibrate(*arrays(60))
    with pytest.raises(DataError, match="100% of the images are test images of the run"):
        made.calibrate(*arrays(30, seed=2))
    assert made.calibration is None
    assert made.calibrate(*arrays(30, seed=8)).data == "given images"


def test_a_run_without_validation_rows_is_refused_with_the_way_out(tmp_path: Path) -> None:
    images, labels = arrays(40)
    np.savez(tmp_path / "data.npz", x_train=images, y_train=labels)
    made = program("none", data={"source": str(tmp_path / "data.npz")})
    made.fit(verbose=0)
    with pytest.raises(DataError, match="no validation rows to calibrate on"):
        made.calibrate()
    with pytest.raises(DataError, match="100% of the images are training images"):
        made.calibrate(tmp_path / "data.npz")
    np.savez(tmp_path / "data.npz", x_train=images[::-1], y_train=labels)
    made = program("none", data={"source": str(tmp_path / "data.npz"), "validation_split": 0.2})
    made.fit(verbose=0)
    np.savez(tmp_path / "data.npz", x_train=images, y_train=labels)
    with pytest.raises(DataError, match="are not those of the training"):
        made.calibrate()


def test_what_cannot_be_calibrated_is_refused() -> None:
    with pytest.raises(ArgumentError, match="has not been trained"):
        program("none").calibrate()
    numbers = fitted("none", **OF_NUMBERS)
    rows = arrays(20, seed=3)
    with pytest.raises(ArgumentError, match="use an interval"):
        numbers.calibrate(*rows, method="temperature")
    classes = fitted("none")
    with pytest.raises(ArgumentError, match="use prediction sets"):
        classes.calibrate(*rows, interval={"method": "cqr"})
    with pytest.raises(ArgumentError, match="Expected `sets` as in a spec"):
        classes.calibrate(*rows, sets={"method": "lac", "coverage": 2.0})
    with pytest.raises(DataError, match="needs at least 99 held-out rows"):
        classes.calibrate(*rows, sets={"method": "lac", "coverage": 0.99})
    with pytest.raises(DataError, match="needs at least 197 held-out rows, half of which"):
        classes.calibrate(*rows, method="vector", sets={"method": "lac", "coverage": 0.99})


def test_too_few_validation_rows_are_refused_before_the_training() -> None:
    made = program("none", prediction={"sets": {"method": "lac", "coverage": 0.99}})
    with pytest.raises(DataError, match="needs at least 99 held-out rows"):
        made.fit(*arrays(40), validation_split=0.5, verbose=0)
    with pytest.raises(DataError, match="there are none"):
        made.fit(*arrays(40), verbose=0)
    assert not made.trained


def test_a_calibration_and_guarantees_have_no_row_in_common() -> None:
    first, second = divided_rows(101, 3, calibrates=True, guarantees=True)
    assert (len(first), len(second)) == (50, 51)
    np.testing.assert_array_equal(np.sort([*first, *second]), np.arange(101))
    again, _ = divided_rows(101, 3, calibrates=True, guarantees=True)
    np.testing.assert_array_equal(first, again)
    for calibrates, guarantees in ((True, False), (False, True)):
        both = divided_rows(9, 3, calibrates=calibrates, guarantees=guarantees)
        assert all(len(one) == 9 for one in both)


def test_the_figures_of_an_evaluation_are_those_of_its_predictions() -> None:
    guarantees = {"samples": 4, "sets": {"method": "lac"}, "reject": {"risk": 0.4}}
    made = fitted("flipout", rows=120, calibration={"method": "vector"}, prediction=guarantees)
    images, labels = arrays(50, seed=4)
    found, raw = (
        made.evaluate(images, labels, bootstrap=20, calibrated=one) for one in (True, False)
    )
    predicted: Any = made.predict(images)
    inside = predicted.sets[np.arange(50), labels]
    assert found["set_coverage"] == pytest.approx(inside.mean())
    assert found["mean_set_size"] == pytest.approx(predicted.sets.sum(axis=1).mean())
    assert found["rejected"] == pytest.approx(predicted.rejected.mean())
    if not predicted.rejected.all():
        wrong = predicted.label[~predicted.rejected] != labels[~predicted.rejected]
        assert found["accepted_error"] == pytest.approx(wrong.mean())
    assert found["nll"] == pytest.approx(-np.log(predicted.probs[range(50), labels]).mean(), 1e-5)
    assert found["nll"] != raw["nll"]
    assert found.to_json()["calibration"] == made.manifest["calibration"]
    assert "set_coverage" not in raw
    assert "calibration" not in raw.to_json()
    notes = made.evaluate(*arrays(50, seed=4), bootstrap=0).notes
    assert not notes


def test_intervals_of_numbers_are_predicted_and_evaluated() -> None:
    interval = {"samples": 4, "interval": {"method": "normalized", "coverage": 0.8}}
    made = fitted("flipout", prediction=interval, **OF_NUMBERS)
    images, labels = arrays(50, seed=4)
    predicted: Any = made.predict(images)
    low, high = predicted.conformal_interval
    found = made.evaluate(images, labels.astype(np.float32), bootstrap=20)
    inside = (low <= labels) & (labels <= high)
    assert found["interval_coverage"] == pytest.approx(inside.mean())
    assert found["interval_width"] == pytest.approx((high - low).mean(), rel=1e-5)
    assert found.standard_errors["interval_width"] > 0


def test_an_ensemble_is_calibrated_as_one() -> None:
    made = bnnc.compile(
        document("none", ensemble={"members": 2}, calibration={"method": "temperature"})
    )
    made.fit(*arrays(80), validation_split=0.5, verbose=0)
    found: Any = made.calibration
    assert isinstance(found.probabilities.calibrator, Temperature)
    assert len(found.steps) == 2
    images, labels = arrays(40, seed=6)
    each = made.evaluate(images, labels, bootstrap=0)
    raw = made.evaluate(images, labels, bootstrap=0, calibrated=False)
    assert each["nll"] != raw["nll"]
    assert [one["nll"] for one in each.members] == [one["nll"] for one in raw.members]


def test_evaluating_the_rows_of_the_calibration_is_noted() -> None:
    made = fitted("none")
    images, labels = arrays(40, seed=1)
    made.calibrate(images, labels)
    assert "was fitted to these images" in made.evaluate(images, labels, bootstrap=0).notes[0]
