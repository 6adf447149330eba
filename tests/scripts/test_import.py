"""Imported specs say what the script says, and name what they do not cover."""

from __future__ import annotations

from pathlib import Path

import pytest

from bnnc.compiler.pipeline import check, check_bytes
from bnnc.compiler.scripts.read import read_script
from bnnc.compiler.scripts.write_spec import write_spec
from bnnc.compiler.text.source import Source
from tests.scripts.test_corpus import FOLDER, SCRIPTS


def imported(script: Path) -> str:
    read = read_script(Source(script.name, script.read_text(encoding="utf-8")))
    return write_spec(read, script.name)


@pytest.mark.parametrize(
    "script",
    [one for one in SCRIPTS if one.stem.startswith("right-")],
    ids=lambda script: script.stem,
)
def test_the_spec_of_a_right_script_has_no_errors(script: Path) -> None:
    report = check(Source("spec.yaml", imported(script), ""))
    if "output:  # write it here" not in report.source.text:
        assert report.ok, report


def test_the_spec_of_a_wrong_script_has_no_other_errors() -> None:
    for script in SCRIPTS:
        of_script = check_bytes(script.name, script.read_bytes())
        if of_script.tree is None or any(one.code == "BNN703" for one in of_script.diagnostics):
            continue  # what is not known is left empty, with a comment
        found = check(Source("spec.yaml", imported(script), "")).diagnostics
        errors = {one.code for one in found if one.severity == "error"}
        assert errors <= {one.code for one in of_script.diagnostics}, script.name


def test_what_is_not_covered_and_what_was_decided_is_said() -> None:
    text = imported(FOLDER / "right-mc-dropout.py")
    assert "# Line 12: dropout that is always active is written as `method: mc_dropout`." in text
    assert "# Line 15 is not covered: `callbacks` of `fit`." in text
    assert "bayesian: {method: mc_dropout, layers: [dropout_1]}" in text


def test_a_residual_network_becomes_residual_blocks() -> None:
    text = imported(FOLDER / "right-resnet.py")
    assert text.count("type: residual") == 9
    assert text.count("    shortcut: projection") == 2
    report = check(Source("spec.yaml", text, ""))
    assert report.diagnostics == ()


def test_branches_become_a_parallel_block() -> None:
    text = imported(FOLDER / "inception-softmax-as-logits.py")
    assert text.count("type: parallel") == 2


def test_a_value_that_is_not_known_is_left_out() -> None:
    text = imported(FOLDER / "settings-of-a-file.py")
    assert "optimizer: {type: adam}}" in text
    assert "`learning_rate` is not known" in text
    assert "output:  # write it here" in text
