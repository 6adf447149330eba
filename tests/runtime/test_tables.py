"""Programs of tables of numbers: statistics of the training rows, from a CSV to predictions."""

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

import bnnc
from bnnc.cli.app import run
from bnnc.errors import ArgumentError
from bnnc.runtime.data import DataError
from bnnc.runtime.program import Program
from bnnc.runtime.training.statistics import standardization_of
from tests.support.predictions import of_numbers

Array = npt.NDArray[Any]
NAMES = ("age", "dose", "same", "year")
RNG = np.random.default_rng(0)
FEATURES = RNG.normal(size=(60, 4)) * [10, 0.01, 0, 3] + [50, 0.2, 7, 2000]
LABELS = 300 + 2 * FEATURES[:, 0] + 900 * FEATURES[:, 1] + RNG.normal(size=60)
PARTS = ["train"] * 40 + ["test"] * 20


def spec(**sections: Any) -> dict[str, Any]:
    return {
        "bnnc": 1,
        "name": "table",
        "input": {"shape": [4]},
        "layers": [
            {"type": "dense", "units": 8, "activation": "relu"},
            {"type": "dense", "units": 1},
        ],
        "bayesian": {"method": "flipout"},
        "output": {
            "distribution": "normal",
            "parameterization": "loc",
            "scale": "learned",
            "labels": "real",
            "standardize_labels": True,
        },
        "training": {"batch_size": 20, "epochs": 3, "seed": 1},
        **sections,
    }


def fitted(features: Array, labels: Array, **sections: Any) -> Program:
    program = bnnc.compile(spec(**sections))
    program.fit(features, labels, verbose=0)
    return program


