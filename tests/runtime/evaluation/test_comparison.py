"""The difference of two evaluations, with the standard error that the rows give it."""

from typing import Any

import numpy as np
import pytest

from bnnc.runtime.evaluation.bootstrap import RowMeans, deviation, resampled
from bnnc.runtime.evaluation.comparison import differences, have_same_rows
from bnnc.runtime.evaluation.result import Evaluation, Predictions
from tests.support.predictions import of_classes
from tests.support.tiny_program import arrays, shared_program

ROWS, RESAMPLES = 400, 4000


def evaluation(values: Any, images: Any) -> Evaluation:
    drawn = resampled(RowMeans({"mean": values}), len(values), resamples=RESAMPLES)
    errors = {name: float(deviation(one)) for name, one in drawn.items()}
    made = Evaluation({"mean": float(np.mean(values))}, errors, resampled=drawn)
    made.predictions = Predictions(images, np.zeros(len(values), int), None, {})
    return made


def test_on_the_same_rows_the_error_is_that_of_the_differences() -> None:
    generator = np.random.default_rng(0)
    hardness = generator.normal(0, 1, ROWS)
    images = np.arange(ROWS)
    values = [hardness + generator.normal(0, 0.1, ROWS) for _ in range(2)]
    first, second = (evaluation(one, images) for one in values)
    found = differences(first, second)["mean"]
    gaps = values[1] - values[0]
    assert found.value == pytest.approx(gaps.mean())
    # Of 4,000 resamples a standard deviation is known to 1 / sqrt(8000), 1.1 %; five of these.
    assert found.standard_error == pytest.approx(gaps.std() / ROWS**0.5, rel=5 / 8000**0.5)
    assert first.standard_errors["mean"] > 5 * (found.standard_error or 0)


def test_on_other_rows_the_errors_add_up_in_squares() -> None:
    generator = np.random.default_rng(1)
    first, second = (
        evaluation(generator.normal(0, 1, ROWS), np.arange(ROWS) + place) for place in range(2)
    )
    assert not have_same_rows(first, second)
    found = differences(first, second)["mean"]
    squares = [one.standard_errors["mean"] ** 2 for one in (first, second)]
    assert (found.standard_error or 0) ** 2 == pytest.approx(sum(squares))


def test_a_program_differs_from_itself_by_nothing_without_error() -> None:
    made = [
        shared_program().evaluate(*arrays(30), samples=2, bootstrap=20, keep_predictions=True)
        for _ in range(2)
    ]
    assert have_same_rows(made[0], made[1])
    found = differences(made[0], made[1])
    assert set(found) == set(made[0]) - {"rows"}
    assert all(one.value == 0 for one in found.values())
    errors = {name: one.standard_error for name, one in found.items()}
    assert set(errors.values()) == {0}
    assert [name for name in made[0].resampled if name not in made[0]] == []


def test_predictions_are_kept_only_if_asked_for() -> None:
    images, labels = arrays(6)
    whole = shared_program()
    assert whole.evaluate(images, labels, bootstrap=0).predictions is None
    kept = whole.evaluate(images, labels, bootstrap=0, keep_predictions=True).predictions
    assert kept is not None
    np.testing.assert_array_equal(kept.images, images)
    np.testing.assert_array_equal(kept.labels, labels)
    np.testing.assert_array_equal(kept.prediction.probs, of_classes(whole.predict(images)).probs)


def test_without_standard_errors_a_difference_has_none() -> None:
    made = [shared_program().evaluate(*arrays(6), bootstrap=0) for _ in range(2)]
    assert {one.standard_error for one in differences(made[0], made[1]).values()} == {None}
