"""Every output distribution, from arrays and files to predictions: it learns, and beats a constant.

The images are scikit-learn's digits; the labels are made of the digit that is written.
"""

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import bnnc
from bnnc.cli.app import run
from bnnc.runtime.data import DataError, Dataset
from bnnc.runtime.data.digits import load_digits
from bnnc.runtime.prediction.draws import WeightDraws
from bnnc.runtime.prediction.multilabel_prediction import LabelSetPredictor
from bnnc.runtime.prediction.regression_prediction import INTERVALS, LEVELS, NumberPredictor
from bnnc.runtime.preparation import prepare_dataset
from bnnc.runtime.program import Program
from bnnc.specs.outputs import OUTPUTS
from tests.support.predictions import of_classes, of_numbers

Document = dict[str, Any]
DIGITS = load_digits()
IMAGES, DIGIT = DIGITS.train.images[:600], DIGITS.train.labels[:600]
BOTH = "loc_and_unconstrained_scale"
DIGIT_UNITS = {"label_mean": 4.5, "label_std": 2.9}


def document(output: Document, units: int, method: str = "flipout", **sections: Any) -> Document:
    head: Document = {"type": "dense", "units": units}
    return {
        "bnnc": 1,
        "name": "digits",
        "input": {"shape": [8, 8, 1], "value_range": [0, 16]},
        "layers": [{"type": "flatten"}, {"type": "dense", "units": 32, "activation": "relu"}, head],
        "bayesian": {"method": method, "prior": {"scale": 1.0}},
        "output": output,
        "loss": {"kl": {"warmup_epochs": 8}},
        "training": {
            "batch_size": 32,
            "epochs": 8,
            "optimizer": {"type": "adam", "learning_rate": 0.01},
        },
        "prediction": {"samples": 8},
        **sections,
    }


def shares(digit: np.ndarray) -> np.ndarray:
    """Shares of low, middle and high, with noise: the nearer the more."""
    near = -np.abs(digit[:, np.newaxis] - np.array([1.0, 4.5, 8.0]))
    noise = np.random.default_rng(5).normal(0, 0.3, near.shape)
    weights = np.exp(near / 2 + noise)
    return np.asarray(weights / weights.sum(axis=-1, keepdims=True))


# Output section, units, labels: one for each distribution and way to have a scale.
CASES: dict[str, tuple[Document, int, np.ndarray]] = {
    "relaxed_one_hot_categorical": (
        {"parameterization": "logits", "classes": 3, "temperature": 0.7, "labels": "soft"},
        3,
        shares(DIGIT),
    ),
    "ordered_logistic": ({"parameterization": "loc", "classes": 10, "labels": "integer"}, 1, DIGIT),
    "independent_bernoulli": (
        {"parameterization": "logits", "classes": 3, "labels": "multi_hot"},
        3,
        np.stack([DIGIT % 2 == 0, DIGIT > 4, np.isin(DIGIT, [0, 6, 8, 9])], axis=1),
    ),
    "normal": (
        {"parameterization": BOTH, "labels": "real", **DIGIT_UNITS},
        2,
        DIGIT.astype(np.float64),
    ),
    "normal, learned": (
        {"parameterization": "loc", "scale": "learned", "labels": "real", **DIGIT_UNITS},
        1,
        DIGIT,
    ),
    "normal, fixed": (
        {"parameterization": "loc", "scale": 1.5, "labels": "real", **DIGIT_UNITS},
        1,
        DIGIT,
    ),
    "normal, several": (
        {
            "parameterization": BOTH,
            "event_size": 2,
            "labels": "real",
            "label_mean": [4.5, 4.9],
            "label_std": [2.9, 0.6],
        },
        4,
        np.stack([DIGIT, IMAGES.mean(axis=(1, 2, 3))], axis=1),
    ),
    "student_t": ({"parameterization": BOTH, "labels": "real", **DIGIT_UNITS}, 2, DIGIT),
    "poisson": ({"parameterization": "log_rate", "labels": "count"}, 1, DIGIT),
}
FAMILIES = {name.split(",")[0] for name in CASES}


def case(name: str, **sections: Any) -> tuple[Program, np.ndarray]:
    output, units, labels = CASES[name]
    output = {"distribution": name.split(",")[0], **output}
    return bnnc.compile(document(output, units, **sections)), labels


