"""What the rules know of named data they know of a person's own data too."""

from __future__ import annotations

import inspect
import os
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest
from PIL import Image

import bnnc
from bnnc.compiler.analysis.view import View
from bnnc.compiler.diagnostics.catalog import rules
from bnnc.compiler.diagnostics.diagnostic import Diagnostic
from bnnc.compiler.pipeline import plan
from bnnc.specs.sources import SOURCES

Document = dict[str, Any]
DIGITS = SOURCES["digits"]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def document(source: str | None = "own.npz", **sections: Any) -> Document:
    found: Document = {
        "bnnc": 1,
        "name": "own",
        "input": {"shape": [8, 8, 1], "value_range": [0, 16]},
        "layers": [
            {"type": "flatten"},
            {"type": "dense", "units": 64, "activation": "relu"},
            {"type": "dense", "units": 10},
        ],
        "output": {
            "distribution": "categorical",
            "parameterization": "logits",
            "classes": 10,
            "labels": "integer",
        },
        "training": {"optimizer": adam(0.01), "batch_size": 32, "epochs": 100},
        **sections,
    }
    return found if source is None else {**found, "data": {"source": source}}


def adam(rate: float, **more: Any) -> Document:
    return {"type": "adam", "learning_rate": rate, **more}


def training(**more: Any) -> Document:
    return {"optimizer": adam(0.01), "batch_size": 32, "epochs": 100, **more}


def write(path: str = "own.npz", rows: int = DIGITS.rows_train, **arrays: Any) -> None:
    values = {
        "x_train": np.zeros((rows, *DIGITS.shape), np.float32),
        "y_train": np.arange(rows) % 10,
        **arrays,
    }
    np.savez_compressed(path, allow_pickle=False, **values)


def codes(spec: Document) -> list[str]:
    return [one.code for one in bnnc.check(spec).diagnostics]


def only(spec: Document) -> Diagnostic:
    (found,) = bnnc.check(spec).diagnostics
    return found


# --- the same as of named data ------------------------------------------------------------------

PROBLEMS: dict[str, Document] = {
    # A decay that takes 4.5 % of a weight in 4,500 steps.
    "BNN480": {
        "bayesian": {"method": "laplace", "layers": "last", "prior": {"scale": "learned"}},
        "training": training(optimizer={**adam(0.01), "weight_decay": 0.001}),
    },
    "BNN213": {"input": {"shape": [9, 8, 1], "value_range": [0, 16]}},
    "BNN348": {
        "output": {
            "distribution": "independent_bernoulli",
            "parameterization": "logits",
            "classes": 10,
            "labels": "multi_hot",
        }
    },
    "BNN411": {
        "bayesian": {"method": "flipout"},
        "training": training(optimizer=adam(0.01, weight_decay=0.1)),
    },
    "BNN417": {"bayesian": {"method": "flipout"}, "loss": {"kl": {"weight": 0.03}}},
    "BNN419": {"bayesian": {"method": "flipout"}, "loss": {"kl": {"weight": 1e-9}}},
    "BNN502": {"bayesian": {"method": "flipout", "prior": {"scale": 0.03}}},
    "BNN504": {"training": training(optimizer={"type": "sgd", "learning_rate": 1e-9})},
    "BNN505": {"training": training(batch_size=2048, epochs=50)},
    "BNN511": {
        "layers": [
            {"type": "flatten"},
            {"type": "dense", "units": 64},
            {"type": "batch_normalization", "momentum": 0.9999},
            {"type": "activation", "activation": "relu"},
            {"type": "dense", "units": 10},
        ],
        "training": training(epochs=1),
    },
    "BNN608": {"training": training(optimizer=adam(0.01, gradient_accumulation_steps=9999))},
    "BNN609": {"training": training(optimizer=adam(0.01, gradient_accumulation_steps=60))},
    "BNN617": {
        "training": training(optimizer=adam(0.01, use_ema=True, ema_momentum=0.999), epochs=2)
    },
}


@pytest.mark.parametrize("code", PROBLEMS)
def test_own_data_is_judged_as_named_data_of_the_same_facts(code: str) -> None:
    write()
    named = bnnc.check(document("digits", **PROBLEMS[code])).diagnostics
    own = bnnc.check(document(**PROBLEMS[code])).diagnostics
    assert code in {one.code for one in named}
    assert [(one.code, one.message.replace("own.npz", "digits")) for one in own] == [
        (one.code, one.message) for one in named
    ]


