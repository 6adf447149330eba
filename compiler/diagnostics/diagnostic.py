"""A finding as a value: span, message, reasons and fixes."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Literal

from bnnc.compiler.text.source import Source, Span
from bnnc.printable import harmless

Severity = Literal["error", "warning", "information"]


@dataclass(frozen=True, slots=True)
class Label:
    """A place with a few words that stand beside its carets."""

    span: Span
    text: str


@dataclass(frozen=True, slots=True)
class Edit:
    """Characters of a source and what to write in their place.

    `writes` is the key that the edit gives a mapping, with the offset where that mapping begins:
    two edits that write one key into one mapping exclude each other.
    """

    span: Span
    replacement: str
    writes: tuple[int, str] | None = None


@dataclass(frozen=True, slots=True)
class Fix:
    """A set of edits that removes a finding.

    A safe fix says the same model right; an unsafe one changes the model.
    """

    description: str
    edits: tuple[Edit, ...]
    safe: bool

    def edits_only(self, source: Source) -> bool:
        """Whether it leaves all other texts alone.

        What a spec extends may be extended by others: it is never edited on behalf of one of them.
        """
        return all(edit.span.source == source for edit in self.edits)


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One finding.."""

    code: str
    name: str
    severity: Severity
    message: str
    span: Span
    label: str = ""
    related: tuple[Label, ...] = ()
    notes: tuple[str, ...] = ()
    help: tuple[str, ...] = ()
    fixes: tuple[Fix, ...] = ()

    def __repr__(self) -> str:
        line, column = self.span.position
        place = f"{self.span.source.title}:{line}:{column}"
        return harmless(f"<{self.severity}[{self.code}] at {place}: {self.message}>")


def without_edits_of_settings(one: Diagnostic) -> Diagnostic:
    """The finding without the fixes that would edit a setting, which stands in no file."""
    fixes = tuple(
        fix for fix in one.fixes if not any(edit.span.source.is_setting for edit in fix.edits)
    )
    return one if len(fixes) == len(one.fixes) else replace(one, fixes=fixes)


def reworded(one: Diagnostic, words: Callable[[str], str]) -> Diagnostic:
    """The finding with other words in its sentences, and the same places."""
    return replace(
        one,
        message=words(one.message),
        label=words(one.label),
        related=tuple(replace(label, text=words(label.text)) for label in one.related),
        notes=tuple(map(words, one.notes)),
        help=tuple(map(words, one.help)),
    )


def in_file_order(
    diagnostics: Iterable[Diagnostic], first: Source | None = None
) -> tuple[Diagnostic, ...]:
    """Sorted by file, place and code, each finding once.

    A file that is to come first does, and settings come last, in the order in which they count.
    """
    name = first.name if first else ""

    def place(one: Diagnostic) -> tuple[bool, int, str, int, int, str]:
        source = one.span.source
        number = len(source.name) if source.is_setting else 0  # so that 2 stands before 10
        own = source.name != name, number, source.name
        return *own, source.cell or 0, one.span.start, one.code

    return tuple(sorted(dict.fromkeys(diagnostics), key=place))
