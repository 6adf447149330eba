"""Run the commands and snippets of a hand-written page, in the order of the page.

    python -m tests.docs.pages PAGE ...

writes the real output of every command into the pages. Only fenced blocks count:

- ```console: each line `$ command` is run, what follows is its output. `...` stands for anything.
- ```python: run, all blocks of a page in one namespace; with `title="NAME"` written to that file.
- ```yaml: with `title="NAME"` written to that file. A spec, or sections of one, must be without
  errors.
- ```sh and others: not run.

A comment in the line before a block changes that: `<!-- numbers differ -->` where numbers depend on
the machine, `<!-- broken -->` where a spec has errors on purpose, `<!-- not run: REASON -->`.
"""

from __future__ import annotations

import contextlib
import io
import re
import shlex
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import bnnc
from bnnc.cli.app import run
from bnnc.compiler.diagnostics.pages import sections, whole

ROOT = Path(__file__).resolve().parents[2]
PAGES = (ROOT / "README.md", ROOT / "PACKAGE.md", *sorted((ROOT / "docs").glob("*.md")))

_BLOCK = re.compile(
    r"(?:^<!-- (?P<mark>[^\n]*?) -->\n)?^```(?P<kind>\w+)(?P<info>[^\n]*)\n(?P<text>.*?)^```$",
    re.MULTILINE | re.DOTALL,
)
_NUMBER = r"\d[\d,]*(?:\.\d+)?(?:e[+-]?\d+)?"
_TOKEN = re.compile(rf"\.\.\.|\s+|{_NUMBER}|.")


@dataclass(frozen=True)
class Block:
    """A fenced block of a page.

    Args:
        kind: the word behind the fence.
        title: the file that it is, or nothing.
        mark: the comment before it, or nothing.
        text: what is in it.
        start: where its text begins in the page.
    """

    kind: str
    title: str
    mark: str
    text: str
    start: int

    @property
    def is_run(self) -> bool:
        """Whether anything is done with it."""
        return self.kind in {"console", "python", "yaml"} and not self.mark.startswith("not run: ")


@dataclass(frozen=True)
class Command:
    """A command of a page: what the page shows of it, and what it printed."""

    line: str
    shown: str
    printed: str
    numbers_differ: bool

    @property
    def is_as_shown(self) -> bool:
        """Whether the page shows what the command printed; spaces at its ends do not matter."""
        return (
            re.fullmatch(_pattern(self.shown, self.numbers_differ), self.printed.strip())
            is not None
        )


def blocks(text: str) -> list[Block]:
    """The fenced blocks of a page."""
    return [
        Block(
            found["kind"],
            (re.findall(r'title="([^"]*)"', found["info"]) or [""])[0],
            found["mark"] or "",
            found["text"],
            found.start("text"),
        )
        for found in _BLOCK.finditer(text)
    ]


def commands(block: Block) -> list[tuple[str, str]]:
    """The commands of a block, each with the output that is shown."""
    parts = re.split(r"^\$ (.*)\n", block.text, flags=re.MULTILINE)
    assert not parts[0].strip(), f"output without a command: {parts[0]}"
    return list(zip(parts[1::2], parts[2::2], strict=True))


def run_block(block: Block, namespace: dict[str, Any]) -> list[Command]:
    """Do what a block says in the current folder. Returns: its commands, with their output."""
    if not block.is_run:
        return []
    if block.kind == "yaml":
        _use_yaml(block)
    if block.kind == "python" and block.title:
        Path(block.title).write_text(block.text)
    elif block.kind == "python":
        with contextlib.redirect_stdout(io.StringIO()):
            exec(compile(block.text, "<page>", "exec"), namespace)  # noqa: S102 - our own pages
    if block.kind != "console":
        return []
    differ = block.mark == "numbers differ"
    return [Command(line, shown, printed(line), differ) for line, shown in commands(block)]


def printed(line: str) -> str:
    """What a command line prints on both streams."""
    words = shlex.split(line)
    if words[0] != "bnnc":
        done = subprocess.run(line, shell=True, capture_output=True, text=True, check=True)
        return done.stdout + done.stderr
    target = words[words.index(">") + 1] if ">" in words else None
    arguments = words[1 : words.index(">")] if target else words[1:]
    both = io.StringIO()
    with contextlib.redirect_stdout(both), contextlib.redirect_stderr(both):
        run(arguments)
    if target is None:
        return both.getvalue()
    Path(target).write_text(both.getvalue())
    return ""


def _use_yaml(block: Block) -> None:
    if block.title:
        Path(block.title).parent.mkdir(parents=True, exist_ok=True)
        Path(block.title).write_text(block.text)
    own = set(sections(block.text))
    if not own or not own <= set(bnnc.Spec.model_fields) | {"extends"} or block.mark == "broken":
        return
    name = block.title or "spec.yaml"
    if not block.title:
        Path(name).write_text(whole(block.text))
    report = bnnc.check(name)
    assert report.ok, report


def _pattern(shown: str, numbers_differ: bool) -> str:
    """A pattern of the output: any spaces for spaces, anything for `...`, any number for a number."""

    def of(token: str) -> str:
        if token == "...":
            return r".*"
        if token.isspace():
            return r"\s+"
        return _NUMBER if numbers_differ and token[0].isdigit() else re.escape(token)

    return "(?s)" + "".join(map(of, _TOKEN.findall(shown.strip())))


def updated(text: str) -> str:
    """A page with the real output of each command that is not as the page shows it."""
    namespace: dict[str, Any] = {}
    pieces, end = [], 0
    for block in blocks(text):
        done = run_block(block, namespace)
        if not done:
            continue
        pieces += [text[end : block.start], "\n".join(map(_with_output, done))]
        end = block.start + len(block.text)
    return "".join([*pieces, text[end:]])


def _with_output(command: Command) -> str:
    output = command.shown.rstrip("\n") if command.is_as_shown else command.printed.strip("\n")
    lines = (line.rstrip() for line in output.splitlines())
    return "".join(f"{line}\n" for line in (f"$ {command.line}", *lines))


def main() -> None:
    """Write the real output into the pages that the command line names."""
    for page in [Path(name).resolve() for name in sys.argv[1:]]:
        with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
            page.write_text(updated(page.read_text()))


if __name__ == "__main__":
    main()
