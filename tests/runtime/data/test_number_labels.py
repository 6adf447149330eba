from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as st_numpy

from bnnc.runtime.data import DataError, encode_labels

FINITE = st.floats(-(2.0**100), 2.0**100, width=32)


@given(st_numpy.arrays(np.float64, st.integers(1, 20), elements=FINITE))
def test_real_labels_are_kept_as_they_are_in_a_row_or_a_column(labels: Any) -> None:
    for form in (labels, labels.reshape(-1, 1)):
        encoded = encode_labels(form, kind="real", classes=2, where="y")
        assert encoded.dtype == np.float32
        np.testing.assert_array_equal(encoded, labels.astype(np.float32))


@given(st_numpy.arrays(np.float32, st.tuples(st.integers(1, 20), st.just(3)), elements=FINITE))
def test_real_labels_of_several_columns_stay_rows(labels: Any) -> None:
    encoded = encode_labels(labels, kind="real", classes=2, columns=3, where="y")
    np.testing.assert_array_equal(encoded, labels)


@given(st_numpy.arrays(np.int64, st.integers(1, 20), elements=st.integers(0, 2**24)))
def test_counts_are_kept_exactly(labels: Any) -> None:
    encoded = encode_labels(labels, kind="count", classes=2, where="y")
    assert encoded.shape == labels.shape
    np.testing.assert_array_equal(encoded.astype(np.int64), labels)


@given(st_numpy.arrays(np.bool_, st.tuples(st.integers(1, 20), st.just(4))))
def test_multi_hot_rows_are_kept_in_every_type(rows: Any) -> None:
    for form in (rows, rows.astype(np.uint8), rows.astype(np.float64)):
        encoded = encode_labels(form, kind="multi_hot", classes=4, where="y")
        assert encoded.dtype == np.float32
        np.testing.assert_array_equal(encoded, rows)


@given(st.integers(0, 2**31), st.integers(2, 12))
def test_shares_that_were_rounded_to_half_precision_are_kept(seed: int, classes: int) -> None:
    rows = np.random.default_rng(seed).dirichlet(np.full(classes, 5.0), 10)
    for form in (rows, rows.astype(np.float32), np.maximum(rows, 1e-3).astype(np.float16)):
        if abs(float(form.astype(np.float64).sum(axis=1).max()) - 1) < 1e-3:
            encoded = encode_labels(form, kind="soft", classes=classes, where="y")
            np.testing.assert_array_equal(encoded, form.astype(np.float32))


@pytest.mark.parametrize(
    ("labels", "kind", "message"),
    [
        ([1.0, np.nan], "real", r"y: row 1 is nan"),
        ([1.0, 2.0, -np.inf], "real", r"y: row 2 is -inf"),
        ([1.0, 1e300], "real", r"row 1 has a number that float32 cannot hold"),
        ([[1.0, 2.0]], "real", r"\[rows\] or \[rows, 1\].*`output.event_size`"),
        ([], "real", "holds no labels"),
        (["a"], "real", "expected numbers"),
        ([0, 1, -1], "count", r"row 2 has the label -1\. Expected counts: 0, 1, 2"),
        ([0, 1.5], "count", r"row 1 has the label 1\.5\. Expected counts.*`labels: real`"),
        ([0, 2**24 + 1], "count", r"row 1 has the count 16777217\. Expected at most 16,777,216"),
        ([[1, 2]], "count", "one count for each image"),
        ([0, 1], "multi_hot", r"in shape \[rows, 3\]\. Received: shape \[2\]"),
        ([[0, 1]], "multi_hot", r"\[rows, 3\].*`output.classes`"),
        ([[0, 1, 1], [0, 2, 0]], "multi_hot", r"row 1 is not multi-hot.*Received: \[0, 2, 0\]"),
        ([[0.5, 0.3, 0.2], [1, 0, 0]], "soft", r"row 1 has a share that is not above 0"),
        ([[0.5, 0.3, 0.3]], "soft", r"shares of row 0 sum to 1\.1\. Expected 1"),
        ([[1.2, 0.3, -0.5]], "soft", r"row 0 has a share that is not above 0"),
        ([[0.6, 0.4, 1e-60]], "soft", r"row 0 has a number that float32 cannot hold"),
    ],
)
def test_labels_outside_the_support_are_refused_with_their_row(
    labels: list[Any], kind: Any, message: str
) -> None:
    with pytest.raises(DataError, match=message):
        encode_labels(np.array(labels), kind=kind, classes=3, where="y")
