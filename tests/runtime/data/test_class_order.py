"""Class names that are numbers are in the order of the numbers."""

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from bnnc.runtime.data import DataError, Dataset, Split, load
from bnnc.runtime.data.class_order import as_listed, in_order, with_class_names
from bnnc.specs.class_names import are_numbers, number_of, order_text


@pytest.mark.parametrize(
    ("names", "ordered"),
    [
        (["0", "1", "10", "11", "2"], ["0", "1", "2", "10", "11"]),
        (["00", "01", "10", "2"], ["00", "01", "2", "10"]),
        (
            ["-1", "-10", "0", "+5", "1.5", "1e1", ".5"],
            ["-10", "-1", "0", ".5", "1.5", "+5", "1e1"],
        ),
        (["10", "2", "nan"], ["10", "2", "nan"]),
        (["1_000", "999"], ["1_000", "999"]),
        (["b", "a", "C"], ["C", "a", "b"]),
        (["0.1", "0.10000000000000000001"], ["0.1", "0.10000000000000000001"]),
    ],
)
def test_numbers_are_sorted_by_value_and_other_names_as_text(
    names: list[str], ordered: list[str]
) -> None:
    for given in (names, names[::-1]):
        assert in_order(given, where="x") == tuple(ordered)


@pytest.mark.parametrize("names", [("1", "01"), ("2", "2.0"), ("-0", "0"), ("1e1", "10")])
def test_equal_numbers_are_refused(names: tuple[str, str]) -> None:
    with pytest.raises(DataError, match="are the same number. Expected each number once"):
        in_order(["7", *names], where="x")
    assert as_listed(names, names, where="x") == names


def test_a_name_is_a_number_only_as_people_write_numbers() -> None:
    assert number_of("-1.50") == Fraction(-3, 2)
    for name in ("inf", "nan", "1/2", "1,5", "0x10", "1 ", "", "²", "１", "1e9999", "9" * 300):
        assert number_of(name) is None
    assert are_numbers(["1", "2"])
    assert not are_numbers(["1", "b"])


def test_listed_classes_give_the_order() -> None:
    assert as_listed(["a", "b", "c"], ["c", "a", "b"], where="x") == ("c", "a", "b")


@pytest.mark.parametrize(
    ("classes", "message"),
    [
        (["No DR", "mild"], r"There is no class `mild`; did you mean `Mild`\?"),
        (["No DR", "Mlid"], r"There is no class `Mlid`; did you mean `Mild`\?"),
        (["No DR"], "`data.classes` does not list `Mild`"),
        (["No DR", "Mild", "Other"], "There is no class `Other`"),
    ],
)
def test_other_classes_than_those_of_the_data_are_refused_with_the_difference(
    classes: list[str], message: str
) -> None:
    with pytest.raises(DataError, match=message) as error:
        as_listed(["Mild", "No DR"], classes, where="x")
    assert "Expected each class of the data once; the data has Mild, No DR." in str(error.value)


def test_a_folder_is_read_in_the_listed_order(tmp_path: Path) -> None:
    for value, name in enumerate(("Mild", "No DR", "Severe")):
        (tmp_path / name).mkdir()
        Image.new("L", (2, 2), value).save(tmp_path / name / "0.png")
    classes = ("No DR", "Mild", "Severe")
    dataset = load(tmp_path, classes=classes)
    assert dataset.class_names == classes
    assert dataset.train.labels.tolist() == [0, 1, 2]
    assert dataset.train.images[:, 0, 0, 0].tolist() == [1, 0, 2]


def test_listed_classes_name_the_indices_of_arrays(tmp_path: Path) -> None:
    np.savez(tmp_path / "x.npz", x_train=np.zeros((2, 4, 4, 1)), y_train=[0, 1], allow_pickle=False)
    assert load(tmp_path / "x.npz").class_names is None
    assert load(tmp_path / "x.npz", classes=["no", "yes"]).class_names == ("no", "yes")


def test_a_named_source_keeps_the_order_of_its_classes() -> None:
    split = Split(np.zeros((2, 4, 4, 1)), np.array([0, 1]))
    dataset = Dataset("x", split, None, ("shirt", "bag"), "made up")
    assert with_class_names(dataset, ["Hemd", "bag"]).class_names == ("Hemd", "bag")
    with pytest.raises(DataError, match="class 0 is `shirt`, and `data.classes` names it `bag`"):
        with_class_names(dataset, ["bag", "shirt"])
    with pytest.raises(DataError, match="lists 3 classes, and the data has 2: shirt, bag"):
        with_class_names(dataset, ["a", "b", "c"])


def test_an_order_is_shortened_where_it_is_long() -> None:
    assert order_text(["No DR", "Mild"]) == "0 = No DR, 1 = Mild"
    text = order_text([str(number) for number in range(100)])
    assert text.startswith("0 = 0, 1 = 1, ")
    assert text.endswith("8 = 8, …, 99 = 99")
