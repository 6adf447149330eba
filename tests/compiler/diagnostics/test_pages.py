"""Examples on the rules' pages: written as differences, shown as whole specs."""

from __future__ import annotations

import pytest
import yaml

from bnnc.compiler.diagnostics.catalog import Rule, rules
from bnnc.compiler.diagnostics.pages import BASE, SCRIPT, page_of, sections, whole
from bnnc.compiler.pipeline import check
from bnnc.compiler.text.source import Source
from tests.support.pages import examples

MEANING = [rule for code, rule in rules().items() if code >= "BNN1"]


def test_the_base_spec_has_no_findings() -> None:
    report = check(Source("base.yaml", BASE))
    assert report.ok
    assert report.diagnostics == ()


def test_sections_are_laid_over_the_base_in_its_order() -> None:
    text = whole("training: {epochs: 3}\noutput:\n  distribution: normal  # own\n")
    assert list(yaml.safe_load(text)) == [*yaml.safe_load(BASE), "training"]
    assert "  distribution: normal  # own\n" in text
    assert yaml.safe_load(text)["input"] == yaml.safe_load(BASE)["input"]


@pytest.mark.parametrize(
    "text",
    [
        "bnnc: 1\nname: a\n",  # a spec of its own
        "# base.yaml\noutput: {}\n",  # another file
        "extends: base.yaml\n",
        "- a list\n",
        "a: 1\na: 2\n",  # a key twice
    ],
)
def test_other_texts_are_left_as_they_are(text: str) -> None:
    assert whole(text) == text


def test_a_script_that_imports_nothing_gets_the_imports_of_the_others() -> None:
    written = "A title.\n\n```python\nkl(1)\n```\n\n```python\nimport keras\n```\n"
    assert f"```python\n{SCRIPT}kl(1)\n```" in page_of(written)
    assert "```python\nimport keras\n```" in page_of(written)


@pytest.mark.parametrize("rule", MEANING, ids=lambda rule: rule.code)
def test_no_example_repeats_what_the_base_spec_says_anyway(rule: Rule) -> None:
    """But for the sections in which example and remedy differ."""
    written = [block for block in rule.docstring.split("```yaml\n")[1:] if "bnnc:" in block]
    wholes = [block for block in examples(rule, "Example") if "extends" not in block.text]
    repeated = [sections(one.text).items() & sections(BASE).items() for one in wholes]
    assert not (written and all(len(one) == len(sections(BASE)) for one in repeated))
