"""What a terminal would obey instead of show is escaped in all that bnnc prints."""

from __future__ import annotations

import csv
import io
import json
import sys
import unicodedata
import warnings
from pathlib import Path

import click
import pytest

import bnnc
from bnnc.cli import app
from bnnc.cli.exit_codes import UserError
from bnnc.cli.prediction_files import Csv
from bnnc.errors import SpecFileError
from bnnc.printable import PrintableError, PrintableStream, harmless, printable

# Colours, a title, a link, the clipboard, C1's CSI, an override of direction, a lone surrogate.
TREACHEROUS = (
    "\x1b[31m",
    "\x1b]0;title\x07",
    "\x1b]8;;http://x\x1b\\",
    "\x1b]52;c;eA==\x07",
    "\x9b2J",
    "\x1b[?1049h",
    "\u202eexe",
    "\u2066x",
    "\udcff",
    "\x00",
    "\x7f",
    "\rover",
    "\x08",
)
OBEYED = ("Cc", "Cf", "Cs", "Zl", "Zp")


def obeyed(text: str) -> list[str]:
    return [one for one in text if unicodedata.category(one) in OBEYED and one not in "\n\t"]


class Terminal(io.StringIO):
    """A stream that is a terminal."""

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize("text", TREACHEROUS)
def test_text_is_made_printable(text: str) -> None:
    assert not obeyed(printable(f"a\n\t{text}\nb"))
    assert printable(f"a\n\t{text}\nb").startswith("a\n\t")
    assert "\n" not in harmless(f"a\n{text}")
    assert not obeyed(harmless(text))


def test_what_every_terminal_shows_stays() -> None:
    for text in ("plain", "naïve – 漢字 😀 é", "two\nlines\tand a tab", "100 %"):
        assert printable(text) == text


@pytest.mark.parametrize("text", TREACHEROUS)
def test_a_stream_that_is_no_terminal_is_given_nothing_to_obey(text: str) -> None:
    stream = io.StringIO()
    assert PrintableStream(stream).write(text) == len(text)
    assert not obeyed(stream.getvalue())


def test_a_terminal_is_given_colours_and_progress_bars_and_nothing_else() -> None:
    kept = click.style("red", fg="red", bold=True) + "\r\x1b[2K\x1b[1A\x1b[?25l50 %\x08\x1b[?25h"
    stream = Terminal()
    PrintableStream(stream).write(kept)
    assert stream.getvalue() == kept
    for text in TREACHEROUS[1:-2]:
        stream = Terminal()
        PrintableStream(stream).write(text)
        assert not obeyed(stream.getvalue())


def test_forced_colours_pass_where_there_is_no_terminal() -> None:
    stream = io.StringIO()
    PrintableStream(stream, styled=True).write("\x1b[31mred\x1b[0m\x1b[2K")
    assert stream.getvalue() == "\x1b[31mred\x1b[0m\\x1b[2K"


def test_an_error_is_printable_whatever_it_quotes() -> None:
    assert str(PrintableError("class \x1b]0;x\x07 of\nfolder \udcff")) == (
        "class \\x1b]0;x\\x07 of\nfolder \\udcff"
    )
    for kind in (UserError,):
        assert issubclass(kind, PrintableError)


@pytest.mark.parametrize(
    "arguments",
    [
        ["check", "gone{}.yaml"],
        ["check", "spec.yaml", "--set", "layers[0].{}=3"],
        ["check", "spec.yaml", "--set", "name={}"],
        ["check", "spec.yaml", "--select", "{}"],
        ["explain", "{}"],
        ["init", "{}"],
        ["{}"],
        ["plan", "--{}"],
        ["build", "spec.yaml", "--emit", "{}"],
        ["diff", "spec.yaml", "spec.yaml", "--set", "training.optimizer.type={}"],
        ["check", "--output-format", "github", "bad{}.yaml", "gone{}.yaml"],
        ["check", "--output-format", "sarif", "bad{}.yaml"],
    ],
    ids=lambda one: " ".join(one),
)
@pytest.mark.parametrize("text", [one for one in TREACHEROUS if one != "\x00"])
def test_no_command_prints_what_a_terminal_obeys(
    arguments: list[str],
    text: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    gallery = Path(bnnc.__file__).parent / "specs" / "gallery" / "digits-flipout.yaml"
    Path("spec.yaml").write_text(gallery.read_text(encoding="utf-8"), encoding="utf-8")
    bad = f"bad{text.replace('/', '')}.yaml"
    Path(bad).write_text("bnnc: 1\nunknown: 1\n")
    given = [bad if one == "bad{}.yaml" else one.replace("{}", text) for one in arguments]
    assert app.run(given) in {1, 2}
    written = capsys.readouterr()
    assert written.out + written.err
    assert not obeyed(written.out + written.err)


def test_bugs_and_warnings_are_printable(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(*arguments: object, **keywords: object) -> None:
        warnings.warn("\x1b]0;title\x07", UserWarning, stacklevel=1)
        sys.stdout.write("\x9b2J")
        raise RuntimeError("\x1b]0;title\x07")

    monkeypatch.setattr(app.cli, "main", broken)
    assert app.run(["check", "\u202e"]) == 70
    written = capsys.readouterr()
    assert "This is a bug in bnnc" in written.err
    assert "\\x1b]0;title\\x07" in written.err
    assert not obeyed(written.out + written.err)


def test_names_in_a_table_of_predictions_are_printable() -> None:
    rows: list[dict[str, str | int | float]] = [
        {"image": f"{text}.png", "class": text, "label": 1} for text in TREACHEROUS
    ]
    table = Csv().text(rows, is_first=True)
    assert not obeyed(table)
    assert len(list(csv.DictReader(io.StringIO(table)))) == len(TREACHEROUS)


def test_python_is_given_printable_errors_of_a_spec_file() -> None:
    for name in ("gone\x1b]0;x\x07.yaml", "/tmp/\u202e"):
        with pytest.raises(SpecFileError) as error:
            bnnc.check(name)
        assert not obeyed(str(error.value))


def test_an_emitted_stage_is_json_with_its_own_script_and_nothing_to_obey(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    spec = tmp_path / "spec.yaml"
    gallery = Path(bnnc.__file__).parent / "specs" / "gallery" / "digits-flipout.yaml"
    text = gallery.read_text(encoding="utf-8").replace(
        "source: digits", 'source: "漢\\u202e\\x9b\\U000e0001\\n"'
    )
    spec.write_text(text, encoding="utf-8")
    assert app.run(["build", str(spec), "--emit", "spec"]) == 0
    written = capsys.readouterr().out
    assert json.loads(written)["data"]["source"] == "漢\u202e\x9b\U000e0001\n"
    assert "漢" in written
    assert not obeyed(written)
