from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as st_numpy

from bnnc.runtime.data import DataError, encode_labels

Kind = Literal["integer", "one_hot", "binary"]


@st.composite
def labels_of_classes(draw: st.DrawFn) -> tuple[npt.NDArray[Any], int]:
    classes = draw(st.integers(2, 12))
    dtype = draw(st.sampled_from([np.uint8, np.int64, np.uint64, np.float32, np.float64]))
    indices = draw(
        st_numpy.arrays(np.int64, st.integers(1, 30), elements=st.integers(0, classes - 1))
    )
    return indices.astype(dtype), classes


def forms(labels: npt.NDArray[Any], classes: int) -> list[npt.NDArray[Any]]:
    one_hot = np.eye(classes)[labels.astype(int)]
    return [labels, labels.reshape(-1, 1), one_hot.astype(labels.dtype), one_hot.astype(bool)]


@given(labels_of_classes())
def test_every_form_of_the_same_labels_is_encoded_as_the_same_labels(
    case: tuple[npt.NDArray[Any], int],
) -> None:
    labels, classes = case
    for form in forms(labels, classes):
        integer = encode_labels(form, kind="integer", classes=classes, where="y")
        assert integer.dtype == np.int32
        assert np.array_equal(integer, labels)
        one_hot = encode_labels(form, kind="one_hot", classes=classes, where="y")
        assert one_hot.dtype == np.float32
        assert one_hot.shape == (len(labels), classes)
        assert np.array_equal(one_hot.argmax(axis=1), labels)
        assert np.array_equal(one_hot.sum(axis=1), np.ones(len(labels)))


@given(st_numpy.arrays(np.int64, st.integers(1, 30), elements=st.integers(0, 1)))
def test_binary_labels_are_the_same_in_every_form(labels: npt.NDArray[Any]) -> None:
    for form in (*forms(labels, 2), labels.astype(bool)):
        binary = encode_labels(form, kind="binary", classes=1, where="y")
        assert binary.dtype == np.float32
        assert np.array_equal(binary, labels)


@pytest.mark.parametrize(
    ("labels", "kind", "message"),
    [
        ([0, 9, 10, 3], "integer", r"y: labels run 0\.\.9; row 2 has 10\."),
        ([0, 9, 10, 3], "one_hot", r"labels run 0\.\.9; row 2 has 10\..*`output.classes` to 11"),
        ([1, 2, 10], "integer", r"row 2 has 10\. The labels seem to start at 1: subtract 1"),
        ([0, -1, 3], "integer", r"labels run 0\.\.9; row 1 has -1\. The labels run -1\.\.3: drop"),
        ([0, 1.5], "integer", r"row 1 has the label 1\.5\. Expected whole numbers"),
        ([0, np.nan], "one_hot", r"y: row 1 is nan"),
        ([0, np.inf], "integer", r"y: row 1 is inf"),
        (["cat", "dog"], "integer", "expected numbers"),
        ([[[0]]], "integer", r"Received: shape \[1, 1, 1\]"),
        ([], "integer", "holds no labels"),
        ([0, 1, 2], "binary", r"binary labels are 0 or 1; row 2 has 2\."),
        ([1, -1], "binary", r"row 1 has -1\. .*write 0 in place of -1"),
        ([1, 2], "binary", r"row 1 has 2\. .*start at 1"),
        ([0.0, 0.3], "binary", r"row 1 has the label 0\.3"),
    ],
)
def test_labels_outside_the_classes_are_refused_with_their_row(
    labels: list[Any], kind: Kind, message: str
) -> None:
    with pytest.raises(DataError, match=message):
        encode_labels(np.array(labels), kind=kind, classes=10, where="y")


@pytest.mark.parametrize("kind", ["integer", "one_hot"])
@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([[0, 1], [1, 0]], r"one-hot, \[rows, 3\]\. Received: 2 columns"),
        ([[0, 1, 0], [1, 1, 0]], r"row 1 is not one-hot.*single 1.*Received: \[1, 1, 0\]"),
        ([[0, 1, 0], [0, 0, 1], [0, 0, 0]], r"row 2 is not one-hot"),
        ([[0, 2, 0]], r"row 0 is not one-hot.*Received: \[0, 2, 0\]"),
        ([[0.1, 0.9, 0.0]], r"row 0 is not one-hot.*Received: \[0\.1, 0\.9, 0\]"),
        ([[1, 1, -1]], "row 0 is not one-hot"),
    ],
)
def test_rows_that_are_not_one_hot_are_refused(
    rows: list[list[float]], message: str, kind: Kind
) -> None:
    with pytest.raises(DataError, match=message):
        encode_labels(np.array(rows), kind=kind, classes=3, where="y")


def test_a_long_row_is_shortened_in_the_message() -> None:
    with pytest.raises(DataError, match=r"Received: \[0, 0, 0, 0, 0, 0, 0, 0, 0, 0, …\]"):
        encode_labels(np.zeros((1, 100)), kind="one_hot", classes=100, where="y")
