"""A finding is a value: where, what, why, and the way out."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from bnnc.compiler.text.source import Span

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


def in_file_order(diagnostics: Iterable[Diagnostic]) -> tuple[Diagnostic, ...]:
    """Sorted by place, then code; each finding once."""
    unique = dict.fromkeys(diagnostics)
    return tuple(sorted(unique, key=lambda one: (one.span.source.name, one.span.start, one.code)))
