"""A folder to write files into and to be in, as the person who checks them is."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from bnnc.compiler.pipeline import check_bytes
from bnnc.compiler.report import Report

BASE = """\
bnnc: 1
input: {shape: [28, 28, 1]}
layers:
  - {type: flatten}
  - {type: dense, units: 10, name: head}
output: {distribution: categorical, parameterization: logits, classes: 10, labels: integer}
training:
  optimizer: {type: adam, beta_1: 0.5}
"""

Write = Callable[..., Report]


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Write:
    """Write files and check the last one; names such as `a_yaml` stand for `a.yaml`."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "base.yaml").write_text(BASE)

    def write_and_check(**texts: str) -> Report:
        name = ""
        for word, text in texts.items():
            name = word.replace("_", ".")
            (tmp_path / name).write_text(text, encoding="utf-8")
        return check_bytes(name, (tmp_path / name).read_bytes())

    return write_and_check


def codes(report: Report) -> list[str]:
    return [one.code for one in report.diagnostics]


def files_opened(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of files that are opened from now on."""
    opened: list[str] = []
    open_file = os.open

    def note(path: str, flags: int) -> int:
        opened.append(path)
        return open_file(path, flags)

    monkeypatch.setattr(os, "open", note)
    return opened


def only_message(report: Report, code: str) -> str:
    assert codes(report) == [code]
    return report.diagnostics[0].message
