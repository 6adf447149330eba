"""What a program's evaluation says, held against its own draws, and against its members."""

from typing import Any

import numpy as np
import pytest

from bnnc.errors import ArgumentError
from bnnc.runtime.evaluation.result import Evaluation
from bnnc.runtime.prediction.prediction import Predictor
from bnnc.runtime.program import Program
from tests.support.tiny_program import CLASSES, arrays, program, shared_program

KINDS: dict[str, tuple[dict[str, Any], int, str]] = {
    "classes": ({}, CLASSES, "accuracy"),
    "numbers": (
        {
            "output": {
                "distribution": "normal",
                "parameterization": "loc",
                "scale": 1.0,
                "labels": "real",
            }
        },
        1,
        "interval_score_90",
    ),
    "label sets": (
        {
            "output": {
                "distribution": "independent_bernoulli",
                "parameterization": "logits",
                "classes": CLASSES,
                "labels": "multi_hot",
            }
        },
        CLASSES,
        "subset_accuracy",
    ),
}


def rows(kind: str) -> tuple[np.ndarray, np.ndarray]:
    images, indices = arrays(40, seed=1)
    if kind == "numbers":
        return images, indices.astype(np.float32)
    return images, np.eye(CLASSES)[indices] if kind == "label sets" else indices


def made(kind: str, **sections: Any) -> Program:
    said, units, _ = KINDS[kind]
    layers = [{"type": "flatten"}, {"type": "dense", "units": units}]
    return program("flipout", layers=layers, **said, **sections)


def test_votes_and_energy_are_those_of_the_single_draws() -> None:
    whole = shared_program("flipout")
    images, _ = arrays(20, seed=2)
    predictor = whole._predictor
    assert isinstance(predictor, Predictor)
    observed = predictor.observe(images, 8, 5)
    [(_, logits)] = predictor.parameters(images, 8, 5)
    logits = logits.numpy().astype(np.float64)
    votes = np.eye(CLASSES)[logits.argmax(axis=-1)].mean(axis=0)
    np.testing.assert_allclose(observed.votes, votes, atol=1e-6)
    energy = -np.log(np.exp(logits).sum(axis=-1)).mean(axis=0)
    assert observed.energy is not None
    np.testing.assert_allclose(observed.energy, energy, rtol=1e-5, atol=1e-5)
    predicted = predictor.predict(images, 8, 5)
    np.testing.assert_allclose(observed.prediction.probs, predicted.probs, atol=1e-6)
    likeliest = logits.argmax(axis=-1)
    disagreement = (likeliest != predicted.label).mean(axis=0)
    np.testing.assert_allclose(observed.disagreement, disagreement, atol=1e-6)


@pytest.mark.parametrize("kind", KINDS)
def test_each_member_has_the_figures_of_its_own_evaluation(kind: str) -> None:
    whole = made(kind, ensemble={"members": 2})
    evaluation = whole.evaluate(*rows(kind), samples=4, bootstrap=20)
    assert KINDS[kind][2] in evaluation
    assert len(evaluation.members) == 2
    for member, received in zip(whole.members, evaluation.members, strict=True):
        alone = member.evaluate(*rows(kind), samples=4, bootstrap=20)
        alone.pop("rows")
        assert received == pytest.approx(alone, rel=1e-4, abs=1e-5)
        assert received.standard_errors == pytest.approx(alone.standard_errors, rel=1e-3, abs=1e-5)
    assert set(evaluation.standard_errors) == set(evaluation) - {"rows"}


@pytest.mark.parametrize("kind", KINDS)
def test_an_evaluation_is_a_dictionary_that_json_takes(kind: str) -> None:
    import json

    whole = made(kind)
    evaluation = whole.evaluate(*rows(kind), samples=2, bootstrap=20)
    assert isinstance(evaluation, dict)
    assert isinstance(evaluation, Evaluation)
    assert all(isinstance(one, float | int) for one in evaluation.values())
    text = json.dumps(evaluation.to_json(), allow_nan=False)
    read = json.loads(text)
    assert {name: read[name] for name in evaluation} == evaluation
    assert read["standard_errors"].keys() == evaluation.standard_errors.keys()
    without = whole.evaluate(*rows(kind), samples=2, bootstrap=0)
    assert without == evaluation
    assert without.standard_errors == {}


def test_resamples_out_of_range_are_refused() -> None:
    whole = made("classes")
    for wrong in (1, -1):
        with pytest.raises(ArgumentError, match="bootstrap"):
            whole.evaluate(*rows("classes"), bootstrap=wrong)
