"""`bnnc explain` prints the pages of rules, fields and words, and of all that have one name."""

from collections.abc import Callable

import pytest

from bnnc.cli.app import run
from bnnc.compiler.language.concepts import concepts

Explain = Callable[..., str]


@pytest.fixture
def explained(capsys: pytest.CaptureFixture[str]) -> Explain:
    def explain(*words: str) -> str:
        assert run(["explain", *words]) == 0
        return capsys.readouterr().out

    return explain


def headings(text: str) -> list[str]:
    return [line for line in text.splitlines() if line.startswith("# ")]


def test_a_word_needs_no_quotes(explained: Explain) -> None:
    assert explained("mean", "field") == explained("Mean-Field") == explained("MEAN_FIELD")


def test_a_word_that_is_a_rule_or_a_field_too_prints_both(explained: Explain) -> None:
    both = ["# Cold posterior", "# BNN405: cold-posterior (information)"]
    assert headings(explained("cold-posterior")) == headings(explained("cold", "posterior")) == both
    assert headings(explained("class_weight")) == ["# Class weights", "# loss.class_weight"]
    assert headings(explained("kl.weight")) == ["# loss.kl.weight"]


def test_a_word_that_many_fields_have_names_some_of_them(explained: Explain) -> None:
    text = explained("prior")
    assert headings(text) == ["# Prior"]
    assert "Fields of this name: `bayesian.prior`, `layers." in text


def test_the_list_has_every_word(explained: Explain) -> None:
    listed = explained()
    for concept in concepts().values():
        assert f"  {concept.title} " in listed


def test_a_rule_names_the_words_that_its_page_uses(explained: Explain) -> None:
    assert "Words to explain: " in explained("BNN416")
    assert "KL weight" in explained("BNN416").rpartition("Words to explain: ")[2]
