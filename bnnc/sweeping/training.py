"""Train one trial as a run, in a process of its own, and measure it on the validation rows."""

from __future__ import annotations

import time
import traceback
import warnings
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import keras
import tensorflow as tf

from bnnc.compiler import pipeline
from bnnc.errors import BnncError, DataError, DivergedError, OutputError, RunError
from bnnc.runtime.artifacts import MANIFEST, write_manifest
from bnnc.runtime.calibration.held_out import validation_rows
from bnnc.runtime.prepared import Prepared as PreparedData
from bnnc.runtime.program import Program
from bnnc.runtime.runs.loading import load
from bnnc.runtime.runs.run_folder import (
    RunWriter,
    batches_done,
    check_resumable,
    epochs_done,
    is_finished,
    locked_run,
    note_divergence,
    read_metrics,
    start_run,
)
from bnnc.runtime.training.loop import Metrics
from bnnc.sweeping.task import Diverged, Epoch, Failed, Figures, Message, Prepared, Pruned, Task
from bnnc.system.writing import FolderInUseError

# A process whose parent was killed ends by itself within this time, and releases its run.
_SECONDS_FOR_THE_LAST = 30.0

Say = Callable[[Message], bool]
"""Tells the parent; of an epoch, the answer is whether to go on."""


def train_trial(task: Task, say: Say) -> None:
    """Train the trial of a task, from where its run was saved if it was begun before.

    Nothing is raised: the last message says how it ended.
    """
    with warnings.catch_warnings():
        # What there is to say of the spec and its data, the first check of the sweep says once.
        warnings.simplefilter("ignore")
        say(_ending(task, say))


def _ending(task: Task, say: Say) -> Message:
    try:
        return _train(task, say)
    except _PrunedError as pruned:
        return Pruned(pruned.epoch)
    except DivergedError as error:
        return Diverged(str(error))
    except (DataError, OutputError) as error:  # other points have the same data and the same disk
        return Failed(str(error), is_of_all=True)
    except BnncError as error:
        return Failed(str(error))
    except (tf.errors.ResourceExhaustedError, MemoryError) as error:
        first = str(error).partition("\n")[0]
        return Failed(f"out of memory{f': {first}' if first else ''}")
    except Exception:  # noqa: BLE001  # it is shown, and ends this trial alone
        return Failed(f"bug in bnnc: {traceback.format_exc()}")


class _PrunedError(Exception):
    def __init__(self, epoch: int) -> None:
        super().__init__(epoch)
        self.epoch = epoch


def _train(task: Task, say: Say) -> Message:
    report = pipeline.check(task.base, settings=task.settings)
    spec = report.accepted()
    if spec.fingerprint() != task.fingerprint:
        return Failed("a file that the spec extends was changed in the meantime", is_of_all=True)
    with ExitStack() as holding:
        program, prepared = _opened(task, report, holding)
        trained = program.manifest["trained"]
        rows, held_out = trained["rows"], trained["validation_rows"]
        say(Prepared(rows, held_out, trained["digest"]))
        history = read_metrics(task.folder, *(epochs_done(one) for one in program.members))
        _report_earlier(history, spec.training.epochs, say)
        try:
            _train_members(program, prepared, task.folder, history, say)
        except DivergedError as error:
            note_divergence(task.folder, program, error)
            raise
        if program.calibrate_after_training(prepared) is not None:
            write_manifest(task.folder, program.manifest)
        return Figures(_figures(program, prepared, history))


def _opened(task: Task, report: Any, holding: ExitStack) -> tuple[Program, PreparedData]:
    """The program and its data, the run folder being locked. Raises: BnncError."""
    spec, folder = report.accepted(), task.folder
    if (folder / MANIFEST).is_file():
        _enter_when_free(folder, holding)
        program = load(folder)
        if program.spec.fingerprint() == spec.fingerprint():
            program.set_folder(Path(report.folder or ""), report.file_name)
            prepared = program.prepare(task.data)
            check_resumable(program, prepared, spec.training.epochs)
            program.note_training(prepared, spec.training.epochs)
            return program, prepared
        raise RunError(f"{folder} is the run of another point: the folder was changed")
    program = pipeline.compile(report, told=report.diagnostics)
    program.set_folder(Path(report.folder or ""), report.file_name)
    prepared = program.prepare(task.data)
    if prepared.validation is None:
        raise DataError(
            f"{prepared.name} has no validation rows, and a sweep never looks at the test rows: "
            "write `data: {validation_split: 0.1}` into the spec"
        )
    start_run(folder, program, prepared, spec.training.epochs, holding=holding)
    return program, prepared


def _enter_when_free(folder: Path, holding: ExitStack) -> None:
    last = time.monotonic() + _SECONDS_FOR_THE_LAST
    while True:
        try:
            holding.enter_context(locked_run(folder))
            return
        except FolderInUseError:
            if time.monotonic() > last:
                raise
            time.sleep(0.1)


def _report_earlier(history: list[Metrics], epochs: int, say: Say) -> None:
    """Report the epochs of the run before it was interrupted, as if they were trained now."""
    for line in history:
        if line.get("member", 0) == 0:
            say(Epoch(int(line["epoch"]), epochs, line["val_nll"], resumed=True))


def _train_members(
    program: Program,
    prepared: PreparedData,
    folder: Path,
    history: list[Metrics],
    say: Say,
) -> None:
    epochs = program.spec.training.epochs
    for number, member in enumerate(program.members):
        if is_finished(member, epochs):
            continue
        callbacks: list[keras.callbacks.Callback] = [RunWriter(folder, program, history, number)]
        if number == 0:
            # Members differ in their seeds alone: the first decides whether the trial goes on.
            callbacks.append(_Reporter(epochs, say))
        member.train(
            prepared.in_order_of(member.spec.training.seed),
            epochs=epochs,
            first_epoch=epochs_done(member),
            first_batch=batches_done(member),
            callbacks=callbacks,
        )


class _Reporter(keras.callbacks.Callback):
    """Reports each epoch after it was saved, and ends the training if the answer is no."""

    def __init__(self, epochs: int, say: Say) -> None:
        super().__init__()
        self.epochs, self.say = epochs, say

    def on_epoch_end(self, epoch: int, logs: Metrics | None = None) -> None:
        """Report. Raises: _PrunedError."""
        value = (logs or {})["val_nll"]
        if not self.say(Epoch(epoch + 1, self.epochs, value)):
            raise _PrunedError(epoch + 1)


def _figures(program: Program, prepared: PreparedData, history: list[Metrics]) -> dict[str, float]:
    """The figures of the validation rows, uncalibrated, and the costs."""
    rows = validation_rows(prepared.validation)
    # A calibration was fitted to these rows, and would be too good on them.
    found = program.evaluate(
        rows.images, rows.labels, ood=(), shift=False, bootstrap=0, calibrated=False
    )
    totals = program.manifest["plan"]["totals"]
    members = len(program.members)
    return {
        **{name: float(value) for name, value in found.items()},
        "parameters": float(members * totals["parameters"]),
        "multiply_adds": float(members * totals["multiply_adds"]),
        "seconds": float(sum(line["seconds"] for line in history)),
    }
