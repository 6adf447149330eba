"""Diagnose a trained run: load it, measure it, and ask the compiler's symptoms."""

from __future__ import annotations

import os
import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bnnc.compiler.diagnostics.diagnostic import Diagnostic
from bnnc.compiler.report import Report
from bnnc.errors import ArgumentError, ArtifactError, DataError, SpecFileError
from bnnc.specs.sources import FROM_PYTHON
from bnnc.system.table import Table

if TYPE_CHECKING:
    from bnnc.runtime.diagnosis.evidence import Evidence, Scores
    from bnnc.runtime.prepared import Prepared
    from bnnc.runtime.program import Program
    from bnnc.specs import Spec


@dataclass(frozen=True, repr=False)
class Diagnosis:
    """What is wrong with a trained run.

    It shows itself as its findings. It is true if there are none.

    Attributes:
        summary: the run and how well it does, as a table.
        diagnostics: the findings, the most important first.
        evidence: the measurements that they rest on; of an ensemble, of each member and of all.
        report: the report of the spec that was trained.
        notes: what could not be looked at.
    """

    summary: Table
    diagnostics: tuple[Diagnostic, ...]
    evidence: tuple[Evidence, ...]
    report: Report
    notes: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return not self.diagnostics

    def __repr__(self) -> str:
        from bnnc.compiler.diagnostics.render import render

        found = render(self.diagnostics) if self.diagnostics else "nothing is wrong"
        return "\n\n".join([self.summary.text(), found, *self.notes])

    def _repr_html_(self) -> str:
        """The findings, for a notebook."""
        from bnnc.compiler.diagnostics.html_form import html_form

        return self.summary.html() + html_form("Diagnosis", self.diagnostics)


def doctor(
    run: str | os.PathLike[str] | Program,
    data: Any = None,
    labels: Any = None,
    *,
    history: Any = None,
) -> Diagnosis:
    """Say why a trained model does not learn, or why its predictions cannot be trusted.

    The run's spec, metrics and weights are looked at, and, on the data of its training, its
    predictions, activations and gradients. Where a model does not predict the rows that it was
    trained on, short trainings from the first weights tell what keeps it from learning.

    Args:
        run: folder of a run, or a trained program.
        data: name or path of a source, images, or a `tf.data.Dataset`, as of `Program.fit`; what the
            run was trained on if None.
        labels: labels of images.
        history: of a program, the `History` that `fit` returned, or the metrics of each epoch.

    Raises:
        ArtifactError: if the folder does not hold a run.
        ArgumentError: for a program that was not trained.
        DataError: for data that is given and cannot be used.
    """
    from bnnc.api import load

    folder = None
    if isinstance(run, str | os.PathLike):
        folder = Path(run)
        program = load(folder)
        metrics = _metrics(folder, program)
    else:
        program, metrics = run, _metrics_of(history)
    if program.manifest["trained"] is None:
        raise ArgumentError(
            f"{'The program' if folder is None else folder} has not been trained: train it first"
        )
    from bnnc.runtime.diagnosis.measure import held_out_rows, measure
    from bnnc.runtime.runs.run_folder import what_is_left

    prepared, notes = _prepared(program, data, labels)
    left = what_is_left(program)
    if folder is not None and left is not None:
        quoted = shlex.quote(str(folder))
        notes = (f"the run {left}: `bnnc train --resume {quoted}` continues it", *notes)
    fitted = program.calibration
    if prepared is not None and fitted is not None and fitted.probabilities is not None:
        notes = (f"{fitted.summary}; the NLL and ECE above are before that", *notes)
    held_out = None
    if prepared is not None and prepared.validation is None and prepared.has_test_images:
        held_out = held_out_rows(program, data if data is not None else _source(program))
    evidence = measure(program, metrics, prepared, held_out, _untrained(program.spec, program))
    report = spec_report(program.spec, program.manifest, folder)
    from bnnc.compiler.diagnosis.diagnose import diagnose

    name = "the program" if folder is None else str(folder)
    summary = _summary(name, program, evidence[-1])
    return Diagnosis(summary, diagnose(report, evidence), evidence, report, notes)


