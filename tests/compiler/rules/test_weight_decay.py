"""Weight decay on top of a KL with a prior on the same weights, and where a learned prior needs it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from bnnc.compiler.pipeline import check
from bnnc.compiler.text.source import Source

TIED = {"distribution": "normal", "scale": 0.3, "loc": "tied"}
DENSE = {"type": "dense", "units": 10}


def decays(bayesian: dict[str, Any], own: dict[str, Any]) -> list[str]:
    """What is decayed on top of the KL, in the words of the finding."""
    dropout = {"type": "dropout", "rate": 0.1}
    dropouts = [dropout] if bayesian["method"].endswith("dropout") else []
    document = {
        "bnnc": 1,
        "name": "decayed",
        "input": {"shape": [4, 4, 1]},
        "layers": [
            {"type": "flatten"},
            {"type": "dense", "units": 8, "activation": "relu"},
            *dropouts,
            {**DENSE, **({"bayesian": own} if own else {})},
        ],
        "bayesian": bayesian,
        "output": {
            "distribution": "categorical",
            "parameterization": "logits",
            "classes": 10,
            "labels": "integer",
        },
        "training": {"optimizer": {"type": "adamw", "weight_decay": 0.1}},
        "prediction": {"samples": 1 if bayesian["method"] == "none" else 8},
    }
    found = check(Source("decayed.json", json.dumps(document))).diagnostics
    return [one.label for one in found if one.code == "BNN411"]


@pytest.mark.parametrize(
    ("bayesian", "own", "found"),
    [
        ({"method": "flipout"}, {}, ["decays the means"]),
        ({"method": "flipout", "prior": {"distribution": "laplace"}}, {}, ["decays the means"]),
        ({"method": "flipout", "prior": {**TIED, "loc": 0.5}}, {}, ["decays the means"]),
        ({"method": "flipout", "prior": TIED}, {}, []),
        ({"method": "flipout", "prior": TIED}, {"prior": {"loc": 0}}, ["decays the means"]),
        ({"method": "none"}, {}, []),
        ({"method": "none"}, {"method": "flipout"}, ["decays the means"]),
        ({"method": "none"}, {"method": "flipout", "prior": TIED}, []),
        ({"method": "concrete_dropout"}, {}, ["decays the kernels after dropout"]),
        ({"method": "mc_dropout"}, {}, []),
        # What these have a prior on is never decayed.
        ({"method": "rank_1"}, {}, []),
        ({"method": "sngp"}, {}, []),
    ],
    ids=str,
)
def test_a_decay_is_found_where_the_kl_has_a_prior_on_the_same_weights(
    bayesian: dict[str, Any], own: dict[str, Any], found: list[str]
) -> None:
    assert decays(bayesian, own) == found


@pytest.mark.parametrize(
    ("scale", "training", "found"),
    [
        ("learned", {}, True),
        (0.1, {}, False),
        # 14 steps of 0.001 take 0.1 % of a weight under the first decay, and 14 % under the second.
        ("learned", {"optimizer": {"type": "adamw", "weight_decay": 0.1}, "epochs": 1}, True),
        ("learned", {"optimizer": {"type": "adamw", "weight_decay": 10.0}, "epochs": 1}, False),
        (
            "learned",
            {"optimizer": {"type": "sgd", "weight_decay": 0.1, "learning_rate": 0.1}},
            False,
        ),
        ("learned", {"early_stopping": {"patience": 3}}, False),
    ],
    ids=str,
)
def test_a_learned_prior_of_laplace_needs_a_decay_that_matters_or_early_stopping(
    scale: str | float, training: dict[str, Any], found: bool
) -> None:
    document = {
        "bnnc": 1,
        "name": "laplace",
        "input": {"shape": [8, 8, 1], "value_range": [0, 16]},
        "layers": [{"type": "flatten"}, DENSE],
        "bayesian": {"method": "laplace", "prior": {"scale": scale}},
        "output": {
            "distribution": "categorical",
            "parameterization": "logits",
            "classes": 10,
            "labels": "integer",
        },
        "training": {"batch_size": 106, **training},
        "data": {"source": "digits", "validation_split": 0.0},
    }
    codes = [one.code for one in check(Source("laplace.json", json.dumps(document))).diagnostics]
    assert ("BNN480" in codes) == found
