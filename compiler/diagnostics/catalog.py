"""The catalog of rules and findings: one file each, whose function's docstring is its page.

Rules that differ in a few words share a file, which holds them as the rows of a table.

Three kinds of function are registered. A *rule* checks a spec and reports contradictions; `needs`
names the paths that must be free of other errors before it runs. A *finding* is reported by a phase
itself, such as the reader or the binder; its function builds the diagnostic, so that message and
page are in the same file. A *symptom* is found in the measurements of a trained run.
"""

from __future__ import annotations

import importlib
import pkgutil
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from inspect import cleandoc
from typing import TYPE_CHECKING, Concatenate, Literal, ParamSpec

from bnnc.compiler.diagnostics.diagnostic import Diagnostic, Fix, Label, Severity
from bnnc.compiler.diagnostics.pages import BASE, OF_RUNS, page_of
from bnnc.compiler.text.source import Span

if TYPE_CHECKING:
    from bnnc.compiler.analysis.view import View
    from bnnc.compiler.diagnosis.case import Case

Parameters = ParamSpec("Parameters")
Kind = Literal["rule", "finding", "symptom"]


@dataclass(frozen=True, slots=True)
class Report:
    """Makes the diagnostics of one rule: it knows the rule's code, name and severity."""

    code: str
    name: str
    severity: Severity

    def __call__(
        self,
        span: Span,
        message: str,
        *,
        label: str = "",
        related: tuple[Label, ...] = (),
        notes: tuple[str, ...] = (),
        help: tuple[str, ...] = (),
        fixes: tuple[Fix, ...] = (),
    ) -> Diagnostic:
        """A diagnostic at a span."""
        return Diagnostic(
            code=self.code,
            name=self.name,
            severity=self.severity,
            message=message,
            span=span,
            label=label,
            related=related,
            notes=notes,
            help=help,
            fixes=fixes,
        )


@dataclass(frozen=True, slots=True)
class Rule:
    """A registered rule or finding, with its page and the module that holds it."""

    code: str
    name: str
    severity: Severity
    kind: Kind
    docstring: str
    module: str
    needs: tuple[str, ...]
    check: Callable[[View, Report], list[Diagnostic]] | None

    @property
    def page(self) -> str:
        """Its page in Markdown, with whole specs for examples; the reader's are pieces of text."""
        if self.code < "BNN1":
            return cleandoc(self.docstring)
        return page_of(self.docstring, OF_RUNS if self.kind == "symptom" else BASE)

    @property
    def report(self) -> Report:
        """Function that makes the diagnostics of the rule."""
        return Report(self.code, self.name, self.severity)


@dataclass(frozen=True, slots=True)
class Symptom:
    """A registered symptom: its function, what makes its findings, and what follows from it."""

    find: Callable[[Case, Report], list[Diagnostic]]
    report: Report
    explains: tuple[str, ...]


_RULES: dict[str, Rule] = {}
_SYMPTOMS: dict[str, Symptom] = {}
_CODE = re.compile(r"BNN[0-9]{3}")
_FILE = re.compile(r"\.bnn[0-9]{3}_\w+$")

PACKAGES = (
    "bnnc.compiler.reading.findings",
    "bnnc.compiler.scripts.findings",
    "bnnc.compiler.composition.findings",
    "bnnc.compiler.binding.findings",
    "bnnc.compiler.checking.findings",
    "bnnc.compiler.rules",
    "bnnc.compiler.diagnosis.symptoms",
    "bnnc.compiler.searching.findings",
)
"""The packages that hold rules and findings, in the order of the phases."""


def _register(
    code: str,
    function: Callable[..., object],
    severity: Severity,
    kind: Kind,
    needs: tuple[str, ...],
    check: Callable[[View, Report], list[Diagnostic]] | None,
) -> Rule:
    assert _CODE.fullmatch(code), code
    assert code not in _RULES, f"{code} is registered twice"
    name = function.__name__.replace("_", "-")
    page = function.__doc__ or ""
    registered = Rule(code, name, severity, kind, page, function.__module__, needs, check)
    _RULES[code] = registered
    return registered


def rule(
    code: str, *, needs: tuple[str, ...], severity: Severity = "error"
) -> Callable[
    [Callable[[View, Report], list[Diagnostic]]], Callable[[View, Report], list[Diagnostic]]
]:
    """Register a function over a view of a spec; it returns its findings, none if all is well."""

    def decorate(
        function: Callable[[View, Report], list[Diagnostic]],
    ) -> Callable[[View, Report], list[Diagnostic]]:
        _register(code, function, severity, "rule", needs, function)
        return function

    return decorate


def finding(
    code: str, *, severity: Severity = "error"
) -> Callable[
    [Callable[Concatenate[Report, Parameters], Diagnostic]], Callable[Parameters, Diagnostic]
]:
    """Register a function that builds the diagnostic of the reader or the binder."""

    def decorate(
        function: Callable[Concatenate[Report, Parameters], Diagnostic],
    ) -> Callable[Parameters, Diagnostic]:
        report = _register(code, function, severity, "finding", (), None).report

        def build(*args: Parameters.args, **kwargs: Parameters.kwargs) -> Diagnostic:
            return function(report, *args, **kwargs)

        build.__doc__ = function.__doc__
        return build

    return decorate


def symptom(
    code: str, *, explains: tuple[str, ...] = (), severity: Severity = "warning"
) -> Callable[
    [Callable[[Case, Report], list[Diagnostic]]], Callable[[Case, Report], list[Diagnostic]]
]:
    """Register a function over the case of a trained run.

    Args:
        code: the code of its findings.
        explains: codes of symptoms that follow from this one, and are then not reported.
        severity: the severity of its findings.
    """

    def decorate(
        function: Callable[[Case, Report], list[Diagnostic]],
    ) -> Callable[[Case, Report], list[Diagnostic]]:
        registered = _register(code, function, severity, "symptom", (), None)
        _SYMPTOMS[code] = Symptom(function, registered.report, explains)
        return function

    return decorate


def symptoms() -> Mapping[str, Symptom]:
    """Every symptom by code, in the order of the codes."""
    rules()
    return dict(sorted(_SYMPTOMS.items()))


@cache
def rules() -> Mapping[str, Rule]:
    """Every rule and finding by code, in the order of the codes.

    Every file below one of `PACKAGES` whose name begins with a code is imported.
    """
    for name in PACKAGES:
        package = importlib.import_module(name)
        for module in pkgutil.walk_packages(package.__path__, f"{name}."):
            if _FILE.search(module.name):
                importlib.import_module(module.name)
    return dict(sorted(_RULES.items()))
