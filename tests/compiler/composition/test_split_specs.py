"""A spec taken apart into files and settings has the findings of the whole, at the right places."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from bnnc.compiler.diagnostics.diagnostic import Diagnostic
from bnnc.compiler.diagnostics.render import render
from bnnc.compiler.pipeline import check, check_bytes
from bnnc.compiler.report import Report
from bnnc.compiler.text.source import Source, Span
from tests.generated import Document, random_spec, wrong_spec
from tests.support.split_document import split_document

MANY = settings(
    max_examples=80,
    deadline=None,
    database=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)
SEEDS = st.integers(0, 2**32 - 1)


def text(document: Document) -> str:
    return json.dumps(document, indent=1)


def in_parts(random: Random, document: Document, folder: Path) -> Report:
    """The report on a document that is written as three files."""
    low, rest = split_document(random, document)
    middle, top = split_document(random, rest)
    (folder / "low.json").write_text(text(low))
    (folder / "middle.json").write_text(text({"extends": "low.json", **middle}))
    name = str(folder / "top.json")
    return check_bytes(name, text({"extends": "middle.json", **top}).encode())


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("apart")


def spans(one: Diagnostic) -> list[Span]:
    return [one.span, *(label.span for label in one.related)]


@MANY
@given(seed=SEEDS)
def test_a_right_spec_in_parts_is_the_spec(seed: int, folder: Path) -> None:
    random = Random(seed)
    document = random_spec(random)
    whole = check(Source("whole.json", text(document)))
    assume(whole.ok)
    assert in_parts(random, document, folder).accepted() == whole.accepted()


@MANY
@given(seed=SEEDS)
def test_a_wrong_spec_in_parts_has_the_findings_of_the_whole(seed: int, folder: Path) -> None:
    random = Random(seed)
    document = wrong_spec(random)
    whole = check(Source("whole.json", text(document)))
    parts = in_parts(random, document, folder)

    def said(report: Report) -> Counter[tuple[str, str]]:
        return Counter((one.code, one.message) for one in report.diagnostics)

    assert said(parts) == said(whole)
    first_key = json.dumps(next(iter(document), None))
    for one in parts.diagnostics:
        for span in spans(one):
            path = Path(span.source.name)
            written = path.read_text() if path.name != "top.json" else parts.source.text
            assert written[span.start : span.end] == span.text
            assert span.source.text == written
        for edit in (edit for fix in one.fixes for edit in fix.edits):
            assert 0 <= edit.span.start <= edit.span.end <= len(edit.span.source.text)
        same = [each.span.text for each in whole.diagnostics if matches(each, one)]
        # Single values are written in one file, and with the same characters; what nobody wrote is
        # shown at the first key, which is `extends` where there are parts.
        if one.code != "BNN103" and all(map(is_value, same)) and first_key not in same:
            assert one.span.text in same
    assert render(parts.diagnostics) or parts.ok


def matches(one: Diagnostic, other: Diagnostic) -> bool:
    return (one.code, one.message) == (other.code, other.message)


def is_value(written: str) -> bool:
    """Whether a span is a key, a value or an entry that is no mapping and no list."""
    return not set(written) & set("{[\n")


@MANY
@given(seed=SEEDS)
def test_a_finding_of_one_value_is_in_the_file_that_says_it(seed: int, folder: Path) -> None:
    random = Random(seed)
    document = random_spec(random)
    document["training"] = {**document.get("training", {}), "batch_size": "many"}
    report = in_parts(random, document, folder)
    (one,) = [each for each in report.diagnostics if each.code == "BNN105"]
    assert one.span.text == '"many"'
    said: Any = json.loads(one.span.source.text)
    assert said["training"]["batch_size"] == "many"
