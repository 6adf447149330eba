"""Write the best point of a sweep as a spec that extends the spec of the sweep."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from bnnc.compiler.composition.overrides import Override, read_setting
from bnnc.compiler.diagnostics.diagnostic import Diagnostic
from bnnc.compiler.language.examples import flow
from bnnc.compiler.searching.check import CheckedSearch
from bnnc.compiler.text.source import Source
from bnnc.compiler.text.tree import Mapping, Sequence, find, to_json
from bnnc.compiler.text.tree import Path as TreePath
from bnnc.errors import InternalError
from bnnc.specs.spec import EXTENDS, LANGUAGE_VERSION
from bnnc.sweeping.folder import BEST, FRONT
from bnnc.sweeping.results import SweepResults, TrialResult, shown_figure
from bnnc.system.writing import write_text


def write_best(results: SweepResults, checked: CheckedSearch) -> tuple[Path, ...]:
    """Write `best.yaml`, or of several objectives `pareto/NUMBER.yaml` for each trial of the front.

    Those of an earlier front are removed.

    Returns: the files. Raises: OutputError.
    """
    best = results.best
    if len(results.objectives) == 1:
        files = dict.fromkeys([results.folder / BEST], best[0]) if best else {}
    else:
        folder = results.folder / FRONT
        files = {folder / f"{one.number:04}.yaml": one for one in best}
        folder.mkdir(exist_ok=True)
        for old in folder.glob("[0-9]*.yaml"):
            if old not in files:
                old.unlink(missing_ok=True)
    for path, one in files.items():
        write_text(path, spec_text(checked, one, results, path))
    return tuple(files)


def spec_text(checked: CheckedSearch, trial: TrialResult, results: SweepResults, path: Path) -> str:
    """The spec of a trial, for a file at a path: what it says over the spec of the sweep.

    A list is replaced as a whole, so that where a parameter is in `layers`, all layers are written.
    """
    report = checked.at(trial.point)
    if report.tree is None:
        raise InternalError("the point of a trial does not compose")
    said: dict[str, Any] = {}
    for override in _overrides(checked, trial):
        _say(said, _written_path(override, report.tree), report.tree)
    values = ", ".join(f"{name} {shown_figure(value)}" for name, value in trial.values.items())
    base = os.path.relpath(checked.base.source.name, path.parent)
    name = f"{report.accepted().name[:110]}-trial-{trial.number}"
    lines = [
        f"# Trial {trial.number} of {results.count.counted} of a sweep, on the validation rows: {values}.",
        f"{EXTENDS}: {flow(base)}",
        f"bnnc: {LANGUAGE_VERSION}",
        f"name: {name}",
        *_lines(said, 0),
    ]
    return "\n".join(lines) + "\n"


def _overrides(checked: CheckedSearch, trial: TrialResult) -> Iterable[Override]:
    assert checked.space is not None
    for setting in checked.settings:
        read = read_setting(setting) if isinstance(setting, Source) else setting
        if not isinstance(read, Diagnostic):
            yield read
    yield from checked.space.overrides(trial.point)


def _written_path(override: Override, tree: Mapping) -> TreePath:
    """The path of what has to be written: of a list, all of it."""
    path: TreePath = ()
    for step in override.steps:
        node = find(tree, path)
        if isinstance(node, Sequence) or isinstance(step.name, int):
            return path
        path = (*path, step.name)
    return path


def _say(said: dict[str, Any], path: TreePath, tree: Mapping) -> None:
    node = find(tree, path)
    place = said
    for step in path[:-1]:
        place = place.setdefault(str(step), {})
    # A key that was removed is removed again.
    place[str(path[-1])] = None if node is None else to_json(node)


def _lines(said: dict[str, Any], indent: int) -> list[str]:
    """The mapping in YAML: sections on lines of their own, and a line for each layer."""
    lines = []
    before = "  " * indent
    for key, value in said.items():
        if isinstance(value, dict) and value and indent < 2:
            lines += [f"{before}{key}:", *_lines(value, indent + 1)]
        elif key == "layers" and isinstance(value, list):
            lines += [f"{before}{key}:", *(f"{before}  - {_exact(one)}" for one in value)]
        else:
            lines.append(f"{before}{key}: {_exact(value)}")
    return lines


def _exact(value: Any) -> str:
    """A value in one line of YAML that is read as the same value; numbers have all their digits."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{flow(key)}: {_exact(one)}" for key, one in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_exact, value)) + "]"
    return repr(value) if isinstance(value, float) else flow(value)
