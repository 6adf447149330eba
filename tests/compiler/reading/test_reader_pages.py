"""The pages of the reader's findings: each example is found, each remedy is clean."""

from __future__ import annotations

import re
import textwrap

import pytest

from bnnc.compiler.diagnostics.catalog import Rule, rules
from bnnc.compiler.reading.reader import read
from bnnc.compiler.text.source import Source

ALL = [rule for code, rule in rules().items() if code.startswith("BNN0")]
# What is found when files are read that a spec extends: `test_rules.py` runs those examples.
READING = [rule for rule in ALL if rule.code < "BNN019"]
# Their inputs are bytes, characters or sizes that cannot stand on a page: other tests give them.
UNSHOWN = {"BNN006", "BNN007", "BNN008", "BNN015", "BNN018"}


def section(rule: Rule, title: str) -> str:
    page = textwrap.dedent("    " + rule.page)
    found = re.search(rf"^## {title}\n(.*?)(?=^## |\Z)", page, re.MULTILINE | re.DOTALL)
    assert found, f"{rule.code} has no section {title}"
    assert found[1].strip()
    return found[1]


def example(rule: Rule, title: str) -> str | None:
    found = re.search(r"```yaml\n(.*?)```", section(rule, title), re.DOTALL)
    return found[1] if found else None


@pytest.mark.parametrize("rule", READING, ids=lambda rule: rule.code)
def test_a_page_says_what_and_why_and_what_instead(rule: Rule) -> None:
    title = rule.page.split("\n", 1)[0]
    assert title.endswith(".")
    for name in ("What it does", "Why it is bad", "Example", "Use instead"):
        section(rule, name)


@pytest.mark.parametrize("rule", READING, ids=lambda rule: rule.code)
def test_the_example_of_a_page_is_found_and_nothing_else_is(rule: Rule) -> None:
    text = example(rule, "Example")
    assert (text is None) == (rule.code in UNSHOWN)
    if text is not None:
        _, findings = read(Source("spec.yaml", text))
        assert [finding.code for finding in findings] == [rule.code]


@pytest.mark.parametrize("rule", READING, ids=lambda rule: rule.code)
def test_the_remedy_of_a_page_is_clean(rule: Rule) -> None:
    text = example(rule, "Use instead")
    assert text is not None
    tree, findings = read(Source("spec.yaml", text))
    assert not findings
    assert tree is not None


def test_the_codes_of_the_reader_follow_each_other_and_are_errors() -> None:
    assert [rule.code for rule in ALL] == [f"BNN{i:03}" for i in range(1, len(ALL) + 1)]
    assert {rule.severity for rule in ALL} == {"error"}
    assert {rule.kind for rule in ALL} == {"finding"}
