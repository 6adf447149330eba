"""Columns of categories: a feature of 0 and 1 for each that a training row has."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.preprocessing import OneHotEncoder

from bnnc.runtime.data import DataError, load
from bnnc.runtime.data.errors import SpecDataError
from bnnc.runtime.data.local_path import path_facts
from bnnc.runtime.data.number_table import read_rows
from bnnc.specs.data import Labels, Reading, Splits
from bnnc.specs.one_hot import OneHot

WARDS = ["north", "south=1", "west", "north", "south=1", "rare"]
PARTS = ["train"] * 4 + ["val", "test"]
NAMES = ("age", "ward=north", "ward=south=1", "ward=west", "dose")


def write(folder: Path, wards: list[str], parts: list[str], name: str = "rows.csv") -> Path:
    rows = [
        f"{number},{ward},{number / 2},{number},{part}"
        for number, (ward, part) in enumerate(zip(wards, parts, strict=True))
    ]
    (folder / name).write_text("\n".join(["age,ward,dose,answer,split", *rows]) + "\n")
    return folder / name


def reading(handle_unknown: Any = "error", columns: Any = ("ward",), **more: Any) -> Reading:
    one_hot = OneHot(columns=list(columns), handle_unknown=handle_unknown)
    return Reading(kind="real", axes=1, labels=Labels(target="answer"), one_hot=one_hot, **more)


def test_the_features_are_those_of_scikit_learn_over_the_training_rows(tmp_path: Path) -> None:
    path = write(tmp_path, WARDS, PARTS)
    dataset = load(path, reading=reading("ignore"))
    assert dataset.feature_names == NAMES
    encoder = OneHotEncoder(handle_unknown="ignore", sparse_output=False)
    encoder.fit(np.array(WARDS[:4])[:, None])
    expected = encoder.transform(np.array(WARDS)[:, None])
    assert dataset.validation is not None
    assert dataset.test is not None
    parts = (dataset.train, dataset.validation, dataset.test)
    np.testing.assert_array_equal(np.concatenate([one.images[:, 1:4] for one in parts]), expected)
    assert dataset.test.images[0].tolist() == [5, 0, 0, 0, 2.5]
    facts = path_facts(path, name="rows", reading=reading("ignore"))
    assert (facts.shape, facts.feature_names) == ((5,), NAMES)


def test_a_category_without_a_training_row_is_refused_with_its_line(tmp_path: Path) -> None:
    path = write(tmp_path, WARDS, PARTS)
    match = r"column `ward` holds a category that no training row has in: line 7 \(`rare`\)"
    with pytest.raises(DataError, match=match):
        load(path, reading=reading())
    with pytest.raises(DataError, match=r"`ward` has no value in: line 3"):
        load(write(tmp_path, ["a", "", "a"], ["train"] * 3), reading=reading("ignore"))


def test_rows_that_shares_hold_out_have_no_part_in_the_categories(tmp_path: Path) -> None:
    wards = [f"w{number}" for number in range(10)]
    path = write(tmp_path, wards, ["train"] * 10)
    dataset = load(path, reading=reading("ignore", splits=Splits(validation=0.2, test=0.2)))
    assert dataset.feature_names is not None
    of_wards = [one for one in dataset.feature_names if one.startswith("ward=")]
    assert of_wards == [f"ward=w{int(age)}" for age in sorted(dataset.train.images[:, 0])]
    assert len(of_wards) == 6
    assert dataset.test is not None
    assert not dataset.test.images[:, 1:7].any()
    facts = path_facts(
        path, name="rows", reading=reading("ignore", splits=Splits(validation=0.2, test=0.2))
    )
    assert facts.shape == (8,)


def test_other_tables_are_read_by_the_names_of_a_run(tmp_path: Path) -> None:
    path = write(tmp_path, ["west", "rare"], ["train"] * 2, "new.csv")
    one_hot = OneHot(columns=["ward"], handle_unknown="ignore")
    rows = read_rows(path, NAMES, 5, one_hot)
    np.testing.assert_array_equal(rows, [[0, 0, 0, 1, 0], [1, 0, 0, 0, 0.5]])
    with pytest.raises(
        DataError, match=r"line 3 \(`rare`\)\. Expected one of north, south=1, west"
    ):
        read_rows(path, NAMES, 5, OneHot(columns=["ward"]))
    dataset = load(path, reading=reading("ignore", features=NAMES))
    np.testing.assert_array_equal(dataset.train.images, rows)


@pytest.mark.parametrize("column", ["answer", "nowhere"])
def test_a_column_that_is_no_feature_is_refused(column: str, tmp_path: Path) -> None:
    path = write(tmp_path, WARDS, PARTS)
    with pytest.raises(SpecDataError, match=f"names {column}, which is no feature") as refused:
        load(path, reading=reading(columns=["ward", column]))
    assert refused.value.path == ("data", "one_hot", "columns")
    np.savez(tmp_path / "a.npz", x_train=np.zeros((2, 3)), y_train=np.arange(2))
    with pytest.raises(DataError, match=r"`data\.one_hot` names"):
        load(tmp_path / "a.npz", reading=reading())