@pytest.fixture(scope="module")
def program() -> Program:
    return fitted(FEATURES[:40], LABELS[:40])


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A table, the same rows with their columns in another order, a spec, and a run of it."""
    folder = tmp_path_factory.mktemp("table")
    with (folder / "rows.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([*NAMES, "answer", "split"])
        writer.writerows(
            [*map(float, row), label, part]
            for row, label, part in zip(FEATURES, LABELS, PARTS, strict=True)
        )
    with (folder / "new.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["id", *reversed(NAMES)])
        writer.writerows(["a", *map(float, reversed(row))] for row in FEATURES[:5])
    data = {"source": "rows.csv", "labels": {"target": "answer"}}
    (folder / "spec.json").write_text(json.dumps(spec(data=data)))
    assert run(["train", str(folder / "spec.json"), "--run", str(folder / "run")]) == 0
    return folder


def test_statistics_are_those_of_the_training_rows_alone(folder: Path) -> None:
    trained = json.loads((folder / "run/manifest.json").read_text())["trained"]
    rows = FEATURES[:40].astype(np.float32).astype(np.float64)
    assert trained["feature_names"] == list(NAMES)
    np.testing.assert_allclose(trained["feature_mean"], rows.mean(axis=0), rtol=1e-6)
    std = rows.std(axis=0)
    np.testing.assert_allclose(trained["feature_std"], [std[0], std[1], 1, std[3]], rtol=1e-6)
    labels = LABELS[:40].astype(np.float32).astype(np.float64)
    np.testing.assert_allclose(trained["label_mean"], [labels.mean()], rtol=1e-6)
    np.testing.assert_allclose(trained["label_std"], [labels.std()], rtol=1e-6)


def test_a_loaded_run_predicts_by_the_names_of_the_columns(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    loaded = bnnc.load(folder / "run")
    expected = of_numbers(loaded.predict(FEATURES[:5]))
    assert run(["predict", str(folder / "run"), str(folder / "new.csv")]) == 0
    rows = list(csv.DictReader(capsys.readouterr().out.splitlines()))
    assert [one["row"] for one in rows] == ["0", "1", "2", "3", "4"]
    for key, numbers in (
        ("mean", expected.mean),
        ("std", expected.std),
        ("epistemic_std", expected.epistemic_std),
    ):
        np.testing.assert_allclose([float(one[key]) for one in rows], numbers, atol=1e-5)


def test_a_run_is_evaluated_on_its_test_rows_and_speaks_of_rows(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["evaluate", str(folder / "run")]) == 0
    shown = capsys.readouterr().out
    assert shown.startswith("20 test rows, 32 weight draws")
    assert "nats per row" in shown
    assert "image" not in shown
    assert run(["evaluate", str(folder / "run"), "--shift"]) == 2
    assert "a row of features" in capsys.readouterr().err
    found = bnnc.load(folder / "run").evaluate(FEATURES[40:], LABELS[40:], bootstrap=0)
    assert run(["evaluate", str(folder / "run"), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["rmse"] == pytest.approx(found["rmse"], rel=1e-4)


def test_the_doctor_measures_features_as_the_first_layer_gets_them(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run(["doctor", str(folder / "run")])
    shown = capsys.readouterr().out
    assert "training" in shown
    assert "BNN803" not in shown
    assert "BNN806" not in shown


def test_units_of_features_and_labels_change_nothing(program: Program) -> None:
    units, origins = np.array([0.01, 1000, 3, 2]), np.array([-5, 1, 0, -4000])
    other = fitted(FEATURES[:40] * units + origins, 4 * LABELS[:40] - 7)
    first = of_numbers(program.predict(FEATURES[40:]))
    second = of_numbers(other.predict(FEATURES[40:] * units + origins))
    spread = LABELS.std()
    np.testing.assert_allclose(second.mean, 4 * first.mean - 7, atol=4e-3 * spread)
    np.testing.assert_allclose(second.std, 4 * first.std, rtol=2e-3)
    np.testing.assert_allclose(second.epistemic_std, 4 * first.epistemic_std, rtol=1e-2)


def test_a_linear_layer_learns_the_least_squares_fit() -> None:
    layers = [{"type": "dense", "units": 1}]
    rate = {"type": "cosine_decay", "initial_learning_rate": 0.1}
    training = {
        "batch_size": 40,
        "epochs": 400,
        "optimizer": {"type": "adam", "learning_rate": rate},
    }
    one = fitted(
        FEATURES[:40], LABELS[:40], layers=layers, bayesian={"method": "none"}, training=training
    )
    design = np.column_stack([np.ones(40), FEATURES[:40][:, [0, 1, 3]]])
    solution = np.linalg.lstsq(design, LABELS[:40], rcond=None)[0]
    asked = np.column_stack([np.ones(20), FEATURES[40:][:, [0, 1, 3]]])
    np.testing.assert_allclose(
        of_numbers(one.predict(FEATURES[40:])).mean, asked @ solution, atol=0.1
    )


def test_a_second_training_keeps_the_statistics_of_the_first() -> None:
    one = fitted(FEATURES[:40], LABELS[:40])
    layer = standardization_of(one.model)
    assert layer is not None
    before, output = layer.get_weights(), one.model.objective.output
    one.fit(FEATURES[40:] + 100, LABELS[40:], verbose=0, epochs=1)
    for earlier, now in zip(before, layer.get_weights(), strict=True):
        np.testing.assert_array_equal(earlier, now)
    assert one.model.objective.output == output


def test_the_plan_counts_the_weights_that_keras_counts(program: Program) -> None:
    assert program.manifest["plan"]["totals"]["parameters"] == program.model.count_params()


def test_a_training_through_keras_takes_the_statistics_too(program: Program) -> None:
    model = bnnc.compile(spec()).model
    with pytest.raises(ArgumentError, match="standardises by the training rows"):
        model.train_on_batch(FEATURES[:20], LABELS[:20])
    model.fit(FEATURES[:40], LABELS[:40], batch_size=20, epochs=1, verbose=0)
    ours, theirs = standardization_of(program.model), standardization_of(model)
    assert ours is not None
    assert theirs is not None
    np.testing.assert_allclose(theirs.get_weights()[0], ours.get_weights()[0], rtol=1e-6)


@pytest.mark.parametrize(
    ("features", "match"),
    [
        (FEATURES[:40, :3], r"the rows have 3 features. Expected \[rows, 4\]"),
        (FEATURES[:39], "39 rows, but 40 labels"),
        (np.where(FEATURES[:40] > 2005, np.nan, FEATURES[:40]), "column 3 is nan"),
        (FEATURES[:40].astype(str), "expected numbers"),
    ],
)
def test_arrays_that_are_no_rows_of_the_spec_are_refused(features: Array, match: str) -> None:
    with pytest.raises(DataError, match=match):
        bnnc.compile(spec()).prepare(features, LABELS[:40])


def test_features_as_they_are_where_the_spec_says_so() -> None:
    program = bnnc.compile(spec(input={"shape": [4], "standardize": False}))
    assert standardization_of(program.model) is None
