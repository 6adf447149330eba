"""Check a search over a spec: every end of a range and every choice is checked as the spec's own."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace

from bnnc.compiler.analysis.held_out_rows import validation_rows
from bnnc.compiler.composition.cache import Cache
from bnnc.compiler.composition.overrides import Override
from bnnc.compiler.diagnostics.diagnostic import Diagnostic, in_file_order
from bnnc.compiler.pipeline import check as check_spec
from bnnc.compiler.reading.reader import read_bytes
from bnnc.compiler.report import Report
from bnnc.compiler.searching.contradictions import contradictions
from bnnc.compiler.searching.findings.bnn122_search_without_validation_rows import (
    search_without_validation_rows,
)
from bnnc.compiler.searching.reading import read_search
from bnnc.compiler.searching.space import Point, Space
from bnnc.compiler.searching.variables import variables_of
from bnnc.compiler.text.source import Source, Span
from bnnc.compiler.text.tree import find_entry
from bnnc.specs.search import Search


@dataclass(frozen=True)
class CheckedSearch:
    """A search file over a spec, with what was found.

    Attributes:
        source: the search file.
        base: the report of the spec.
        settings: what counts over the spec in every trial.
        search: what the file says; None where it has errors.
        space: the variables; None where the file or the spec has errors.
        diagnostics: the findings on the search file, and those on the spec that only a search has.
    """

    source: Source
    base: Report
    settings: tuple[Source | Override, ...]
    search: Search | None
    space: Space | None
    diagnostics: tuple[Diagnostic, ...]
    cache: Cache = field(default_factory=Cache, compare=False, repr=False)
    """The files that the spec extends, read once."""

    @property
    def ok(self) -> bool:
        """Whether the sweep can begin."""
        return self.base.ok and not any(one.severity == "error" for one in self.diagnostics)

    def at(self, point: Point) -> Report:
        """The report of the spec at a point of the space."""
        assert self.space is not None
        overrides = self.space.overrides(point)
        return check_spec(self.base.source, settings=(*self.settings, *overrides), cache=self.cache)

    def refusal(self, report: Report) -> tuple[Diagnostic, ...]:
        """The findings for which a point is not trained: errors, and the warnings of the search."""
        assert self.search is not None
        beginnings = tuple(self.search.refuse_warnings)
        return tuple(
            one
            for one in report.diagnostics
            if one.severity == "error"
            or (one.severity == "warning" and beginnings and one.code.startswith(beginnings))
        )


def check_search(
    base: Report, source: Source, settings: tuple[Source | Override, ...] = ()
) -> CheckedSearch:
    """A search file over a spec, whose own findings are not repeated."""
    tree, search, found = read_search(source)
    if tree is None or search is None or base.spec is None or base.tree is None:
        return CheckedSearch(source, base, settings, None, None, in_file_order(found))
    variables, more = variables_of(tree, search, base)
    space = Space(variables)
    checked = CheckedSearch(source, base, settings, search, space, ())
    listed = [*found, *more, *_of_values(checked, source), *_without_rows(base)]
    listed += contradictions(search, space, tree, base.spec.output)
    return replace(checked, diagnostics=in_file_order(listed, source))


def check_search_bytes(
    base: Report, name: str, text: bytes, settings: tuple[Source | Override, ...] = ()
) -> CheckedSearch:
    """The bytes of a search file; see `check_search`."""
    source, found = read_bytes(name, text)
    if any(one.severity == "error" for one in found):
        return CheckedSearch(source, base, settings, None, None, found)
    return check_search(base, source, settings)


def _of_values(checked: CheckedSearch, source: Source) -> list[Diagnostic]:
    """What the language says of each end of a range and of each choice, by itself.

    Only findings about keys and values (BNN1xx) that are written in the search file: a rule may be
    content where another variable has another value.
    """
    assert checked.space is not None
    found: dict[tuple[str, Span], Diagnostic] = {}
    for variable in checked.space.variables:
        before = (*checked.settings, *checked.space.required_by(variable))
        for override in variable.written():
            report = check_spec(
                checked.base.source, settings=(*before, override), cache=checked.cache
            )
            for one in report.diagnostics:
                in_search = one.span.source == source
                if in_search and one.severity == "error" and one.code.startswith("BNN1"):
                    found.setdefault((one.code, one.span), _of_search(one))
    return list(found.values())


def _of_search(one: Diagnostic) -> Diagnostic:
    """A finding on a value of the search file, without fixes, and without advice for the spec."""
    if one.code != "BNN102":
        return replace(one, fixes=())
    # The key is in no file that could be edited, and the spec has a value for the right one.
    help = tuple(
        re.sub(r"^delete it: (`\w+`) already has .*", r"did you mean \1?", text)
        for text in one.help
        if not text.startswith("write ")
    )
    return replace(one, fixes=(), related=(), help=help or ("delete it",))


def _without_rows(base: Report) -> list[Diagnostic]:
    view, spec = base.view, base.spec
    assert spec is not None
    assert base.tree is not None
    if view is None or spec.data is None or validation_rows(view) != 0:
        return []
    entry = find_entry(base.tree, ("data",))
    span = base.tree.first_place if entry is None else entry.key_span
    help = "write `validation_split: 0.1` into `data`"
    return [search_without_validation_rows(span, help)]
