"""What a finding may show of a file: text alone, and of the spec's own project.

Findings go into the logs of a CI, which may be public. A spec in a pull request can extend any
file of the machine that checks it, or be a link to one.
"""

from __future__ import annotations

import os
from collections.abc import Collection
from dataclasses import replace
from functools import cache

from bnnc.compiler.diagnostics.diagnostic import Diagnostic, Label
from bnnc.compiler.text.source import Source, Span
from bnnc.printable import harmless

# The findings on a file that is not text.
_NOT_TEXT = frozenset({"BNN015", "BNN018"})


def concealed(
    found: tuple[Diagnostic, ...], own: Source, named: Collection[Source] = ()
) -> tuple[Diagnostic, ...]:
    """Findings without the content of files that is not to be shown.

    Args:
        found: the findings on a spec and on what it extends.
        own: the spec. What it extends is shown where it lies in the same project.
        named: other files that the person who checks has named, wherever they are.
    """

    @cache
    def reason(source: Source) -> tuple[str, str] | None:
        if source in named:
            return None
        if source.is_file and not _is_below(source.name, project_of(own)):
            name = harmless(os.path.realpath(source.name))
            return (
                f"the file is outside {harmless(project_of(own))}, the project of {harmless(own.name)}",
                f"check the file directly: `bnnc check {name}`",
            )
        if source != own and any(
            one.code in _NOT_TEXT and one.span.source == source for one in found
        ):
            return "the file is not text", "extend a YAML or JSON file that is saved as UTF-8"
        return None

    @cache
    def unseen(source: Source) -> Source:
        return replace(source, is_shown=False)

    def label(one: Label) -> Label:
        if reason(one.span.source) is None:
            return one
        return Label(_of(one.span, unseen(one.span.source)), "")

    def conceal(one: Diagnostic) -> Diagnostic:
        related = tuple(map(label, one.related))
        why = reason(one.span.source)
        if why is None:
            return one if related == one.related else replace(one, related=related)
        return replace(
            one,
            message=f"{one.name.replace('-', ' ')}, in a file whose content bnnc does not show",
            span=_of(one.span, unseen(one.span.source)),
            label="",
            related=related,
            notes=(why[0],),
            help=(why[1],),
            fixes=(),
        )

    return tuple(map(conceal, found))


def project_of(source: Source) -> str:
    """The real path of the folder that is the project of a text.

    It is the nearest folder above the text that has a `.git`. Where there is none, it is the
    current folder if the text is below it, unless that is the root or a home; or else the folder
    of the text.
    """
    own = os.path.realpath(source.folder or os.curdir)
    folder = own
    while not os.path.lexists(os.path.join(folder, ".git")):
        above = os.path.dirname(folder)
        if above == folder:
            current = os.path.realpath(os.curdir)
            is_too_wide = current in (folder, os.path.realpath(os.path.expanduser("~")))
            return current if _is_below(own, current) and not is_too_wide else own
        folder = above
    return folder


def _is_below(name: str, folder: str) -> bool:
    real = os.path.realpath(name) if "\0" not in name else name
    return real.startswith(os.path.join(folder, ""))


def _of(span: Span, source: Source) -> Span:
    return replace(span, source=source)
