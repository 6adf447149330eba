"""Tables of numbers: columns, parts, and what is refused with its line and column."""

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow
import pytest
from pyarrow import parquet
from sklearn import datasets

from bnnc.runtime.data import DataError, load
from bnnc.runtime.data.errors import SpecDataError
from bnnc.runtime.data.features import as_features, constant_features
from bnnc.runtime.data.local_path import path_facts
from bnnc.runtime.data.number_table import read_rows
from bnnc.runtime.data.survey import survey_data
from bnnc.specs.data import Labels, Reading, Splits

ROWS = ["1,10,0.5,a,train", "2,20,1.5,b,train", "3,30,2.5,a,test", "4,40,3.5,b,val"]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return write(tmp_path, "age,dose,answer,ward,split", *ROWS)


def write(folder: Path, *rows: str, name: str = "table.csv") -> Path:
    (folder / name).write_text("".join(f"{row}\n" for row in rows), encoding="utf-8")
    return folder / name


def reading(*features: str, kind: str = "real", target: Any = "answer", **more: Any) -> Reading:
    labels = Labels(target=target)
    return Reading(kind=kind, axes=1, labels=labels, features=features or None, **more)


def refused(path: Path, how: Reading, match: str) -> DataError:
    with pytest.raises(DataError, match=match) as loading:
        load(path, reading=how)
    with pytest.raises(DataError) as seen:
        path_facts(path, name=str(path), reading=how)
    assert str(seen.value) == str(loading.value)
    return loading.value


def test_features_are_the_named_columns_in_their_order(path: Path) -> None:
    dataset = load(path, reading=reading("dose", "age"))
    assert dataset.feature_names == ("dose", "age")
    np.testing.assert_array_equal(dataset.train.images, [[10, 1], [20, 2]])
    assert dataset.train.images.dtype == np.float32
    np.testing.assert_array_equal(dataset.train.labels, [0.5, 1.5])
    assert dataset.test is not None
    assert dataset.validation is not None
    np.testing.assert_array_equal(dataset.test.images, [[30, 3]])
    np.testing.assert_array_equal(dataset.validation.images, [[40, 4]])


def test_all_other_columns_are_features_without_names_for_them(tmp_path: Path) -> None:
    path = write(tmp_path, "a;label;b;patient", "1;0;2.5;x", "3;1;4.5;y", "5;1;6;x")
    how = Reading(kind="integer", axes=1, splits=Splits(test=0.4, by="patient"))
    dataset = load(path, reading=how)
    assert dataset.feature_names == ("a", "b")
    facts = path_facts(path, name="a", reading=how)
    assert (facts.shape, facts.rows, facts.label_columns) == ((2,), 3, 1)
    assert facts.groups == ("x", "y", "x")
    assert facts.label_counts == (1, 2)


def test_parquet_holds_the_same_rows(path: Path) -> None:
    columns = {"age": [1, 2], "dose": [True, False], "answer": [0.5, 1.5]}
    parquet.write_table(pyarrow.table(columns), path.with_suffix(".parquet"))
    dataset = load(path.with_suffix(".parquet"), reading=reading())
    np.testing.assert_array_equal(dataset.train.images, [[1, 1], [2, 0]])


@pytest.mark.parametrize(
    ("row", "match"),
    [
        (",20,1.5,b,train", r"column `age` has no value in: line 3 \(``\)"),
        ("2,NA,1.5,b,train", r"column `dose` has no value in: line 3 \(`NA`\)"),
        ("2,nan,1.5,b,train", r"column `dose` has no value in: line 3"),
        ("2,2O,1.5,b,train", r"column `dose` holds no number in: line 3 \(`2O`\)"),
        ('2,"2,5",1.5,b,train', "Write a point before the decimals"),
        ("2,1e39,1.5,b,train", r"row 1, column `dose` is 1e\+39"),
        ("2,20,,b,train", "column `answer` is empty in: line 3"),
    ],
)
def test_a_cell_without_a_number_is_refused_by_line_and_column(
    tmp_path: Path, row: str, match: str
) -> None:
    path = write(tmp_path, "age,dose,answer,ward,split", ROWS[0], row, *ROWS[2:])
    refused(path, reading("age", "dose"), match)


