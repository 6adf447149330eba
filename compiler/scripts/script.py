"""A script as a tree, with the findings about the script itself."""

from __future__ import annotations

import warnings
from dataclasses import dataclass

from bnnc.compiler.diagnostics.diagnostic import Diagnostic
from bnnc.compiler.scripts.findings.bnn701_script_syntax import script_syntax
from bnnc.compiler.scripts.findings.bnn702_script_without_a_model import script_without_a_model
from bnnc.compiler.scripts.findings.bnn703_part_that_is_not_followed import (
    part_that_is_not_followed,
)
from bnnc.compiler.scripts.findings.bnn704_argument_without_a_counterpart import (
    argument_without_a_counterpart,
)
from bnnc.compiler.scripts.findings.bnn705_script_of_another_library import (
    script_of_another_library,
)
from bnnc.compiler.scripts.findings.bnn706_notebook_that_is_not_read import (
    notebook_that_is_not_read,
)
from bnnc.compiler.scripts.names import OTHER_LIBRARIES
from bnnc.compiler.scripts.notebooks import MAX_SCRIPT, NotebookError
from bnnc.compiler.scripts.read import ReadScript, read_script
from bnnc.compiler.scripts.traps import traps
from bnnc.compiler.scripts.values import Unknown
from bnnc.compiler.text.source import Source, Span, is_notebook
from bnnc.compiler.text.tree import Mapping

_TOO_LARGE = f"it has more than {MAX_SCRIPT:,} characters, which are not read"


@dataclass(frozen=True, slots=True)
class Script:
    """What was read of a script; the tree is None where it has no model.

    `parts` are the sources that its findings are in: itself, or the cells of a notebook.
    """

    tree: Mapping | None
    findings: tuple[Diagnostic, ...]
    read: ReadScript | None = None
    parts: tuple[Source, ...] = ()


def read(source: Source) -> Script:
    """Read a script or a notebook, without running it."""
    if not is_notebook(source) and len(source.text) > MAX_SCRIPT:
        return Script(None, (script_syntax(Span(source, 0, 0), _TOO_LARGE),))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of escapes and comparisons in the script
            found = read_script(source)
    except SyntaxError as error:
        return Script(None, (_syntax(source, error),))
    except NotebookError as error:
        return Script(None, (notebook_that_is_not_read(error.span, error.reason),))
    except (ValueError, RecursionError, MemoryError):
        problem = "it is nested too deeply, or has a character that Python refuses"
        return Script(None, (script_syntax(Span(source, 0, 0), problem),))
    return _with_findings(found)


def _with_findings(found: ReadScript) -> Script:
    parts = tuple(source for _, source in found.code.parts)
    first = Span(parts[0], 0, len(parts[0].line(1)) if parts[0].text else 0)
    wrong = tuple(_syntax(cell, error) for cell, error in found.code.errors)
    others = [one for one in OTHER_LIBRARIES if one in found.evaluation.imports]
    if others and found.tree is None:
        place = found.evaluation.imports[others[0]]
        other = script_of_another_library(place, OTHER_LIBRARIES[others[0]])
        return Script(None, (*wrong, other), parts=parts)
    if found.tree is not None and not found.layers and found.unknown:
        return Script(None, (*wrong, *_not_followed(found)), parts=parts)
    if found.tree is None or not found.layers:
        reason = "no call of `keras.Sequential` or `keras.Model` with layers is reached"
        return Script(None, (*wrong, script_without_a_model(first, reason)), parts=parts)
    of_traps = list(traps(found))
    found.unknown += [
        one for one in _others(found) if one.span not in {trap.span for trap in of_traps}
    ]
    if not found.evaluation.is_whole:
        found.unknown.append(Unknown("the script takes more steps than are followed", first, True))
    findings = _not_followed(found)
    findings += [argument_without_a_counterpart(span, name) for name, span in found.left_out]
    findings += of_traps
    return Script(found.tree, (*wrong, *findings), found, parts)


def _not_followed(found: ReadScript) -> list[Diagnostic]:
    return [
        part_that_is_not_followed(one.span, one.reason, is_value=not one.is_part)
        for one in found.unknown
    ]


def _others(found: ReadScript) -> list[Unknown]:
    """What a script trains besides the model that is checked."""
    own = found.model
    made = {one.span: one for one in found.evaluation.models if one.fitted and one is not own}
    reason = "only the last model that a script trains is checked"
    losses = [
        one for one in found.evaluation.calls if one.function == ".add_loss" and len(one.args) > 1
    ]
    return [
        *(Unknown(reason, span, True) for span in made if own is None or span != own.span),
        *(Unknown("what `add_loss` adds is not followed", one.span, True) for one in losses),
    ]


def _syntax(source: Source, error: SyntaxError) -> Diagnostic:
    line = min(max(error.lineno or 1, 1), len(source.line_starts))
    start = min(source.line_starts[line - 1] + max((error.offset or 1) - 1, 0), len(source.text))
    return script_syntax(Span(source, start, min(start + 1, len(source.text))), error.msg)
