"""Scripts of people, each with the exact text that `bnnc check` says about it.

`python tests/scripts/regenerate.py` writes the texts. No script is run.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from bnnc.compiler.diagnostics.render import render
from bnnc.compiler.pipeline import check_bytes

FOLDER = Path(__file__).parent / "corpus"
SCRIPTS = sorted([*FOLDER.glob("*.py"), *FOLDER.glob("*.ipynb")])
# Parts that are not followed, and arguments that a spec does not have.
NOT_FOLLOWED = {"BNN703", "BNN704"}


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.stem)
def test_a_script_has_the_findings_that_are_written_beside_it(script: Path) -> None:
    expected = script.with_suffix(".txt").read_text(encoding="utf-8")
    report = check_bytes(script.name, script.read_bytes())
    assert render(report.diagnostics) + "\n" == expected


@pytest.mark.parametrize(
    "script",
    [one for one in SCRIPTS if one.stem.startswith("right-")],
    ids=lambda script: script.stem,
)
def test_of_a_right_script_nothing_is_found_but_parts_that_are_not_followed(script: Path) -> None:
    report = check_bytes(script.name, script.read_bytes())
    assert report.ok
    assert {one.code for one in report.diagnostics} <= NOT_FOLLOWED


def test_half_of_at_least_sixty_scripts_are_right() -> None:
    right = [one for one in SCRIPTS if one.stem.startswith("right-")]
    assert len(SCRIPTS) >= 60
    assert 0.4 < len(right) / len(SCRIPTS) < 0.6


def test_every_script_says_at_its_top_what_it_is_about() -> None:
    scripts = [one for one in SCRIPTS if one.suffix == ".py"]
    assert all(one.read_text(encoding="utf-8").startswith("# ") for one in scripts)


def test_every_place_is_in_the_script() -> None:
    for script in SCRIPTS:
        report = check_bytes(script.name, script.read_bytes())
        for one in report.diagnostics:
            spans = [one.span, *(label.span for label in one.related)]
            assert {span.source.name for span in spans} == {script.name}
            assert all(0 <= span.start <= span.end <= len(span.source.text) for span in spans)
            assert one.fixes == ()


def test_no_script_is_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    script = FOLDER / "writes-a-file.py"
    assert "open(" in script.read_text()
    assert check_bytes(script.name, script.read_bytes()).ok
    assert list(tmp_path.iterdir()) == []


def test_a_comment_suppresses_a_warning_in_its_line() -> None:
    text = (FOLDER / "accuracy-of-a-distribution.py").read_text(encoding="utf-8")
    line = next(one for one in text.splitlines() if "metrics=" in one)
    found = check_bytes("script.py", text.encode()).diagnostics
    assert [one.code for one in found] == ["BNN717"]
    text = text.replace(line, f"{line}  # bnnc: ignore[BNN717]")
    assert check_bytes("script.py", text.encode()).diagnostics == ()


def test_a_comment_without_effect_is_found_and_not_fixed() -> None:
    text = (FOLDER / "right-subclass.py").read_text(encoding="utf-8")
    found = check_bytes("script.py", f"{text}x = 1  # bnnc: ignore[BNN409]\n".encode()).diagnostics
    assert [one.code for one in found] == ["BNN603"]
    assert found[0].fixes == ()


def test_places_are_right_behind_characters_of_several_bytes_and_form_feeds() -> None:
    text = (FOLDER / "mse-for-classes.py").read_text(encoding="utf-8")
    text = text.replace("import keras\n", 'import keras\n\x0cnäme = "→ ü"; nöte = 1\n')
    text = text.replace('model.compile("sgd"', 'größe = "äöü"; model.compile("sgd"')
    (found,) = check_bytes("script.py", text.encode()).diagnostics
    assert found.span.text == 'loss="mse"'
