"""On a terminal every text is broken between words, and nothing is cut off or lost."""

from __future__ import annotations

import contextlib
import io
import re
from collections.abc import Callable
from pathlib import Path

import click
import pytest
import yaml

import bnnc
from bnnc.cli.app import run
from bnnc.cli.init import _templates
from bnnc.compiler.diagnostics.catalog import rules
from bnnc.compiler.language.concepts import concepts
from bnnc.compiler.language.schema_queries import field_paths

GALLERY = Path(bnnc.__file__).parent / "specs" / "gallery"
WIDTHS = (60, 80, 100, 120)


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


Shell = Callable[..., str]


@pytest.fixture
def shell(monkeypatch: pytest.MonkeyPatch) -> Shell:
    """What a command prints, on a terminal of a width or into a pipe."""

    def run_it(width: int | None, *arguments: str) -> str:
        out = io.StringIO() if width is None else Terminal()
        monkeypatch.setenv("COLUMNS", str(width or ""))
        monkeypatch.setenv("NO_COLOR", "1")
        monkeypatch.setenv("TERM", "xterm")  # else rich takes 80 columns
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(out):
            run(list(arguments))
        return click.unstyle(out.getvalue())

    return run_it


def too_long(text: str, width: int) -> list[str]:
    """Lines outside of code that could have been broken."""
    prose = re.sub(r"```.*?```", "", text, flags=re.DOTALL)
    words = re.compile(r"`[^`]*`\S*|\S+")
    return [
        line
        for line in prose.splitlines()
        if len(line) > width and len(words.findall(line)) > 1 and not line.startswith("#")
    ]


def test_every_page_keeps_its_words_and_fits(shell: Shell) -> None:
    """On the narrowest terminal, and on each of the others in turn."""
    for number, subject in enumerate([*rules(), *field_paths(), *concepts()]):
        piped = shell(None, "explain", subject)
        code = re.findall(r"```.*?```", piped, flags=re.DOTALL)
        formulas = set(re.findall(r"^ {4}.*$", piped, flags=re.MULTILINE))
        for width in (WIDTHS[0], WIDTHS[1 + number % 3]):
            shown = shell(width, "explain", subject)
            assert shown.split() == piped.split(), subject
            assert not set(too_long(shown, width)) - formulas, subject
            assert formulas <= set(shown.splitlines())
            assert re.findall(r"```.*?```", shown, flags=re.DOTALL) == code


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize(
    "arguments",
    [
        ("explain",),
        ("init", "--list"),
        ("init", "nosuch"),
        ("explain", "nosuch"),
        ("evaluate", "a-folder-that-is-not-there"),
        ("train", "a-spec-that-is-not-there.yaml"),
        ("train",),
        ("predict", "run"),
    ],
    ids=" ".join,
)
def test_lists_and_errors_keep_their_words_and_fit(
    shell: Shell, arguments: tuple[str, ...], width: int
) -> None:
    piped, shown = shell(None, *arguments), shell(width, *arguments)
    assert shown.split() == piped.split()
    assert not too_long(shown, width)


@pytest.mark.parametrize("width", WIDTHS)
def test_findings_fit(shell: Shell, width: int) -> None:
    corpus = Path(__file__).parents[1] / "corpus"
    for spec in sorted(corpus.glob("*.yaml"))[::10]:
        shown = shell(width, "check", str(spec))
        # A name of a file may be longer, and a snippet has a least width.
        long = [
            line
            for line in shown.splitlines()
            if len(line) > max(width, 62) and " --> " not in line and len(line.split()) > 3
        ]
        assert not long, spec


@pytest.mark.parametrize("width", WIDTHS)
def test_a_plan_keeps_the_names_of_classes_apart(shell: Shell, width: int) -> None:
    for spec in ("digits-resnet-flipout", "cifar10-resnet20"):
        path = GALLERY / f"{spec}.yaml"
        shown = shell(width, "plan", str(path))
        assert "…" not in shown
        assert not [line for line in shown.splitlines() if len(line) > width]
        lines = shown.splitlines()
        (heading,) = (place for place, line in enumerate(lines) if line.startswith("layer "))
        begin, end = lines[heading].index("class"), lines[heading].index("output")
        named: list[tuple[str, str]] = []
        for line in lines[heading + 1 :]:
            if not line.strip() or line.startswith("("):
                break
            layer, kind, rest = line[:begin].strip(), line[begin:end], line[end:]
            kind = kind.split()[0] if kind.split() else ""
            if rest.strip() or not named:
                named.append((layer, kind))
            else:
                named[-1] = (named[-1][0] + layer, named[-1][1] + kind)
        nodes = bnnc.plan(path).nodes
        assert named == [(one.name, one.keras_class.rpartition(".")[2]) for one in nodes]


@pytest.mark.parametrize("width", WIDTHS)
def test_a_spec_with_its_origins_keeps_its_meaning(
    shell: Shell, width: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(GALLERY)
    plans = [
        shell(columns, "plan", "-v", "digits-early-stopping.yaml") for columns in (None, width)
    ]
    piped, shown = (plan.partition("\nbnnc: 1")[2] for plan in plans)
    assert shown.split() == piped.split()
    assert yaml.safe_load(shown) == yaml.safe_load(piped)
    assert not [line for line in shown.splitlines() if "  # " in line and len(line) > width]


@pytest.mark.parametrize("width", WIDTHS)
def test_a_difference_keeps_its_words_and_fits(
    shell: Shell, width: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(GALLERY)
    specs = ("digits-flipout.yaml", "digits-sngp.yaml")
    piped, shown = shell(None, "diff", *specs), shell(width, "diff", *specs)
    assert shown.split() == piped.split()
    assert not too_long(shown, width)


def test_the_list_of_templates_says_what_each_is(shell: Shell) -> None:
    lines = shell(None, "init", "--list").splitlines()
    assert [line.split()[0] for line in lines] == list(_templates())
    assert all(len(line.split()) > 3 for line in lines)
    (flipout,) = (line for line in lines if line.startswith("digits-flipout "))
    assert "A small convolutional network on scikit-learn's embedded 8x8 digits" in flipout
