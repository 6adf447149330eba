"""A schedule stands where a number may stand too: its findings are as those of any other section."""

from __future__ import annotations

import pytest

from bnnc.compiler.diagnostics.diagnostic import Diagnostic
from bnnc.compiler.pipeline import check
from bnnc.compiler.text.source import Source
from tests.support.findings import VALID


def text_with(rate: str, epochs: int = 10) -> str:
    optimizer = f"optimizer: {{type: adam, learning_rate: {rate}}}"
    return f"{VALID}training: {{epochs: {epochs}, {optimizer}}}\n"


def only(rate: str, epochs: int = 10) -> Diagnostic:
    (found,) = check(Source("spec.yaml", text_with(rate, epochs))).diagnostics
    return found


@pytest.mark.parametrize("rate", ["{}", "{initial_learning_rate: 0.01}"])
def test_a_schedule_without_its_type_is_told_which_there_are(rate: str) -> None:
    found = only(rate)
    assert found.message == "`learning_rate` has no `type`"
    for word in ("cosine_decay", "exponential_decay", "piecewise_constant_decay"):
        assert word in found.help[0]


def test_the_type_proposed_is_one_that_has_the_keys_which_are_there() -> None:
    found = only("{boundaries: [1], values: [0.1, 0.01]}")
    assert "add `type: piecewise_constant_decay`" in found.help[0]


def test_the_type_of_a_schedule_as_its_key_is_rewritten() -> None:
    found = only("{CosineDecay: {initial_learning_rate: 0.01}}")
    assert found.help == (
        "write `learning_rate: {type: cosine_decay, initial_learning_rate: 0.01}`",
    )
    assert found.fixes[0].safe


def test_a_key_of_another_schedule_is_told_whose_it_is() -> None:
    found = only("{type: cosine_decay, initial_learning_rate: 0.01, power: 2}")
    assert "`power` is a key of `polynomial_decay`, not of `cosine_decay`" in found.help[0]


def test_a_rate_that_grows_beyond_every_number_is_too_high() -> None:
    # 3 to the power of 64 an epoch: beyond 1e308 after 10.1 epochs.
    growing = "{type: exponential_decay, initial_learning_rate: 1, decay_rate: 3, decay_epochs: %s}"
    for staircase in ("", ", staircase: true"):
        found = only((growing % "0.015625").replace("}", staircase + "}"), epochs=11)
        assert found.message == "a learning rate that grows without bound is too high for `adam`"


def test_a_rate_that_is_halved_more_often_than_can_be_counted_is_nothing() -> None:
    rate = "{type: exponential_decay, initial_learning_rate: 0.01, decay_rate: 0.5, %s}"
    for staircase in ("true", "false"):
        schedule = f"decay_epochs: 0.001, staircase: {staircase}"
        assert check(Source("spec.yaml", text_with(rate % schedule))).ok
    found = only(rate % "decay_epochs: 5.0e-324")
    assert found.message == "`decay_epochs` must be a number from 0.001 to 1,000,000"
