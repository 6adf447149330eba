"""Kernels that concrete dropout is a posterior of: each is counted once, or a rule says so."""

from __future__ import annotations

import pytest

from bnnc.compiler.diagnostics.diagnostic import Diagnostic
from bnnc.compiler.pipeline import check
from bnnc.compiler.text.source import Source

DROPOUT, SPATIAL = "{type: dropout, rate: 0.1}", "{type: spatial_dropout2d, rate: 0.1}"
CONV = "{type: conv2d, filters: 4, kernel_size: 3, padding: same, activation: relu}"
DENSE, FLAT = "{type: dense, units: 10%s}", "{type: flatten}"
TWICE, OWN = "already drops and counts the same weights", "has its own posterior"


def findings(*layers: str) -> list[Diagnostic]:
    stack = "".join(f"  - {one}\n" for one in layers)
    text = f"""\
bnnc: 1
name: dropped
input: {{shape: [4, 4, 4]}}
layers:
{stack}output: {{distribution: categorical, parameterization: logits, classes: 10, labels: integer}}
bayesian: {{method: concrete_dropout}}
prediction: {{samples: 8}}
"""
    diagnostics = check(Source("dropped.yaml", text)).diagnostics
    return [one for one in diagnostics if one.code == "BNN456"]


@pytest.mark.parametrize(
    ("layers", "found"),
    [
        ((SPATIAL, CONV, FLAT, DROPOUT, DENSE % ""), []),
        ((SPATIAL, FLAT, DROPOUT, DENSE % ""), [TWICE]),
        ((SPATIAL, FLAT, "{type: dropout, rate: 0.1, bayesian: {method: none}}", DENSE % ""), []),
        ((SPATIAL, FLAT, "{type: dropout, rate: 0.1, bayesian: {method: mc_dropout}}", DENSE % ""), []),
        ((SPATIAL, FLAT, DENSE % ", bayesian: {method: flipout}"), [OWN]),
        ((SPATIAL, FLAT, DROPOUT, DENSE % ", bayesian: {method: flipout}"), [OWN, OWN]),
        # Inside of a body the next kernel reads it, and past the body it goes on to all others.
        ((CONV, f"{{type: repeat, times: 3, body: [{{type: residual, body: [{SPATIAL}, {CONV}]}}]}}", FLAT, DENSE % ""), []),
        ((CONV, SPATIAL, f"{{type: residual, body: [{SPATIAL}, {CONV}]}}", FLAT, DENSE % ""), [TWICE]),
    ],
)  # fmt: skip
def test_a_second_posterior_of_a_kernel_is_found(layers: tuple[str, ...], found: list[str]) -> None:
    assert [one.related[0].text for one in findings(*layers)] == found


def test_of_a_dropout_that_is_repeated_past_its_kernel_the_one_place_is_shown_once() -> None:
    body = f"{SPATIAL}, {{type: residual, body: [{CONV}]}}"
    (found,) = findings(f"{{type: repeat, times: 3, body: [{body}]}}", FLAT, DENSE % "")
    assert (
        found.label
        == "drops rows of the kernel, and its KL counts the weights, once in each repetition"
    )
    assert found.related == ()