def constant_nll(name: str, labels: np.ndarray) -> float:
    """NLL of the best predictor that does not look at the images."""
    rows = labels.reshape(len(labels), -1).astype(np.float64)
    match name.split(",")[0]:
        case "ordered_logistic":
            frequency = np.bincount(labels) / len(labels)
            return float(-np.mean(np.log(frequency[labels])))
        case "independent_bernoulli":
            yes = rows.mean(axis=0)
            return float(-np.sum(yes * np.log(yes) + (1 - yes) * np.log(1 - yes)))
        case "poisson":
            from scipy.stats import poisson

            return float(-np.mean(poisson.logpmf(rows, rows.mean())))
    # Of numbers: normal noise around the mean.
    return float(np.sum(0.5 * np.log(2 * np.pi * np.e * rows.var(axis=0))))


def test_every_distribution_of_the_language_has_a_case() -> None:
    classifiers = {"categorical", "one_hot_categorical", "bernoulli"}
    assert FAMILIES | classifiers == set(OUTPUTS)


@pytest.mark.parametrize("name", CASES)
def test_a_program_learns_saves_and_loads_and_beats_the_constant_predictor(
    name: str, tmp_path: Path
) -> None:
    program, labels = case(name)
    seen = (IMAGES[:100], labels[:100])
    before = program.evaluate(*seen)
    history = program.fit(IMAGES, labels)
    after = program.evaluate(*seen)
    assert after["nll"] < before["nll"]
    assert history.history["nll"][-1] < history.history["nll"][0]
    if name == "relaxed_one_hot_categorical":
        most_frequent = np.bincount(labels.argmax(axis=1)).max() / len(labels)
        assert after["accuracy"] > most_frequent + 0.1
    else:
        assert after["nll"] < constant_nll(name, labels) - 0.05
    if "rmse" in after:
        assert after["rmse"] < labels.std(axis=0).max()
        assert 0 < after["crps"] < after["mae"]
        assert after["coverage_50"] <= after["coverage_90"] <= after["coverage_95"]
        assert after["epistemic_std"] > 0
        assert "accuracy" not in history.history
        assert history.history["mae"][-1] < history.history["mae"][0]
    program.save(tmp_path / "saved")
    assert bnnc.load(tmp_path / "saved").evaluate(*seen) == after


@pytest.mark.parametrize("name", ["ordered_logistic", "normal, learned"])
def test_what_is_learned_once_is_a_weight_of_the_last_layer_and_part_of_the_output(
    name: str,
) -> None:
    program, labels = case(name)
    last = program.model.layers[-1]
    (node,) = [one for one in program.manifest["plan"]["nodes"] if one["name"] == last.name]
    assert node["trainable"] == last.count_params() == len(np.array(last.trainable_weights[0]))
    assert f"bnn.{type(last).__name__}(" in program.source
    before = np.array(last.trainable_weights[0])
    numbers = np.array(program.model(IMAGES[:3].astype(np.float32)))
    if name == "ordered_logistic":
        # At the start, each class is as likely as the others where the location is 0.
        expected = np.log(np.arange(1, 10) / np.arange(9, 0, -1))
        np.testing.assert_allclose(numbers[:, 1:], np.tile(expected, (3, 1)), rtol=1e-5, atol=1e-6)
    else:
        distribution = program.distribution(IMAGES[:3])
        np.testing.assert_allclose(distribution.scale, DIGIT_UNITS["label_std"], rtol=1e-6)
    program.fit(IMAGES, labels, epochs=1)
    assert not np.array_equal(before, np.array(last.trainable_weights[0]))


@pytest.mark.parametrize("precision", ["mixed_bfloat16", "mixed_float16"])
@pytest.mark.parametrize("name", ["ordered_logistic", "normal, learned"])
def test_the_distributions_parameters_are_float32_under_mixed_precision(
    name: str, precision: str
) -> None:
    program, labels = case(name, training={"precision": precision, "epochs": 1})
    assert program.model.output.dtype == "float32"
    assert np.isfinite(program.fit(IMAGES[:64], labels[:64]).history["nll"]).all()


def test_a_deterministic_normal_has_no_epistemic_part_and_the_closed_forms() -> None:
    from scipy.stats import norm

    program, labels = case("normal, fixed", method="none")
    prediction = of_numbers(program.predict(IMAGES[:50]))
    standardised = np.array(program.model(IMAGES[:50].astype(np.float32)))[:, 0]
    loc = DIGIT_UNITS["label_mean"] + DIGIT_UNITS["label_std"] * standardised
    np.testing.assert_allclose(prediction.mean, loc, rtol=1e-5, atol=1e-5)
    np.testing.assert_array_equal(prediction.epistemic_std, 0)
    np.testing.assert_allclose(prediction.std, 1.5, rtol=1e-6)
    assert prediction.samples == 1
    for level in LEVELS:
        expected = norm.ppf(level, loc, 1.5)
        np.testing.assert_allclose(prediction.quantile(level), expected, rtol=1e-4, atol=1e-4)
    metrics = program.evaluate(IMAGES[:50], labels[:50])
    nll = -norm.logpdf(labels[:50], loc, 1.5).mean()
    assert metrics["nll"] == pytest.approx(nll, rel=1e-5)
    assert metrics["rmse"] == pytest.approx(np.sqrt(np.mean((labels[:50] - loc) ** 2)), rel=1e-5)
    for share in INTERVALS:
        inside = np.abs(labels[:50] - loc) <= 1.5 * norm.ppf((1 + share) / 2)
        assert metrics[f"coverage_{share * 100:.0f}"] == pytest.approx(inside.mean())