def spec_report(spec: Spec, manifest: dict[str, Any], folder: Path | None) -> Report:
    """The report of a run's spec: of its own file if that still says it, or of a text made of it."""
    from bnnc.api import check
    from bnnc.compiler import pipeline
    from bnnc.compiler.language.spec_text import spec_text
    from bnnc.compiler.text.source import Source

    home, file = manifest.get("folder"), manifest.get("file")
    if home and file:
        path = Path(os.path.relpath(Path(home) / file))
        try:
            report = check(path)
        except SpecFileError:
            report = None
        read = None if report is None else report.spec
        if report is not None and read is not None and read.fingerprint() == spec.fingerprint():
            return report
    name = f"<spec of {'the program' if folder is None else folder}>"
    return pipeline.check(Source(name, spec_text(spec), folder=home))


def _prepared(program: Program, data: Any, labels: Any) -> tuple[Prepared | None, tuple[str, ...]]:
    """The data of the training, and notes on what is missing. Raises: as `doctor`."""
    trained = program.manifest["trained"]
    if data is None and trained["data"] in FROM_PYTHON:
        return None, (
            f"the run was trained on {FROM_PYTHON[trained['data']]}: without data, predictions, "
            "activations and gradients are not looked at. Give the data",
        )
    given = trained["data"] if data is None else data
    try:
        prepared = program.prepare(given, labels, batch_size=trained["batch_size"])
    except (DataError, ArgumentError) as error:
        if data is not None:
            raise
        return None, (
            f"the data of the run cannot be read: {error}. Without it, predictions, activations and "
            "gradients are not looked at",
        )
    if prepared.digest() is not None and not prepared.has_digest(trained["digest"]):
        return prepared, ("the data is not what the run was trained on",)
    return prepared, ()


def _source(program: Program) -> str:
    return str(program.manifest["trained"]["data"])


def _untrained(spec: Spec, program: Program) -> Program | None:
    """The program before its training; None where the run that its weights come from is gone."""
    from bnnc.api import compile as compile_spec

    try:
        return compile_spec(spec, folder=program.folder)
    except (ArtifactError, OSError):
        return None


def _metrics(folder: Path, program: Program) -> list[dict[str, float]]:
    from bnnc.runtime.runs.run_folder import read_metrics

    return read_metrics(folder, *(member.model.epochs_done for member in program.members))


def _metrics_of(history: Any) -> list[dict[str, float]]:
    if history is None:
        return []
    columns = getattr(history, "history", history)
    if isinstance(columns, dict):
        return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
    return list(columns)


def _summary(name: str, program: Program, evidence: Evidence) -> Table:
    """A run in a few lines: what it was trained on, and how it predicts."""
    trained = program.manifest["trained"]
    done = max((member.model.epochs_done for member in program.members), default=0)
    of = "" if done == trained["epochs"] else f" of {trained['epochs']}"
    members = len(program.members)
    title = (
        f"{name}: {done}{of} epoch{'s' * (done != 1 or bool(of))} on {trained['data']}, "
        f"{trained['rows']:,} rows" + (f", {members} members" if members > 1 else "")
    )
    splits = (("training", evidence.train), (evidence.held_out_name, evidence.held_out))
    rows = [(split, *_cells(scores)) for split, scores in splits if scores is not None]
    if not rows:
        return Table(title)
    columns = ("split", "rows", "accuracy", "most common class", "NLL", "NLL of guessing", "ECE")
    used = [place for place in range(len(columns)) if any(row[place] for row in rows)]
    return Table(
        title,
        tuple(columns[place] for place in used),
        tuple(tuple(row[place] for place in used) for row in rows),
    )


def _cells(scores: Scores) -> tuple[str, ...]:
    numbers = (
        scores.accuracy,
        scores.chance_accuracy,
        scores.nll_at_draws,
        scores.chance_nll,
        scores.ece,
    )
    return (f"{scores.rows:,}", *("" if one is None else f"{one:.3f}" for one in numbers))
