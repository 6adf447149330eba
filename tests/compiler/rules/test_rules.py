"""Every rule has a page, finds its own example and nothing else, and is content with its remedy."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

from bnnc.compiler.analysis.data_facts import Looking
from bnnc.compiler.diagnostics.catalog import PACKAGES, Rule, rules
from bnnc.compiler.diagnostics.diagnostic import Diagnostic
from bnnc.compiler.pipeline import check
from bnnc.compiler.reading.reader import read
from bnnc.compiler.text.source import Source
from tests.support.pages import examples, page, section

SECTIONS = ("What it does", "Why it is bad", "Example", "Use instead")
EVERY = list(rules().values())
# What symptoms find is found in a trained run: `tests/compiler/diagnosis` has them.
RULES = [rule for rule in EVERY if rule.kind != "symptom"]
# The reader's rules show a piece of text as small as possible; the others show a whole spec.
READING = [rule for rule in RULES if rule.code.startswith("BNN0")]
# A thousand findings cannot stand on a page: `test_limit.py` has them.
MEANING = [rule for rule in RULES if rule not in READING and rule.code != "BNN604"]
# What they find is said by several texts: files that extend each other, or settings.
COMPOSING = [
    rule for rule in RULES if "BNN019" <= rule.code <= "BNN029" or "BNN109" <= rule.code < "BNN130"
]

over_all = pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.code)
over_meaning = pytest.mark.parametrize("rule", MEANING, ids=lambda rule: rule.code)


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def findings_of_example(rule: Rule, folder: Path) -> tuple[Diagnostic, ...]:
    found: list[Diagnostic] = []
    for example in examples(rule, "Example"):
        if rule in READING and rule not in COMPOSING:
            found += read(Source("example.yaml", example.text))[1]
        else:
            as_dict = rule.code == "BNN024"
            found += example.check(folder, as_dict=as_dict).diagnostics
    return tuple(found)


@pytest.mark.parametrize("rule", EVERY, ids=lambda rule: rule.code)
def test_a_page_has_a_title_and_every_section_in_order(rule: Rule) -> None:
    title, below = page(rule).split("\n", 1)
    assert title.endswith(".")
    assert title[0].isupper() or title[0] == "`"
    assert below.startswith("\n## ")
    titles = re.findall(r"^## (.*)$", page(rule), re.MULTILINE)
    assert titles in ([*SECTIONS], [*SECTIONS, "References"])
    assert all(section(rule, one) for one in titles)


def test_a_file_is_called_by_the_code_and_name_of_its_rule_or_the_codes_of_its_table() -> None:
    files = {one for one in sys.modules if re.search(r"^bnnc\.compiler\..*\.bnn[0-9]{3}_", one)}
    names = {one: one.rpartition(".")[2] for one in files}
    for file, name in names.items():
        held = [rule for rule in EVERY if rule.module == file]
        first, *others = (rule.code.lower() for rule in held)
        if others:
            assert name.startswith(f"{first}_to_{others[-1]}_")
            assert [rule.code for rule in EVERY if first <= rule.code.lower() <= others[-1]] == [
                rule.code for rule in held
            ]
        else:
            assert name == f"{first}_{held[0].name.replace('-', '_')}"
    assert {rule.module for rule in EVERY} == files
    assert all(one.startswith(PACKAGES) for one in files)
    assert all(sys.modules[one].__doc__ for one in files)


@over_meaning
def test_the_example_is_found_and_nothing_else_is(rule: Rule, folder: Path) -> None:
    (example,) = examples(rule, "Example")
    report = example.check(folder)
    assert {one.code for one in report.diagnostics} == {rule.code}
    assert {one.severity for one in report.diagnostics} == {rule.severity}
    assert {one.name for one in report.diagnostics} == {rule.name}
    assert report.ok == (rule.severity != "error")


@over_all
def test_the_remedy_is_clean(rule: Rule, folder: Path) -> None:
    assert examples(rule, "Use instead") or rule not in MEANING
    for example in examples(rule, "Use instead"):
        report = example.check(folder)
        assert report.diagnostics == ()
        assert report.ok


@pytest.mark.parametrize("rule", COMPOSING, ids=lambda rule: rule.code)
def test_the_example_of_several_texts_is_found_and_nothing_else_is(
    rule: Rule, folder: Path
) -> None:
    found = findings_of_example(rule, folder)
    # Too many files cannot stand on a page: another test has them.
    assert {one.code for one in found} == (set() if rule.code == "BNN023" else {rule.code})


@over_all
def test_a_finding_says_where_what_and_the_way_out(rule: Rule, folder: Path) -> None:
    for one in findings_of_example(rule, folder):
        spans = [one.span, *(label.span for label in one.related)]
        assert all(0 <= span.start <= span.end <= len(span.source.text) for span in spans)
        assert rule in COMPOSING or all(span.source is one.span.source for span in spans)
        assert one.label, "nothing stands beside the carets"
        assert all(label.text for label in one.related)
        assert one.help or one.notes
        assert all(one.help)
        assert all(one.notes)


@over_all
def test_a_message_is_a_plain_phrase(rule: Rule, folder: Path) -> None:
    for one in findings_of_example(rule, folder):
        first = one.message.split()[0]
        # A capital only begins an acronym, such as KL.
        assert not first[0].isupper() or first.isupper(), one.message
        texts = [one.message, one.label, *one.notes, *one.help]
        texts += [label.text for label in one.related]
        for text in texts:
            assert not text.endswith((".", " ")), text
            assert "Traceback" not in text
            # Help about a script is code.
            words = re.sub(r"`[^`]*`", "", text) if one.code.startswith("BNN7") else text
            assert not re.search(r"\b(None|True|False|Error|pydantic|Input should)\b", words), text
            # A brace begins a mapping to write, and is no hole that was not filled.
            assert "{" not in re.sub(r"\{[a-z_]+: ", "", text), text


@over_meaning
def test_a_fix_edits_the_text_that_was_found(rule: Rule, folder: Path) -> None:
    for one in findings_of_example(rule, folder):
        for fix in one.fixes:
            assert fix.description
            assert fix.edits
            text = one.span.source.text
            for edit in sorted(fix.edits, key=lambda edit: -edit.span.start):
                text = text[: edit.span.start] + edit.replacement + text[edit.span.end :]
            data = Looking() if "survey" in rule.needs else None
            again = check(Source("example.yaml", text), data=data)
            before = check(one.span.source, data=data).diagnostics
            # It removes its finding, and brings no other.
            assert len(again.diagnostics) < len(before)
