"""The bootstrap's standard errors, held against closed forms and a loop over resamples."""

import numpy as np
import pytest

from bnnc.runtime.evaluation.bootstrap import RowMeans, standard_errors, value_of

ROWS = 400


def test_the_error_of_a_mean_is_that_of_the_closed_form() -> None:
    values = np.random.default_rng(0).gamma(2.0, size=ROWS)
    errors = standard_errors(RowMeans({"mean": values}), ROWS, resamples=4000)
    # Of 4,000 resamples the error has a relative error of 1 / sqrt(8,000), here five times.
    assert errors["mean"] == pytest.approx(values.std() / np.sqrt(ROWS), rel=5 / np.sqrt(8000))


def test_sets_of_rows_are_resampled_by_themselves() -> None:
    def shares(weights: np.ndarray) -> dict[str, np.ndarray]:
        return {"first": weights[:100].sum(axis=0), "second": weights[100:].sum(axis=0)}

    errors = standard_errors(shares, (100, 300), resamples=50)
    assert errors == {"first": 0, "second": 0}


def test_the_same_seed_gives_the_same_errors_and_blocks_do_not_matter(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    means = RowMeans({"mean": np.arange(float(ROWS))})
    first = standard_errors(means, ROWS, resamples=100, seed=1)["mean"]
    assert standard_errors(means, ROWS, resamples=100, seed=1)["mean"] == first
    assert standard_errors(means, ROWS, resamples=100, seed=2)["mean"] != first
    monkeypatch.setattr("bnnc.runtime.evaluation.bootstrap._BLOCK", 7 * ROWS)
    other = standard_errors(means, ROWS, resamples=4000, seed=1)["mean"]
    assert other == pytest.approx(first, rel=5 / np.sqrt(200))


def test_what_a_resample_does_not_have_is_left_out() -> None:
    def odd(weights: np.ndarray) -> dict[str, np.ndarray]:
        drawn = weights[0] > 0
        return {
            "sometimes": np.where(drawn, weights[0], np.nan),
            "never": np.full(weights.shape[1], np.nan),
        }

    errors = standard_errors(odd, 5, resamples=200)
    assert 0 < errors["sometimes"] < 2
    assert np.isnan(errors["never"])


def test_the_value_is_that_of_every_row_once() -> None:
    assert value_of(RowMeans({"mean": np.arange(5.0)}), 5) == {"mean": 2}
