"""Shares of rows for validation and test: sizes, strata, groups, and the same rows every time."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import bnnc
from bnnc.compiler.analysis.data_facts import find_data
from bnnc.runtime.data import load
from bnnc.runtime.data.errors import SpecDataError
from bnnc.runtime.data.splits import split_rows
from bnnc.specs.data import Reading, Splits

ROWS = 1000
CLASSES = np.random.default_rng(5).choice(4, ROWS, p=[0.6, 0.3, 0.09, 0.01])


def split(rows: int = ROWS, **how: Any) -> dict[str, list[int]]:
    strata = how.pop("strata", None)
    groups = how.pop("groups", None)
    parts = split_rows(rows, Splits(**how), strata=strata, groups=groups, where="the data")
    return {part: members.tolist() for part, members in parts.items()}


@pytest.mark.parametrize("how", [{}, {"strata": CLASSES, "stratified": True}])
def test_every_row_is_in_one_part_and_the_parts_have_their_sizes(how: Any) -> None:
    parts = split(validation=0.1, test=0.2, **how)
    assert {part: len(rows) for part, rows in parts.items()} == {
        "train": 700,
        "validation": 100,
        "test": 200,
    }
    assert sorted(row for rows in parts.values() for row in rows) == list(range(ROWS))
    assert all(rows == sorted(rows) for rows in parts.values())
    assert set(split(test=0.2, **how)) == {"train", "test"}


def test_the_same_seed_gives_the_same_rows_and_another_seed_others() -> None:
    assert split(test=0.2, seed=3) == split(test=0.2, seed=3)
    assert split(test=0.2, seed=3) != split(test=0.2, seed=4)
    # Of two seeds, 200 rows of 1,000 share 40, with a standard deviation of 5.1.
    same = set(split(test=0.2, seed=3)["test"]) & set(split(test=0.2, seed=4)["test"])
    assert abs(len(same) - 40) < 26


def test_the_rows_of_a_seed_are_those_of_earlier_versions() -> None:
    parts = split(10, validation=0.2, test=0.3)
    assert parts == {"train": [1, 3, 6, 7, 9], "test": [2, 4, 5], "validation": [0, 8]}


@pytest.mark.parametrize("how", [{}, {"strata": CLASSES, "stratified": True}])
def test_the_test_rows_do_not_depend_on_the_share_of_the_others(how: Any) -> None:
    assert split(test=0.2, **how)["test"] == split(test=0.2, validation=0.3, **how)["test"]


def test_strata_have_their_share_in_every_part_within_a_row() -> None:
    parts = split(validation=0.1, test=0.2, strata=CLASSES, stratified=True)
    for part, share in (("validation", 0.1), ("test", 0.2), ("train", 0.7)):
        has = np.bincount(CLASSES[parts[part]], minlength=4)
        assert np.abs(has - share * np.bincount(CLASSES)).max() < 2


def test_a_row_of_each_class_stays_in_training() -> None:
    strata = np.array([0] * 10 + [1, 2, 3, 4, 5])
    for seed in range(20):
        rows = split(15, test=0.4, seed=seed, strata=strata, stratified=True)["train"]
        assert set(strata[rows]) == {0, 1, 2, 3, 4, 5}


def test_a_group_is_in_one_part_and_the_sizes_are_near() -> None:
    groups = [f"patient {number}" for number in np.random.default_rng(2).integers(0, 120, ROWS)]
    parts = split(validation=0.1, test=0.2, by="patient", groups=groups)
    of_parts = [{groups[row] for row in rows} for rows in parts.values()]
    assert sum(map(len, of_parts)) == len(set(groups))
    assert abs(len(parts["test"]) - 200) < 10
    assert abs(len(parts["validation"]) - 100) < 10


@pytest.mark.parametrize(
    ("rows", "how", "empty"),
    [
        (3, {"test": 0.1}, "test"),
        (3, {"test": 0.5, "validation": 0.4}, "train"),
        (4, {"test": 0.25, "by": "g", "groups": ["a"] * 4}, "test"),
        (4, {"test": 0.75, "by": "g", "groups": ["a"] * 4}, "train"),
    ],
)
def test_a_part_without_rows_is_refused(rows: int, how: Any, empty: str) -> None:
    with pytest.raises(SpecDataError, match=f"leave no {empty} row of {rows}") as refused:
        split(rows, **how)
    assert refused.value.path == ("data", "splits")


def test_a_source_of_any_kind_is_split_and_its_facts_are_those_of_what_is_left(
    tmp_path: Path,
) -> None:
    lines = ["path,label,patient"]
    for number in range(20):
        for place in (tmp_path / "t", tmp_path / "f" / "ab"[number % 2]):
            place.mkdir(parents=True, exist_ok=True)
            Image.new("L", (3, 3), number).save(place / f"{number}.png")
        lines.append(f"{number}.png,{'ab'[number % 2]},{number // 3}")
    (tmp_path / "t" / "labels.csv").write_text("\n".join(lines))
    images = np.arange(20 * 9.0).reshape(20, 3, 3)
    np.savez(tmp_path / "a.npz", x_train=images, y_train=np.arange(20) % 2, allow_pickle=False)
    by = Splits(validation=0.2, test=0.2, by="patient")
    plain = Splits(validation=0.2, test=0.2, stratified=True)
    for source, splits in (
        ("f", plain),
        ("a.npz", plain),
        ("t/labels.csv", plain),
        ("t/labels.csv", by),
    ):
        reading = Reading(splits=splits, kind="integer")
        dataset = load(tmp_path / source, reading=reading)
        again = load(tmp_path / source, reading=reading)
        assert dataset.validation is not None
        assert dataset.test is not None
        assert again.test is not None
        assert np.array_equal(dataset.test.images, again.test.images)
        parts = (dataset.train, dataset.validation, dataset.test)
        assert sum(len(one.images) for one in parts) == 20
        assert all(len(one.images) == len(one.labels) for one in parts)
        facts = find_data(str(tmp_path / source), None, 0.0, None, reading).facts
        assert facts is not None
        assert facts.rows == len(dataset.train.images)
        assert facts.has_validation is False
    assert dataset.test is not None
    assert len(np.unique(dataset.test.images[:, 0, 0, 0] // 3)) * 3 >= len(dataset.test.images)
    with pytest.raises(SpecDataError, match="no column `doctor`.*path, label, patient"):
        load(tmp_path / "t/labels.csv", reading=Reading(splits=Splits(test=0.2, by="doctor")))
    for source in ("f", "a.npz"):
        found = find_data(str(tmp_path / source), None, 0.0, None, Reading(splits=by))
        assert found.refused is not None
        assert found.refused_at[:2] == ("data", "splits")


def test_parts_that_a_source_has_are_not_taken_from_its_training_rows() -> None:
    with pytest.raises(SpecDataError, match="360 test images of its own") as refused:
        load("digits", reading=Reading(splits=Splits(test=0.1)))
    assert refused.value.path == ("data", "splits", "test")
    dataset = load("digits", reading=Reading(splits=Splits(validation=0.1)))
    assert dataset.validation is not None
    assert (len(dataset.train.images), len(dataset.validation.images)) == (1293, 144)
    facts = find_data("digits", None, 0.0, None, Reading(splits=Splits(validation=0.1))).facts
    assert facts is not None
    assert facts.rows == 1293


@pytest.mark.parametrize(
    ("data", "codes"),
    [
        ({"splits": {"validation": 0.1}}, {"BNN265"}),
        ({"splits": {"test": 0.1}}, set()),
        ({"validation_split": 0.1}, {"BNN265"}),
        ({"validation_split": 0.1, "splits": {"test": 0.1}}, {"BNN265", "BNN271"}),
    ],
)
def test_parts_that_the_data_has_and_parts_that_are_split_off_are_told_at_the_key(
    tmp_path: Path, data: dict[str, Any], codes: set[str]
) -> None:
    images, labels = np.random.default_rng(0).random((400, 8, 8, 1)), np.arange(400) % 3
    arrays = {"x_val": images[:9], "y_val": labels[:9]}
    np.savez(tmp_path / "a.npz", x_train=images, y_train=labels, allow_pickle=False, **arrays)
    spec = {
        "bnnc": 1,
        "name": "a",
        "input": {"shape": [8, 8, 1], "value_range": [0, 1]},
        "layers": [{"type": "flatten"}, {"type": "dense", "units": 3}],
        "output": {
            "distribution": "categorical",
            "parameterization": "logits",
            "classes": 3,
            "labels": "integer",
        },
        "training": {
            "optimizer": {"type": "adam", "learning_rate": 0.01},
            "batch_size": 20,
            "epochs": 20,
            "early_stopping": {"patience": 3},
        },
        "data": {"source": "a.npz", **data},
    }
    assert {one.code for one in bnnc.check(spec, folder=tmp_path).diagnostics} == codes
    spec["data"] = {"source": "digits", "splits": {"test": 0.1}}
    (found,) = (one for one in bnnc.check(spec).diagnostics if one.code == "BNN265")
    assert found.message == "`digits` already has test images"
