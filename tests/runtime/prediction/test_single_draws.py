"""The draws that a prediction keeps are those that it averages."""

import numpy as np
import pytest

from bnnc.errors import ArgumentError
from bnnc.runtime.prediction.prediction import entropy_of
from tests.runtime.evaluation.test_program_figures import KINDS, made, rows
from tests.support.predictions import of_classes, of_label_sets, of_numbers
from tests.support.tiny_program import CLASSES, arrays, shared_program


@pytest.mark.parametrize("members", [1, 2])
@pytest.mark.parametrize("kind", KINDS)
def test_the_mean_of_the_draws_is_the_prediction(kind: str, members: int) -> None:
    whole = made(kind, **({"ensemble": {"members": 2}} if members == 2 else {}))
    images = rows(kind)[0][:9]
    prediction = whole.predict(images, 4, draws=True)
    assert prediction.draws is not None
    assert len(prediction.draws) == prediction.samples == 4 * members
    if kind == "numbers":
        mean = of_numbers(prediction).mean
        spread = prediction.draws.std(axis=0)
        np.testing.assert_allclose(spread, of_numbers(prediction).epistemic_std, rtol=1e-3)
    elif kind == "classes":
        mean = of_classes(prediction).probs
        expected = entropy_of(prediction.draws).mean(axis=0)
        np.testing.assert_allclose(expected, of_classes(prediction).expected_entropy, rtol=1e-4)
    else:
        mean = of_label_sets(prediction).probs
    assert prediction.draws.shape == (4 * members, *mean.shape)
    np.testing.assert_allclose(prediction.draws.mean(axis=0), mean, rtol=1e-4, atol=1e-6)
    assert whole.predict(images, 4).draws is None


def test_draws_that_do_not_fit_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    images, _ = arrays(10)
    size = 4 * 6 * 10 * CLASSES
    monkeypatch.setattr("bnnc.runtime.prediction.single_draws.MOST_BYTES", size)
    whole = shared_program("flipout")
    assert of_classes(whole.predict(images, 6, draws=True)).draws is not None
    with pytest.raises(ArgumentError, match="7 draws of 10 images, with 3 numbers each.*fewer"):
        whole.predict(images, 7, draws=True)