@pytest.mark.parametrize(
    ("how", "match", "key"),
    [
        (reading(), r"a column holds text: `ward` \(`a` in line 2\).*one_hot", "features"),
        (reading("age", "weight"), "there is no column `weight`. The columns are age", "features"),
        (reading("age", "answer"), "column `answer` is the label", "features"),
        (reading("age", "age"), "names column `age` twice", "features"),
        (reading(target="x"), "there is no column `x`", "labels"),
        (reading("age", streaming=True), "`data.streaming` is about images", "streaming"),
        (reading("age", channels=3), "`data.decode` is about images", "decode"),
    ],
)
def test_a_column_that_is_no_feature_is_refused_at_its_key(
    path: Path, how: Reading, match: str, key: str
) -> None:
    error = refused(path, how, match)
    assert isinstance(error, SpecDataError)
    assert error.path[:2] == ("data", key)


def test_a_table_without_other_columns_has_no_features(tmp_path: Path) -> None:
    refused(write(tmp_path, "answer", "1", "2"), reading(), "no column besides answer")


def test_rows_to_predict_are_found_by_the_names_of_their_columns(path: Path) -> None:
    np.testing.assert_array_equal(read_rows(path, ("dose", "age"), 2)[0], [10, 1])
    with pytest.raises(DataError, match="has no column weight. Expected weight, age"):
        read_rows(path, ("weight", "age"), 2)
    with pytest.raises(DataError, match="has 5 columns. Expected 3 columns"):
        read_rows(path, None, 3)


def test_values_that_float32_cannot_tell_apart_are_refused() -> None:
    seconds = 1.7e9 + np.arange(10.0)[:, np.newaxis]
    with pytest.raises(DataError, match="column `time` has values up to 1700000009.*Subtract"):
        as_features(seconds, where="log.csv", names=["time"])
    np.testing.assert_array_equal(as_features(seconds - 1.7e9, where="log.csv")[3], [3])


def test_constant_features_are_named() -> None:
    rows = np.array([[1.0, 2.0, 3.0], [1.0, 4.0, 3.0]])
    assert constant_features(rows[:, 1:2], None) == ()
    (sentence,) = constant_features(rows, ("a", "b", "c"))
    assert sentence.startswith("of 3 features 2 are the same in all training rows: a, c.")


def test_a_survey_has_the_moments_of_the_training_rows_alone(path: Path) -> None:
    survey, refusal = survey_data(str(path), reading=reading("age", "dose"), shape=(2,))
    assert refusal is None
    assert [one.name for one in survey.columns] == ["age", "dose"]
    dose = survey.columns[1]
    assert (dose.low, dose.high, dose.mean, dose.std) == (10, 40, 15, 5)
    assert (survey.odd, survey.value_range) == ((), None)


@pytest.mark.parametrize("name", ["diabetes", "wine", "breast-cancer", "iris"])
def test_a_named_table_is_divided_without_loss(name: str) -> None:
    dataset = load(name)
    assert dataset.test is not None
    assert dataset.feature_names is not None
    features = np.concatenate([dataset.train.images, dataset.test.images])
    assert features.shape[1] == len(dataset.feature_names)
    labels = np.concatenate([dataset.train.labels, dataset.test.labels])
    how: dict[str, Any] = {"scaled": False} if name == "diabetes" else {}
    data, target = getattr(datasets, f"load_{name.replace('-', '_')}")(return_X_y=True, **how)
    made, expected = (
        np.column_stack(one).astype(np.float32) for one in ((features, labels), (data, target))
    )
    np.testing.assert_array_equal(made[np.lexsort(made.T)], expected[np.lexsort(expected.T)])
    means = (dataset.train.labels.mean(), dataset.test.labels.mean())
    spread = dataset.train.labels.std()
    assert abs(means[0] - means[1]) < 0.1 * spread  # the labels are divided evenly


def test_what_is_about_images_is_refused(path: Path) -> None:
    error = refused(path, reading(on_error="skip"), "`data.on_error` is about images")
    assert isinstance(error, SpecDataError)
    assert error.path == ("data", "on_error")


def test_features_of_other_data_are_refused(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", x_train=np.zeros((4, 6, 6, 1)), y_train=[0, 1, 0, 1])
    error = refused(
        tmp_path / "a.npz", Reading(features=("age",)), "`data.features` names the columns of"
    )
    assert isinstance(error, SpecDataError)
    assert error.path == ("data", "features")
