"""What Python shows of bnnc's values, in a terminal, a script and a notebook. No TensorFlow."""

from __future__ import annotations

import pickle
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from typing import assert_type

import pytest

import bnnc
from bnnc.compiler.diagnostics.render import render

GALLERY = Path(bnnc.__file__).parent / "specs" / "gallery"
GOOD = GALLERY / "digits-flipout.yaml"
BAD = {
    "bnnc": 1,
    "name": "bad",
    "input": {"shape": [8, 8, 1]},
    "layers": [{"type": "flatten"}, {"type": "<b>bold</b>", "units": 10}],
    "output": {
        "distribution": "categorical",
        "parameterization": "logits",
        "classes": 10,
        "labels": "integer",
    },
}
SCRIPT = """
import bnnc

def make():
    return bnnc.compile("bad.yaml")

make()
"""
SHELL = """
from IPython.core.interactiveshell import InteractiveShell
shell = InteractiveShell()
shell.run_cell("import bnnc")
shell.run_cell("def make():\\n    return bnnc.compile('bad.yaml')\\nmake()")
shell.run_cell("bnnc.check('nosuch.yaml')")
shell.run_cell("report = bnnc.check('bad.yaml')\\nreport")
html, _ = shell.display_formatter.format(shell.user_ns["report"])
assert "text/html" in html, html
"""


class Balanced(HTMLParser):
    """Reads HTML, and fails where a tag is closed that is not open."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.said: list[str] = []
        self.feed(text)
        self.close()
        assert not self.open

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.said.append(data)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("folder")
    text = GOOD.read_text().replace("name: head", "name: head, activation: softmax")
    (folder / "bad.yaml").write_text(text)
    (folder / "script.py").write_text(SCRIPT)
    return folder


def run(folder: Path, *arguments: str) -> str:
    ended = subprocess.run(
        [sys.executable, *arguments], capture_output=True, text=True, check=False, cwd=folder
    )
    return ended.stdout + ended.stderr


def test_a_report_is_true_if_the_spec_compiles_and_shows_its_findings() -> None:
    good, bad = bnnc.check(GOOD), bnnc.check(BAD)
    assert_type(good, bnnc.Report)
    assert bool(good) is good.ok is True
    assert bool(bad) is bad.ok is False
    assert repr(good) == f"{GOOD}: compiles, no findings"
    assert repr(bad).startswith(render(bad.diagnostics))
    assert repr(bad).endswith("<dict>: does not compile, 1 error in 1 file")
    (one,) = bad.diagnostics
    line, column = one.span.position
    assert repr(one) == f"<error[{one.code}] at <dict>:{line}:{column}: {one.message}>"


def test_a_report_in_a_notebook_is_its_findings_escaped() -> None:
    bad = bnnc.check(BAD)
    shown = bad._repr_html_()
    assert "<b>bold</b>" not in shown
    assert render(bad.diagnostics) in "".join(Balanced(shown).said)


def test_a_plan_is_a_table_of_its_layers() -> None:
    plan = bnnc.plan(GOOD)
    assert_type(plan, bnnc.Plan)
    read = Balanced(plan._repr_html_()).said
    for node in plan.nodes:
        assert node.name in read
        assert any(line.split()[0] == node.name for line in repr(plan).splitlines() if line)
    assert f"{plan.parameters:,}" in repr(plan)


def test_a_spec_is_shown_in_a_line() -> None:
    spec = bnnc.check(GOOD).accepted()
    assert repr(spec).startswith("Spec(name='digits-flipout', 5 layers, method flipout, ")
    assert "\n" not in repr(spec)


def test_a_refused_spec_is_shown_in_a_script_with_two_frames_at_most(folder: Path) -> None:
    said = run(folder, "script.py")
    frames = [line for line in said.splitlines() if line.startswith("  File ")]
    assert [Path(line.split('"')[1]).name for line in frames] == [
        "script.py",
        "script.py",
        "api.py",
    ]
    assert "bnnc.SpecError: the spec does not compile" in said
    assert said.count("error[BNN301]") == 1


def test_a_refused_spec_is_shown_in_ipython_with_the_callers_frames_alone(folder: Path) -> None:
    said = run(folder, "-c", SHELL)
    assert "AssertionError" not in said
    refused, missing = said.split("Traceback (most recent call last):")[1:]
    for one in (refused, missing):
        assert "api.py" not in one
        assert one.count("  File ") in {1, 2}
    assert "return bnnc.compile('bad.yaml')" in refused
    assert "SpecError: the spec does not compile" in refused
    assert "error[BNN301]" in refused
    assert "There is no spec file nosuch.yaml" in missing
    assert said.count("error[BNN301]") == 2  # by the error, and by the report


def test_an_error_survives_its_way_from_another_process() -> None:
    with pytest.raises(bnnc.SpecError) as caught:
        bnnc.compile(BAD)
    again = pickle.loads(pickle.dumps(caught.value))
    assert isinstance(again, bnnc.SpecError)
    assert str(again) == str(caught.value)
    assert again.diagnostics == caught.value.diagnostics


def test_every_error_of_the_api_is_a_bnnc_error_and_what_it_was_before() -> None:
    errors = [getattr(bnnc, name) for name in bnnc.__all__ if name.endswith("Error")]
    assert len(errors) > 10
    assert all(issubclass(one, bnnc.BnncError) for one in errors)
    assert issubclass(bnnc.SpecError, ValueError)
    assert issubclass(bnnc.SpecNotFoundError, FileNotFoundError)
