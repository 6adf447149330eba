"""The whole way from text to a program, on one page. Read this first.

    text -> tree with spans -> spec -> diagnostics -> plan -> Keras model and step -> run

A tree may be put together from several files and settings (`bnnc.compiler.composition`).

What comes after the check is imported where it is needed: a spec is checked in a fraction of a
second or it is not checked at all.

Every stage is a value that can be printed (`bnnc build --emit tree|spec|plan|python`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from bnnc.compiler.bind import bind
from bnnc.compiler.check import check as check_view
from bnnc.compiler.composition.cache import Cache
from bnnc.compiler.concealing import concealed
from bnnc.compiler.diagnostics.diagnostic import (
    Diagnostic,
    in_file_order,
    without_edits_of_settings,
)
from bnnc.compiler.ignoring import obey_comments
from bnnc.compiler.limiting import limited
from bnnc.compiler.text.reader import read, read_bytes
from bnnc.compiler.text.source import Source
from bnnc.compiler.text.tree import Mapping, find
from bnnc.errors import BnncError
from bnnc.specs import Spec
from bnnc.specs.sources import DataFacts
from bnnc.specs.spec import EXTENDS

if TYPE_CHECKING:
    from bnnc.compiler.plan import Plan
    from bnnc.runtime.program import Program


class SpecError(BnncError, ValueError):
    """A spec that does not compile; `diagnostics` says where, why, and what instead."""

    __module__ = "bnnc"  # where a caller finds it, and what a traceback calls it

    def __init__(self, diagnostics: tuple[Diagnostic, ...]) -> None:
        from bnnc.compiler.diagnostics.render import render

        super().__init__("the spec does not compile\n\n" + render(diagnostics))
        self.diagnostics = diagnostics

    def __reduce__(self) -> tuple[type[SpecError], tuple[tuple[Diagnostic, ...]]]:
        # Else a copy, or an error that comes from another process, takes its message for diagnostics.
        return SpecError, (self.diagnostics,)


@dataclass(frozen=True, repr=False)
class Report:
    """What checking a text gives: the findings, and the spec if it has no errors.

    It is true if the spec compiles, and shows itself as its findings, in a notebook too.

    The tree is put together from the text, from the files that it extends, and from settings; each
    of its nodes knows which of them it comes from.
    """

    source: Source
    tree: Mapping | None
    spec: Spec | None
    diagnostics: tuple[Diagnostic, ...]
    bases: tuple[Source, ...] = ()
    """The files that the text extends."""
    facts: DataFacts | None = None
    """What is known of the data that the spec names, without loading it."""

    @property
    def ok(self) -> bool:
        """Whether the spec compiles: warnings do not stop it, errors do."""
        return self.spec is not None

    def __bool__(self) -> bool:
        return self.ok

    def __repr__(self) -> str:
        from bnnc.compiler.diagnostics.render import render, summary

        if not self.diagnostics:
            return f"{self._title}, no findings"
        return f"{render(self.diagnostics)}\n\n{self._title}, {summary(self.diagnostics)}"

    def _repr_html_(self) -> str:
        """The findings, for a notebook."""
        from bnnc.compiler.diagnostics.html_form import html_form

        return html_form(self._title, self.diagnostics)

    @property
    def _title(self) -> str:
        return f"{self.source.name}: {'compiles' if self.ok else 'does not compile'}"

    @property
    def folder(self) -> str | None:
        """What a path in `data.source` is relative to: the folder of the file that says it."""
        return self.folder_of("data", "source")

    @property
    def weights_folder(self) -> str | None:
        """What a file in a backbone's `weights` is relative to: the folder of the file that says it."""
        layers = () if self.spec is None else self.spec.layers
        places = [number for number, layer in enumerate(layers) if layer.type == "backbone"]
        return self.folder_of("layers", *places[:1], "weights")

    def folder_of(self, *path: str | int) -> str | None:
        """What a path that is said there is relative to: the folder of the file that says it."""
        said = None if self.tree is None else find(self.tree, path)
        return (self.source if said is None else said.span.source).folder

    def accepted(self) -> Spec:
        """The spec. Raises: SpecError if it has errors."""
        if self.spec is None:
            raise SpecError(self.diagnostics)
        return self.spec


def check(source: Source, *, settings: Sequence[Source] = (), cache: Cache | None = None) -> Report:
    """Text to findings: read, put together, bind, ask every rule, obey comments that ignore.

    Data at a path is looked into without loading it.

    Args:
        source: the text of a spec.
        settings: texts of the form `PATH=VALUE` that count over it, each over those before.
        cache: what was read of the files that specs extend, for all specs of a call.
    """
    tree, found = read(source)
    if not isinstance(tree, Mapping):
        return Report(source, None, None, _shown(found, source))
    files: tuple[Source, ...] = ()
    if settings or tree.entry(EXTENDS) is not None:
        # Imported where it is needed: most specs stand alone.
        from bnnc.compiler.composition.compose import compose

        composed = compose(source, tree, settings, cache or Cache())
        found = (*found, *composed.findings)
        if composed.tree is None:
            return Report(source, None, None, _shown(found, source))
        tree, files = composed.tree, tuple(composed.files)
    bound = bind(tree)
    found = (*found, *bound.diagnostics)
    if bound.view is not None:
        found = (*found, *check_view(bound.view))
    found = tuple(without_edits_of_settings(one) for one in found) if settings else found
    bases = tuple(one for one in files if one != source)
    found = obey_comments(source, found, bases, is_overridden=bool(settings))
    refused = any(one.severity == "error" for one in found)
    return Report(
        source,
        tree,
        None if refused else bound.spec,
        _shown(found, source),
        bases,
        None if bound.view is None else bound.view.facts,
    )


def check_bytes(
    name: str, data: bytes, *, settings: Sequence[Source] = (), cache: Cache | None = None
) -> Report:
    """The bytes of a file to findings; see `check`."""
    source, found = read_bytes(name, data)
    if any(one.severity == "error" for one in found):
        return Report(source, None, None, _shown(found, source))
    report = check(source, settings=settings, cache=cache)
    return replace(report, diagnostics=_shown((*found, *report.diagnostics), source))


def _shown(found: tuple[Diagnostic, ...], own: Source) -> tuple[Diagnostic, ...]:
    return limited(in_file_order(concealed(found, own), own))


def plan(report: Report) -> Plan:
    """Checked text to plan, without TensorFlow. Raises: SpecError."""
    from bnnc.compiler.plan import make_plan

    return make_plan(report.accepted(), report.facts)


def compile(report: Report, *, told: Sequence[Diagnostic] | None = None) -> Program:
    """Checked text to a program that trains and predicts, and warns of what its data shows.

    Args:
        report: the checked text.
        told: findings that a person has seen already, as `bnnc.compiler.asking_again` has them.

    Raises: SpecError; ArtifactError if the run that the weights come from cannot be used.
    """
    spec, planned = report.accepted(), plan(report)
    # TensorFlow is imported here and nowhere before.
    from bnnc.compiler.asking_again import DataWatch
    from bnnc.compiler.build import build

    program = build(
        spec,
        planned,
        report.weights_folder,
        report.folder_of("training", "initialize_from", "run"),
        report.facts,
    )
    program.listen_to_data(DataWatch(lambda: report, told))
    return program
