import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from bnnc.runtime.data import DataError, validation_split


@given(
    rows=st.integers(1, 500),
    fraction=st.floats(0, 1, exclude_max=True),
    seed=st.integers(0, 2**63),
)
def test_a_split_is_a_partition_of_the_rows(rows: int, fraction: float, seed: int) -> None:
    size = round(rows * fraction)
    assume(fraction == 0 or 0 < size < rows)
    train, validation = validation_split(rows, fraction, seed=seed)
    assert len(validation) == size
    assert np.array_equal(np.sort(np.concatenate([train, validation])), np.arange(rows))


def test_the_same_seed_gives_the_same_split_and_another_seed_another() -> None:
    first, again, other = (validation_split(1000, 0.1, seed=seed)[1] for seed in (3, 3, 4))
    assert np.array_equal(first, again)
    assert not np.array_equal(np.sort(first), np.sort(other))


def test_a_split_shares_no_numbers_with_other_draws_of_the_seed() -> None:
    _, validation = validation_split(1000, 0.5, seed=3)
    assert not np.array_equal(np.random.default_rng(3).permutation(1000)[:500], validation)


def test_every_row_is_as_likely_to_be_validated_on() -> None:
    rows, fraction, draws = 40, 0.25, 400
    counts = np.zeros(rows)
    for seed in range(draws):
        counts[validation_split(rows, fraction, seed=seed)[1]] += 1
    standard_error = (draws * fraction * (1 - fraction)) ** 0.5
    assert np.all(np.abs(counts - draws * fraction) < 5 * standard_error)


@pytest.mark.parametrize(
    ("rows", "fraction", "message"),
    [
        (4, 0.1, "0.1 of 4 rows leaves no row to validate on"),
        (4, 0.95, "0.95 of 4 rows leaves no row to train on"),
        (1, 0.5, "leaves no row"),
        (10, 1.0, "expected a fraction from 0 up to, but not including, 1. Received: 1.0"),
        (10, -0.1, "Received: -0.1"),
        (10, float("nan"), "Received: nan"),
        (0, 0.0, "expected at least one row. Received: 0"),
    ],
)
def test_a_split_with_an_empty_side_is_refused(rows: int, fraction: float, message: str) -> None:
    with pytest.raises(DataError, match=message):
        validation_split(rows, fraction, seed=0)
