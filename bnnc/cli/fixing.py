"""`bnnc check --fix`: write fixed specs, or show the difference."""

from __future__ import annotations

import codecs
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bnnc.cli.exit_codes import UserError
from bnnc.cli.terminal import colored
from bnnc.compiler.composition.cache import Cache
from bnnc.compiler.diagnostics.diagnostic import Diagnostic
from bnnc.compiler.diagnostics.wording import counted
from bnnc.compiler.pipeline import fix
from bnnc.compiler.report import Report
from bnnc.compiler.text.source import Source
from bnnc.printable import harmless
from bnnc.system.writing import OutputError, write_bytes

if TYPE_CHECKING:
    from bnnc.compiler.analysis.data_facts import Looking
    from bnnc.compiler.checking.fixes import AppliedFix

_COLOURS = {"+": "green", "-": "red", "@": "cyan"}


@dataclass(frozen=True, slots=True)
class Fixing:
    """How fixes are applied: written or shown, with or without those that change the model.

    `data` says how every row of the data is looked at, if it is.
    """

    write: bool
    unsafe: bool
    data: Looking | None = None

    def of(
        self, report: Report, data: bytes, path: Path | None, cache: Cache
    ) -> tuple[Report, tuple[AppliedFix, ...]]:
        """The report after fixing, and the fixes in the order in which they were applied.

        Args:
            report: the report on a file.
            data: the bytes of the file.
            path: the file; None for standard input, which is only shown.
            cache: what was read of the files that the spec extends.

        Raises: UserError if the file cannot be written.
        """
        fixed = fix(report, unsafe=self.unsafe, cache=cache, data=self.data)
        if not fixed.applied:
            return report, ()
        if self.write and path is not None:
            write_spec(path, data, fixed.source.text)
            cache.forget()  # other specs may extend this file
            return fixed.report, fixed.fixes
        show_difference(report.source.name, report.source.text, fixed.source.text)
        return report, fixed.fixes


def fix_line(name: str, applied: AppliedFix) -> str:
    """Describe an applied fix in one line."""
    found = "" if applied.round == 1 else ", found after the fixes above"
    changed = "" if applied.fix.safe else ", changes the model"
    description = harmless(applied.fix.description)
    return f"{harmless(name)}: {applied.finding.code}{found}{changed}: {description}"


@dataclass(frozen=True, slots=True)
class Offers:
    """How many findings `--fix` would remove, and `--unsafe-fixes` beyond them.

    `elsewhere` are those whose fixes edit files that the spec extends, and the names of these files:
    such fixes are not made from it.
    """

    safe: int = 0
    unsafe: int = 0
    elsewhere: frozenset[tuple[Diagnostic, str]] = frozenset()

    def __add__(self, other: Offers) -> Offers:
        elsewhere = self.elsewhere | other.elsewhere
        return Offers(self.safe + other.safe, self.unsafe + other.unsafe, elsewhere)

    def __str__(self) -> str:
        """A line on what can be fixed and how; empty if nothing can."""
        safe, unsafe = self.safe, self.unsafe
        parts = []
        if safe:
            parts.append(f"{safe} can be fixed with `--fix`")
        if unsafe:
            parts.append(
                f"{unsafe}{' more' if safe else ''} with `--unsafe-fixes`, changing the model"
            )
            if not safe:
                parts[-1] = parts[-1].replace(" with", " can be fixed with", 1)
        lines = [", ".join(parts)] if parts else []
        if self.elsewhere:
            names = ", ".join(sorted({harmless(name) for _, name in self.elsewhere}))
            count = counted(len({found for found, _ in self.elsewhere}), "fix", "fixes")
            lines.append(
                f"{count} would edit {names}, which other specs may extend: not made from here"
            )
        return "\n".join(lines)


def offers(source: Source, diagnostics: tuple[Diagnostic, ...]) -> Offers:
    """Count the findings of a text, and of the files that it extends, that can be fixed."""
    safe = unsafe = 0
    elsewhere: set[tuple[Diagnostic, str]] = set()
    for found in diagnostics:
        own = [one for one in found.fixes if one.edits_only(source)]
        safe += any(one.safe for one in own)
        unsafe += bool(own) and not any(one.safe for one in own)
        if found.fixes and not own:
            names = {edit.span.source.name for fix in found.fixes for edit in fix.edits}
            elsewhere.update((found, name) for name in names - {source.name})
    return Offers(safe, unsafe, frozenset(elsewhere))


def write_spec(path: Path, before: bytes, text: str) -> None:
    """Write the new text of a spec in its place; a byte order mark stays. Raises: UserError."""
    mark = codecs.BOM_UTF8 if before.startswith(codecs.BOM_UTF8) else b""
    if not path.is_file():
        raise UserError(f"{harmless(str(path))} is not a file, and cannot be fixed in place")
    try:
        write_bytes(path, mark + text.encode())
    except OutputError as error:
        raise UserError(str(error)) from error


def show_difference(name: str, before: str, after: str, word: str = "fixed") -> None:
    """Print the lines of a spec that change, with those around them."""
    from difflib import unified_diff

    lines = unified_diff(
        before.splitlines(keepends=True), after.splitlines(keepends=True), name, f"{name} ({word})"
    )
    for line in lines:
        text = line if line.endswith("\n") else f"{line}\n"
        colour = _COLOURS.get(line[:1])
        click.echo(click.style(text, fg=colour) if colored() and colour else text, nl=False)
