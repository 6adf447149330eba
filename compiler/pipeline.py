"""The whole way from text to a program, on one page. Read this first.

    text -> tree with spans -> spec -> diagnostics -> plan -> Keras model and step -> run

A tree may be put together from several files and settings (`bnnc.compiler.composition`).

What comes after the check is imported where it is needed: a spec is checked in a fraction of a
second or it is not checked at all.

Every stage is a value that can be printed (`bnnc build --emit tree|spec|plan|python`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from bnnc.compiler.binding.bind import bind
from bnnc.compiler.checking.check import check as check_view
from bnnc.compiler.checking.concealing import concealed
from bnnc.compiler.checking.limit import truncated
from bnnc.compiler.checking.suppression import apply_suppressions
from bnnc.compiler.composition.cache import Cache
from bnnc.compiler.diagnostics.diagnostic import (
    Diagnostic,
    in_file_order,
    without_edits_of_settings,
)
from bnnc.compiler.reading.reader import read, read_bytes
from bnnc.compiler.report import Report
from bnnc.compiler.text.source import Source, is_script
from bnnc.compiler.text.tree import Mapping
from bnnc.specs.spec import EXTENDS

if TYPE_CHECKING:
    from bnnc.compiler.analysis.data_facts import Looking
    from bnnc.compiler.checking.fixes import Fixed
    from bnnc.compiler.composition.overrides import Override
    from bnnc.compiler.planning.plan import Plan
    from bnnc.runtime.program import Program


def check(
    source: Source,
    *,
    settings: Sequence[Source | Override] = (),
    cache: Cache | None = None,
    data: Looking | None = None,
) -> Report:
    """Text to findings: read, put together, bind, ask every rule, obey comments that ignore.

    Data at a path is looked into without loading it, unless every row is to be looked at.

    Args:
        source: the text of a spec.
        settings: what counts over it, each over those before: texts of the form `PATH=VALUE`, or
            paths and values that stand in another file.
        cache: what was read of the files that specs extend, for all specs of a call.
        data: how to look at every row of the data, for more rules; None to leave it alone.
    """
    if is_script(source):
        return _check_script(source)
    tree, found = read(source)
    if not isinstance(tree, Mapping):
        return Report(source, None, None, _shown(found, source))
    named = tuple(one.value.span.source for one in settings if not isinstance(one, Source))
    files: tuple[Source, ...] = ()
    if settings or tree.entry(EXTENDS) is not None:
        # Imported where it is needed: most specs stand alone.
        from bnnc.compiler.composition.compose import compose

        composed = compose(source, tree, settings, cache or Cache())
        found = (*found, *composed.findings)
        if composed.tree is None:
            return Report(source, None, None, _shown(found, source, named))
        tree, files = composed.tree, tuple(composed.files)
    bound = bind(tree)
    found = (*found, *bound.diagnostics)
    if bound.view is not None:
        if data is not None:
            from bnnc.compiler.analysis.data_survey import look_at_rows

            look_at_rows(bound.view, data)
        found = (*found, *check_view(bound.view))
    found = tuple(without_edits_of_settings(one) for one in found) if settings else found
    bases = tuple(one for one in files if one != source)
    found = apply_suppressions(source, found, bases, is_overridden=bool(settings))
    refused = any(one.severity == "error" for one in found)
    return Report(
        source,
        tree,
        None if refused else bound.spec,
        _shown(found, source, named),
        bases,
        None if bound.view is None else bound.view.facts,
        getattr(bound.view, "survey", None),
        bound.view,
    )


def _check_script(source: Source) -> Report:
    """A Keras or TFP script, or a notebook, to findings at its lines; it is read, and not run."""
    from bnnc.compiler.scripts.help import can_tell, in_python, not_followed, of_a_map
    from bnnc.compiler.scripts.script import read

    script = read(source)
    if script.tree is None or script.read is None:
        return Report(source, None, None, _shown(script.findings, source))
    bound = bind(script.tree)
    # What the language does not have is a part of the script that is not followed.
    found = (*script.findings, *(not_followed(one) for one in bound.diagnostics))
    of_rules: tuple[Diagnostic, ...] = ()
    if bound.view is not None:
        of_rules = tuple(check_view(bound.view))
        told = [one for one in of_rules if can_tell(one, script.read)]
        found = (*found, *(of_a_map(one, script.read) for one in told))
    found = tuple(in_python(one, script.read) for one in found)
    for part in script.parts:
        found = apply_suppressions(part, found)
    found = tuple(replace(one, fixes=()) for one in found)  # of comments too: edits of a spec
    # Of errors that may be those of the parts that are not followed, no spec can be made either.
    refused = any(one.severity == "error" for one in (*found, *of_rules))
    spec = None if refused else bound.spec
    facts = None if bound.view is None else bound.view.facts
    shown = _shown(found, source)
    return Report(source, script.tree, spec, shown, (), facts, view=bound.view)


def check_bytes(
    name: str,
    text: bytes,
    *,
    settings: Sequence[Source | Override] = (),
    cache: Cache | None = None,
    data: Looking | None = None,
) -> Report:
    """The bytes of a file to findings; see `check`."""
    source, found = read_bytes(name, text)
    if any(one.severity == "error" for one in found):
        return Report(source, None, None, _shown(found, source))
    report = check(source, settings=settings, cache=cache, data=data)
    return replace(report, diagnostics=_shown((*found, *report.diagnostics), source))


def _shown(
    found: tuple[Diagnostic, ...], own: Source, named: Sequence[Source] = ()
) -> tuple[Diagnostic, ...]:
    return truncated(in_file_order(concealed(found, own, named), own))


def fix(
    report: Report, *, unsafe: bool, cache: Cache | None = None, data: Looking | None = None
) -> Fixed:
    """Apply the fixes of the findings, and check again until nothing more can be fixed.

    Args:
        report: the report on a text.
        unsafe: whether fixes that change the model are applied too.
        cache: as of `check`.
        data: as of `check`.
    """
    from bnnc.compiler.checking.fixes import fix

    return fix(report, unsafe=unsafe, again=partial(check, cache=cache, data=data))


def plan(report: Report) -> Plan:
    """Checked text to plan, without TensorFlow. Raises: SpecError."""
    from bnnc.compiler.planning.make_plan import make_plan

    return make_plan(report.accepted(), report.facts)


def compile(
    report: Report, *, told: Sequence[Diagnostic] | None = None, member: int | None = None
) -> Program:
    """Checked text to a program that trains and predicts, and warns of what its data shows.

    Args:
        report: the checked text.
        told: findings that a person has seen already, as `bnnc.compiler.checking.data_warnings` has them.
        member: which member of its ensemble to compile alone, counted from 0; None for the whole.

    Raises: SpecError; ArtifactError if the run that the weights come from cannot be used.
    """
    spec, planned = report.accepted(), plan(report)
    if member is not None:
        from bnnc.compiler.planning.make_plan import make_plan

        planned = make_plan(spec.members()[member], report.facts)
    # TensorFlow is imported here and nowhere before.
    from bnnc.compiler.backend.build import build
    from bnnc.compiler.checking.data_warnings import DataWatch

    program = build(
        spec,
        planned,
        report.weights_folder,
        report.folder_of("training", "initialize_from", "run"),
        report.facts,
        member,
    )
    program.listen_to_data(DataWatch(lambda: report, told))
    return program