def test_every_rule_that_asks_for_rows_is_held_against_own_data(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: set[str] = set()
    rows: Any = vars(View)["rows"].fget

    def noted(view: View) -> int | None:
        frames = [frame.function for frame in inspect.stack(0)]
        asked.update(one.code for one in rules().values() if one.name.replace("-", "_") in frames)
        return cast(int | None, rows(view))

    monkeypatch.setattr(View, "rows", property(noted))
    for sections in PROBLEMS.values():
        bnnc.check(document("digits", **sections))
    # These find what they find without the rows: they ask how often a KL is counted.
    assert asked - {"BNN416", "BNN420"} <= set(PROBLEMS)
    assert len(asked) >= 9


def test_the_plan_knows_the_rows_and_the_kl_of_an_example() -> None:
    write(rows=1500)
    spec = document(bayesian={"method": "flipout"}, ensemble={"members": 2})
    spec["data"]["validation_split"] = 0.1
    made = plan(bnnc.check(spec))
    assert made.rows == 1350
    assert made.kl_per_example == pytest.approx(made.kl / 1350)


def test_a_path_is_relative_to_the_file_that_says_it(folder: Path) -> None:
    (folder / "elsewhere").mkdir()
    write("elsewhere/own.npz", rows=20)
    base = "bnnc: 1\ndata: {source: own.npz}\n"
    (folder / "elsewhere" / "base.yaml").write_text(base)
    spec = {**document(None), "extends": "elsewhere/base.yaml"}
    report = bnnc.check(spec, folder=folder)
    assert [one.code for one in report.diagnostics] == ["BNN505"]


# --- shapes, classes, values --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"x_train": np.zeros((50, 8, 9, 1))}, "the images of `own.npz` have the shape [8, 9, 1]"),
        (
            {"y_train": np.arange(50) % 12},
            "`own.npz` has labels up to 11, but the output distribution has 10",
        ),
        (
            {"y_train": np.arange(50) % 10 + 1},
            "`own.npz` has labels up to 10, but the output distribu",
        ),
        (
            {"y_train": np.eye(12)[np.arange(50) % 12]},
            "`own.npz` has 12 columns of labels, but the ou",
        ),
    ],
)
def test_headers_that_contradict_the_spec_are_errors(arrays: Document, message: str) -> None:
    write(rows=50, **arrays)
    found = only(document())
    assert (found.code, found.severity) == ("BNN213", "error")
    assert found.message.startswith(message)


def test_labels_from_one_on_are_told_to_begin_at_zero() -> None:
    write(rows=50, y_train=np.arange(50) % 10 + 1)
    assert only(document()).help == (
        "number the classes from 0: subtract 1 from every label in the data",
    )


@pytest.mark.parametrize(
    "arrays",
    [
        {},
        {"x_train": np.zeros((50, 8, 8))},  # of one channel
        {"y_train": np.eye(10)[np.arange(50) % 10]},
        {"y_train": (np.arange(50) % 10)[:, None]},
        {"y_train": (np.arange(50) % 10).astype(float)},
        {"y_train": np.linspace(-1, 1, 50)},  # refused when it is read
    ],
)
def test_data_that_fits_is_clean(arrays: Document) -> None:
    write(rows=50, **arrays)
    assert codes(document()) == []


def test_real_labels_have_as_many_numbers_as_the_spec_says() -> None:
    output = {
        "distribution": "normal",
        "parameterization": "loc",
        "scale": "learned",
        "labels": "real",
    }
    layers = [{"type": "flatten"}, {"type": "dense", "units": 1}]
    write(rows=50, y_train=np.zeros((50, 2)))
    spec = document(output=output, layers=layers)
    assert only(spec).help == ("write `event_size: 2`",)
    write(rows=50, y_train=np.arange(50.0))
    assert codes(spec) == []


def test_a_yes_or_no_of_three_classes_is_an_error() -> None:
    write(rows=50, y_train=np.arange(50) % 3)
    output = {"distribution": "bernoulli", "parameterization": "logits", "labels": "binary"}
    layers = [{"type": "flatten"}, {"type": "dense", "units": 1}]
    found = only(document(output=output, layers=layers))
    assert found.code == "BNN213"
    assert "`distribution: categorical`" in found.help[0]


def of_two(source: str = "own.npz", **sections: Any) -> Document:
    output = {"distribution": "bernoulli", "parameterization": "logits", "labels": "binary"}
    layers = [{"type": "flatten"}, {"type": "dense", "units": 1}]
    return document(source, output=output, layers=layers, **sections)


@pytest.mark.parametrize(
    ("positives", "found"), [(11, []), (10, ["BNN262"]), (1, ["BNN262"]), (0, ["BNN262"])]
)
def test_the_shares_are_told_where_one_class_has_nine_rows_of_ten(
    positives: int, found: list[str]
) -> None:
    write(rows=100, y_train=np.arange(100) < positives)
    spec = of_two(training=training(epochs=30))
    assert codes(spec) == found
    if found:
        assert only(spec).message.startswith(f"class 0 has {100 - positives}.0% of the rows")
    assert codes({**spec, "loss": {"class_weight": [1, 9]}}) == []


