"""The whole way from text to a program, on one page. Read this first.

    text -> tree with spans -> spec -> diagnostics -> plan -> Keras model and step -> run

What comes after the check is imported where it is needed: a spec is checked in a fraction of a
second or it is not checked at all.

Every stage is a value that can be printed (`bnnc build --emit tree|spec|plan|python`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bnnc.compiler.bind import bind
from bnnc.compiler.check import check as check_view
from bnnc.compiler.diagnostics.diagnostic import Diagnostic, in_file_order
from bnnc.compiler.ignoring import obey_comments
from bnnc.compiler.text.reader import read, read_bytes
from bnnc.compiler.text.source import Source
from bnnc.compiler.text.tree import Mapping
from bnnc.specs import Spec

if TYPE_CHECKING:
    from bnnc.compiler.plan import Plan
    from bnnc.runtime.program import Program


class SpecError(ValueError):
    """A spec that does not compile; `diagnostics` says where, why, and what instead."""

    def __init__(self, diagnostics: tuple[Diagnostic, ...]) -> None:
        from bnnc.compiler.diagnostics.render import render

        super().__init__("the spec does not compile\n\n" + render(diagnostics))
        self.diagnostics = diagnostics


@dataclass(frozen=True)
class Report:
    """What checking a text gives: the findings, and the spec if it has no errors."""

    source: Source
    tree: Mapping | None
    spec: Spec | None
    diagnostics: tuple[Diagnostic, ...]

    @property
    def ok(self) -> bool:
        """Whether the spec compiles: warnings do not stop it, errors do."""
        return self.spec is not None

    def accepted(self) -> Spec:
        """The spec. Raises: SpecError if it has errors."""
        if self.spec is None:
            raise SpecError(self.diagnostics)
        return self.spec


def check(source: Source) -> Report:
    """Text to findings: read, bind, ask every rule, obey comments that ignore warnings."""
    tree, found = read(source)
    if not isinstance(tree, Mapping):
        return Report(source, None, None, in_file_order(found))
    bound = bind(tree)
    found = (*found, *bound.diagnostics)
    if bound.view is not None:
        found = (*found, *check_view(bound.view))
    found = obey_comments(source, found)
    refused = any(one.severity == "error" for one in found)
    return Report(source, tree, None if refused else bound.spec, in_file_order(found))


def check_bytes(name: str, data: bytes) -> Report:
    """The bytes of a file to findings."""
    source, found = read_bytes(name, data)
    if any(one.severity == "error" for one in found):
        return Report(source, None, None, in_file_order(found))
    report = check(source)
    return Report(source, report.tree, report.spec, in_file_order((*found, *report.diagnostics)))


def plan(report: Report) -> Plan:
    """Checked text to plan, without TensorFlow. Raises: SpecError."""
    from bnnc.compiler.plan import make_plan

    return make_plan(report.accepted())


def compile(report: Report) -> Program:
    """Checked text to a program that trains and predicts. Raises: SpecError."""
    # TensorFlow is imported here and nowhere before.
    from bnnc.compiler.build import build

    return build(report.accepted(), plan(report))
