"""Specs that are wrong, each with the exact text that `bnnc check` says about it.

`python tests/corpus/regenerate.py` writes the texts; how to add a case stands there.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from bnnc.compiler.diagnostics.render import render
from bnnc.compiler.pipeline import check_bytes

FOLDER = Path(__file__).parent
SPECS = sorted(FOLDER.glob("*.yaml"))


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.stem)
def test_a_wrong_spec_is_told_where_why_and_what_instead(spec: Path) -> None:
    expected = spec.with_suffix(".txt").read_text(encoding="utf-8")
    report = check_bytes(spec.name, spec.read_bytes())
    assert report.diagnostics
    assert render(report.diagnostics) + "\n" == expected


def test_every_text_belongs_to_a_spec() -> None:
    assert {text.stem for text in FOLDER.glob("*.txt")} == {spec.stem for spec in SPECS}


def test_the_corpus_has_cases_of_every_family() -> None:
    texts = [spec.with_suffix(".txt").read_text(encoding="utf-8") for spec in SPECS]
    families = set(re.findall(r"\[(BNN\d)\d\d\]", "".join(texts)))
    assert {"BNN0", "BNN1", "BNN2", "BNN3", "BNN4"} <= families
