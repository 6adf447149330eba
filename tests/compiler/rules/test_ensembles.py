"""What an ensemble is to the rules, the plan, and the words of other libraries."""

from __future__ import annotations

import pytest

from bnnc.compiler.pipeline import check, plan
from bnnc.compiler.text.source import Source
from tests.support.findings import VALID, findings


def test_members_are_samples_and_samples_of_a_member_are_not() -> None:
    (one,) = findings(VALID + "ensemble: {members: 5}\nprediction: {samples: 32}\n")
    assert one.code == "BNN406"
    assert one.message == "all 32 samples of a deterministic member are the same"
    assert one.help == ("write `samples: 1`: each of the 5 members is already one sample",)
    assert not findings(VALID + "ensemble: {members: 5}\nprediction: {samples: 1}\n")


def test_one_draw_of_each_member_is_several_draws() -> None:
    single = "bayesian: {method: flipout}\nprediction: {samples: 1}\n"
    assert [one.code for one in findings(VALID + single)] == ["BNN407"]
    assert not findings(VALID + f"{single}ensemble: {{members: 2}}\n")
    alone = findings(VALID + f"{single}ensemble: {{members: 1}}\n")
    assert {one.code for one in alone} == {"BNN407", "BNN470"}


@pytest.mark.parametrize("word", ["ensemble_size", "num_models"])
def test_words_of_other_libraries_are_told_where_members_are_said(word: str) -> None:
    (one,) = findings(VALID + f"{word}: 5\n")
    assert "ensemble" in " ".join(one.help)
    assert "members" in " ".join(one.help)


def test_a_plan_is_that_of_one_member_and_counts_them() -> None:
    single, several = (
        plan(check(Source("spec.yaml", VALID + text))) for text in ("", "ensemble: {members: 4}\n")
    )
    assert single.nodes == several.nodes
    assert (single.members, several.members) == (1, 4)
    assert several.as_json()["totals"]["parameters_of_all_members"] == 4 * single.parameters
    # Beside what one training step holds: weights and two slots of Adam for three more members.
    more = several.training_bytes - single.training_bytes
    assert more == 4 * 3 * (single.parameters + 2 * single.trainable)