def test_classes_without_rows_are_named() -> None:
    write(rows=60, y_train=np.arange(60) % 5)
    assert only(document()).message == "no row of `own.npz` has class 5, 6, 7, 8, 9"
    write(rows=60, y_train=np.arange(60) % 5 * 2)
    assert only(document()).message == "no row of `own.npz` has class 1, 3, 5, 7, 9"


def folder_of(classes: list[str], images: int = 8, *parts: str) -> None:
    for part in parts or ("",):
        for name in classes:
            for index in range(images):
                place = Path("images", part, name, f"{index}.png")
                place.parent.mkdir(parents=True, exist_ok=True)
                Image.fromarray(np.full((8, 8), 30 * index, np.uint8)).save(place)


def of_folder(classes: int, **sections: Any) -> Document:
    layers = [{"type": "flatten"}, {"type": "dense", "units": classes}]
    output = {**document()["output"], "classes": classes}
    values = {"shape": [8, 8, 1], "value_range": [0, 255]}
    return document("images", **{"layers": layers, "output": output, "input": values, **sections})


def test_a_folder_of_images_is_counted() -> None:
    folder_of(["a", "b", "c"])
    spec = of_folder(3)
    assert codes(spec) == ["BNN505"]
    assert "which has 24 rows" in only(spec).message
    spec["training"]["batch_size"] = 8
    assert codes(spec) == []
    assert codes({**spec, "input": {"shape": [8, 8, 3]}}) == ["BNN213"]
    assert (
        "has 3 classes, but the output distribution has 4"
        in only({**of_folder(4), "training": training(batch_size=8)}).message
    )


def test_the_order_of_class_folders_must_be_said_or_known() -> None:
    ordered = {
        "distribution": "ordered_logistic",
        "parameterization": "loc",
        "classes": 3,
        "labels": "integer",
    }
    layers = [{"type": "flatten"}, {"type": "dense", "units": 1}]
    folder_of(["mild", "moderate", "severe"])
    spec = of_folder(3, output=ordered, layers=layers, training=training(batch_size=8))
    found = only(spec)
    assert (found.code, found.severity) == ("BNN347", "error")
    spec["data"]["classes"] = ["mild", "moderate", "severe"]
    assert codes(spec) == []


def test_validation_rows_are_known() -> None:
    stopping = training(batch_size=8, early_stopping={"patience": 5})
    folder_of(["a", "b", "c"], 8, "train")
    assert codes(of_folder(3, training=stopping)) == ["BNN605"]
    folder_of(["a", "b", "c"], 8, "val")
    spec = of_folder(3, training=stopping)
    assert codes(spec) == []
    assert plan(bnnc.check(spec)).rows == 24
    spec["data"]["validation_split"] = 0.5
    assert codes(spec) == ["BNN265"]


# --- data that is not there ---------------------------------------------------------------------


@pytest.mark.parametrize("source", ["kmnist", "emnist", "svhn", "stl10", "my-data", "a/b.npz"])
def test_data_that_is_not_there_is_a_warning(source: str) -> None:
    report = bnnc.check(document(source))
    assert report.ok
    (found,) = report.diagnostics
    assert (found.code, found.severity) == ("BNN260", "warning")
    assert not any("did you mean" in line for line in found.help)
    assert any("np" in line for line in found.help) == ("/" not in source)


@pytest.mark.parametrize("source", SOURCES)
def test_named_data_is_looked_for_nowhere(source: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BNNC_DATA_HOME", "nowhere")
    assert "BNN260" not in codes(document(source))


def test_a_path_that_is_nearly_there_is_told() -> None:
    write("own.npz")
    found = only(document("./own.npy"))
    assert found.help == ("did you mean `./own.npz`?",)


@pytest.mark.parametrize("kind", ["table", "empty folder", "pipe", "device", "no archive", "link"])
def test_what_is_there_and_is_no_data_is_an_error(kind: str, folder: Path) -> None:
    place = folder / ("a.npz" if kind in {"pipe", "no archive", "link"} else "a")
    if kind == "pipe":
        os.mkfifo(place)
    elif kind == "empty folder":
        place.mkdir()
    elif kind == "link":
        place.symlink_to("nowhere")
    else:
        place.write_text("1,2")
    source = "/dev/zero" if kind == "device" else place.name
    found = only(document(source))
    expected = ("BNN260", "warning") if kind == "link" else ("BNN261", "error")
    assert (found.code, found.severity) == expected


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root reads all files")
def test_data_of_another_user_is_a_warning(folder: Path) -> None:
    write()
    (folder / "own.npz").chmod(0)
    assert only(document()).code == "BNN260"


@pytest.mark.parametrize("source", ["x" * 4000, "~nobody-of-this-name/x", "a\0b", "~", "."])
def test_no_path_ends_in_a_traceback(source: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(Path.cwd()))
    assert set(codes(document(source))) <= {"BNN260", "BNN261", "BNN018"}
