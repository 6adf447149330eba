"""A finding is a value: where, what, why, and the way out."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from bnnc.compiler.text.source import Source, Span

Severity = Literal["error", "warning", "information"]


@dataclass(frozen=True, slots=True)
class Label:
    """A place with a few words that stand beside its carets."""

    span: Span
    text: str


@dataclass(frozen=True, slots=True)
class Edit:
    """Characters of a source and what to write in their place."""

    span: Span
    replacement: str


@dataclass(frozen=True, slots=True)
class Fix:
    """A set of edits that removes a finding.

    A safe fix says the same model right; an unsafe one changes the model.
    """

    description: str
    edits: tuple[Edit, ...]
    safe: bool


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


def in_file_order(
    diagnostics: Iterable[Diagnostic], first: Source | None = None
) -> tuple[Diagnostic, ...]:
    """Sorted by file, place and code, each finding once; a file that is to come first does."""
    name = first.name if first else ""

    def place(one: Diagnostic) -> tuple[bool, str, int, str]:
        source = one.span.source
        return source.name != name, source.name, one.span.start, one.code

    return tuple(sorted(dict.fromkeys(diagnostics), key=place))
