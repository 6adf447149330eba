"""Run folders: a training that can be killed at any moment, and goes on from its last epoch.

A run folder appears whole, with the untrained model in it. After each epoch `metrics.jsonl`, then
`model.keras` (weights and optimizer) take the place of the old ones, each in one rename. The
number of epochs done stands in `model.keras` too, so it cannot disagree with the weights.

The run of an ensemble has the `metrics.jsonl` of all members, and `members/0`, `members/1`, ..., each
with its model. The members are trained one after the other; where the training goes on is read off
their models.
"""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import keras

from bnnc.runtime.artifacts import MANIFEST, MODEL, save_model, write_manifest
from bnnc.runtime.files import OutputError, refuse_if_occupied, whole_folder, write_text
from bnnc.runtime.preparation import Prepared
from bnnc.runtime.program import Program
from bnnc.runtime.training import Metrics
from bnnc.specs.schedules import ScheduleSection
from bnnc.system.printable import PrintableError
from bnnc.system.reading import read_text

METRICS = "metrics.jsonl"
_MAX_METRICS_BYTES = 2**30  # some million epochs


class RunError(PrintableError):
    """A run that cannot be started or resumed; the message says why, and the way out."""


def free_folder(name: str) -> Path:
    """The first of runs/NAME, runs/NAME-2, runs/NAME-3, ... that is not there."""
    number = 1
    while True:
        folder = Path("runs") / (name if number == 1 else f"{name}-{number}")
        if not folder.exists():
            return folder
        number += 1


def start_run(folder: Path, program: Program, prepared: Prepared, epochs: int) -> None:
    """Make the folder of a run, with the untrained model. Raises: OutputError, RunError."""
    if (folder / MANIFEST).exists():
        raise RunError(
            f"{folder} is there already: go on with `--resume`, or choose another folder with "
            "`--run`"
        )
    refuse_if_occupied(folder)
    program.note_training(prepared, epochs)
    with whole_folder(folder) as temporary:
        write_text(temporary / METRICS, "")
        program.write(temporary)


def epochs_done(program: Program) -> int:
    """Whole epochs that the weights have behind them; of one model, not of an ensemble.

    Not read off the optimizer's count of steps: under mixed_float16 it leaves out those whose
    scaled gradients overflowed.
    """
    return program.model.epochs_done


def is_finished(program: Program, epochs: int) -> bool:
    """Whether nothing is left to train of one model: its epochs are over, or it stopped early."""
    return program.model.watch.stopped or epochs_done(program) >= epochs


def check_resumable(program: Program, prepared: Prepared, epochs: int) -> None:
    """Raise RunError unless the training can go on as if it had not been interrupted."""
    trained = program.manifest["trained"]
    if trained is None:
        raise RunError("this program has not been trained: train it without `--resume`")
    if prepared.train.rows != trained["rows"]:
        raise RunError(
            f"the data has {prepared.train.rows:,} rows to train on now, and had "
            f"{trained['rows']:,} when the run began: resume with the same data"
        )
    if prepared.digest() != trained["digest"]:
        raise RunError(
            "the images or labels are not those that the run began with: resume with the same "
            "data, or start a new run"
        )
    if epochs == trained["epochs"]:
        return
    way_out = f"a resumed run cannot have {epochs}. Start a new run with `--epochs {epochs}`"
    rate = program.spec.training.optimizer.learning_rate
    if isinstance(rate, ScheduleSection) and rate.over_training():
        raise RunError(f"the learning rate decays over {trained['epochs']} epochs: {way_out}")
    for model in program.models:
        if model.objective.kl_cycles:
            raise RunError(f"the KL has its cycles over {trained['epochs']} epochs: {way_out}")
        if model.watch.restored:
            raise RunError(
                f"the run ended with the weights of its best epoch, {model.watch.best_epoch}: "
                f"{way_out}"
            )


def read_metrics(folder: Path, *epochs: int) -> list[Metrics]:
    """The metrics of the first `epochs` epochs of a run; of an ensemble, of each member in turn."""
    path = folder / METRICS
    if not path.exists():
        return []
    try:
        lines = [
            json.loads(line) for line in read_text(path, limit=_MAX_METRICS_BYTES).splitlines()
        ]
        return _first_of_each(lines, epochs)
    except (OSError, ValueError) as error:
        raise RunError(
            f"{path} cannot be read: {error}. Move it away: the run goes on without the metrics "
            "of its first epochs"
        ) from error


def _first_of_each(lines: list[Any], epochs: tuple[int, ...]) -> list[Metrics]:
    """The first lines of each member, as many as it has epochs. Raises: ValueError."""
    seen: Counter[int] = Counter()
    history: list[Metrics] = []
    for line in lines:
        member = line.get("member", 0) if isinstance(line, dict) else None
        if not isinstance(member, int) or not 0 <= member < len(epochs):
            raise ValueError(f"a line is not of this run: {line!r}")
        seen[member] += 1
        if seen[member] <= epochs[member]:
            history.append(line)
    return history


class RunWriter(keras.callbacks.Callback):
    """Writes metrics and model after each epoch.

    Args:
        folder: the run folder.
        program: the program whose run it is.
        history: metrics of the epochs done before, of all members; it grows.
        member: which of the program's members is trained; a program alone has one.
    """

    def __init__(
        self, folder: Path, program: Program, history: list[Metrics], member: int = 0
    ) -> None:
        super().__init__()
        self.folder = folder
        self.program = program
        self.history = history
        self.epochs_saved = epochs_done(program.members[member])
        self._trained = program.members[member]
        self._place = program.folders(folder)[member]
        self._said = {} if len(program.members) == 1 else {"member": member}

    def on_train_begin(self, logs: Metrics | None = None) -> None:
        """Write the manifest: a resumed run may have other versions, or more epochs."""
        write_manifest(self.folder, self.program.manifest)
        if self._place != self.folder:
            write_manifest(self._place, self._trained.manifest)

    def on_epoch_end(self, epoch: int, logs: Metrics | None = None) -> None:
        """Write the metrics, then the model.

        In this order a kill between the two leaves a line too many, which resuming drops; in the
        other, a line too few, which nothing could bring back.
        """
        self.history.append({**self._said, "epoch": epoch + 1, **(logs or {})})
        text = "".join(json.dumps(line) + "\n" for line in self.history)
        write_text(self.folder / METRICS, text)
        save_model(self._trained.model, self._place / MODEL)
        self.epochs_saved = epoch + 1


__all__ = [
    "OutputError",
    "RunError",
    "RunWriter",
    "check_resumable",
    "epochs_done",
    "free_folder",
    "is_finished",
    "read_metrics",
    "start_run",
]