@pytest.mark.parametrize("name", ["normal", "poisson", "independent_bernoulli"])
def test_the_prediction_is_the_same_in_chunks_of_any_size_and_of_no_images(name: str) -> None:
    program, labels = case(name)
    whole = program.predict(IMAGES[:20], samples=6)
    metrics = program.evaluate(IMAGES[:20], labels[:20], samples=6)
    predictor = program._predictor
    assert isinstance(predictor, NumberPredictor | LabelSetPredictor)
    assert isinstance(predictor._draws, WeightDraws)
    predictor._draws._chunk = 7
    parts = program.predict(IMAGES[:20], samples=6)
    for field in ("mean", "std", "quantiles") if hasattr(whole, "mean") else ("probs", "entropy"):
        np.testing.assert_allclose(getattr(parts, field), getattr(whole, field), rtol=1e-4)
    assert program.evaluate(IMAGES[:20], labels[:20], samples=6) == pytest.approx(metrics, rel=1e-4)
    none = predictor.predict(IMAGES[:0], 1, 0)
    field = "mean" if hasattr(whole, "mean") else "probs"
    assert len(getattr(none, field)) == 0


@pytest.mark.parametrize("name", ["normal, several", "poisson", "independent_bernoulli"])
def test_labels_of_every_kind_go_from_an_npz_file_through_the_command_line(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    output, units, labels = CASES[name]
    output = {"distribution": name.split(",")[0], **output}
    spec = document(output, units, training={"epochs": 1}, data={"source": "data.npz"})
    Path("spec.json").write_text(json.dumps(spec))
    np.savez("data.npz", x_train=IMAGES, y_train=labels, x_test=IMAGES[:9], y_test=labels[:9])
    np.save("images.npy", IMAGES[:4])
    for arguments in (
        ["train", "spec.json", "--run", "run"],
        ["evaluate", "run"],
        ["predict", "run", "images.npy", "-o", "said.csv"],
        ["predict", "run", "images.npy", "-o", "said.npz"],
    ):
        assert run(arguments) == 0
    with Path("said.csv").open() as file:
        rows = list(csv.DictReader(file))
    arrays = np.load("said.npz")
    assert len(rows) == 4
    if name == "normal, several":
        assert float(rows[1]["mean_1"]) == pytest.approx(arrays["mean"][1, 1], abs=1e-5)
        assert float(rows[1]["lower_90_0"]) < float(rows[1]["upper_90_0"])
    elif name == "poisson":
        assert float(rows[2]["mean"]) == pytest.approx(arrays["mean"][2], abs=1e-5)
        assert float(rows[2]["upper_95"]) == int(float(rows[2]["upper_95"]))
    else:
        said = [str(index) for index in np.flatnonzero(arrays["labels"][0])]
        assert rows[0]["labels"].split() == said
        assert float(rows[0]["probability_2"]) == pytest.approx(arrays["probs"][0, 2], abs=1e-5)


def test_classes_that_are_called_by_numbers_are_those_numbers_and_others_are_refused() -> None:
    program, _ = case("normal, fixed")
    prepared: Any = program.prepare("digits").train
    np.testing.assert_array_equal(prepared.labels, DIGITS.train.labels)
    assert prepared.labels.dtype == np.float32
    named = Dataset("animals", DIGITS.train, None, ("cat", "dog"), "made")
    with pytest.raises(DataError, match="no number that was measured"):
        prepare_dataset(program.spec, named, "animals")


def test_class_weights_turn_the_model_towards_the_heavy_class() -> None:
    output = {"distribution": "categorical", "parameterization": "logits", "classes": 10}
    output["labels"] = "integer"
    said = []
    for weights in ([1.0] * 10, [1.0] * 8 + [50.0, 1.0]):
        loss = {"class_weight": weights, "kl": {"weight": 0}}
        program = bnnc.compile(document(output, 10, loss=loss, training={"epochs": 2}))
        program.fit(IMAGES, DIGIT)
        said.append(np.mean(of_classes(program.predict(IMAGES)).label == 8))
    assert said[1] > said[0]
