"""Run folders: a training can be killed at any moment and resumed from where it was saved last.

A run folder appears whole, with the untrained model in it. After each epoch `metrics.jsonl`, then
`model.keras` (weights and optimizer) take the place of the old ones, each in one rename; within a
long epoch `model.keras` does so too. The number of epochs and batches done stands in `model.keras`,
so it cannot disagree with the weights.

While a process trains it holds the lock of the folder. Manifest and model have the identity of the
run, a random name, so that files of two runs are never taken for one.

The run of an ensemble has the `metrics.jsonl` of all members, and `members/0`, `members/1`, ..., each
with its model. The members are trained one after the other; where the training goes on is read off
their models.
"""

import contextlib
import json
import os
import time
from collections.abc import Iterator
from pathlib import Path

import keras

from bnnc.errors import ArtifactError, DivergedError, OutputError, RunError
from bnnc.runtime import workers
from bnnc.runtime.artifacts import (
    MANIFEST,
    MEMBERS,
    METRICS,
    MODEL,
    WRITTEN,
    read_manifest,
    refuse_existing_run,
    save_model,
    write_manifest,
)
from bnnc.runtime.metrics_file import read_metrics
from bnnc.runtime.prepared import Prepared
from bnnc.runtime.program import Program
from bnnc.runtime.runs.member_runs import merge_metrics, refuse_stranger, shared_by_members
from bnnc.runtime.training.ema import (
    batch_count,
    inner_optimizer,
    use_ema_weights,
    use_raw_weights,
)
from bnnc.runtime.training.loop import Metrics
from bnnc.specs import Spec
from bnnc.specs.schedules import ScheduleSection
from bnnc.system.writing import locked, remove_leftovers, whole_folder, write_text


def free_folder(name: str) -> Path:
    """The first of runs/NAME, runs/NAME-2, runs/NAME-3, ... that is not there."""
    number = 1
    while True:
        folder = Path("runs") / (name if number == 1 else f"{name}-{number}")
        if not os.path.lexists(folder):
            return folder
        number += 1


def start_run(
    folder: Path,
    program: Program,
    prepared: Prepared,
    epochs: int,
    *,
    holding: contextlib.ExitStack | None = None,
) -> None:
    """Make the folder of a run, with the untrained model.

    Args:
        folder: the run folder; an empty one may be there.
        program, prepared, epochs: what is trained, on what, and how long.
        holding: the folder, and those of members, stay locked until this is closed.

    Raises: OutputError, RunError.
    """
    refuse_existing_run(folder)
    program.note_training(prepared, epochs)
    ours = {*WRITTEN, METRICS}
    with whole_folder(folder, last=MANIFEST, ours=ours, holding=holding) as temporary:
        write_text(temporary / METRICS, "")
        program.write(temporary)
    if holding is not None:
        members = (one for one in program.folders(folder) if one != folder)
        holding.enter_context(locked(*members))


def start_member(
    run: Path,
    number: int,
    spec: Spec,
    program: Program,
    prepared: Prepared,
    epochs: int,
    *,
    holding: contextlib.ExitStack,
) -> Path:
    """Make the folder of one member of an ensemble that is trained by itself.

    Args:
        run: the folder of the ensemble's run, which may have other members already.
        number: the member, counted from 0.
        spec: the spec of the ensemble.
        program, prepared, epochs: the member, on what it is trained, and how long.
        holding: the member's folder stays locked until this is closed.

    Returns: the member's folder.
    Raises: OutputError, RunError.
    """
    place = run / MEMBERS / str(number)
    program.note_training(prepared, epochs)
    shared = shared_by_members(spec, program.manifest["trained"])
    identity = refuse_stranger(run, number, shared)
    ours = {*WRITTEN, METRICS}
    with whole_folder(place, last=MANIFEST, ours=ours, holding=holding) as temporary:
        write_text(temporary / METRICS, "")
        program.write(temporary, identity)
    return place


@contextlib.contextmanager
def locked_run(folder: Path) -> Iterator[None]:
    """Hold the locks of a run and of its members; what killed processes left is removed.

    Raises: OutputError if another process trains there, or the folder cannot be written.
    """
    if not (folder / MANIFEST).is_file():
        yield  # no run: whoever reads it says so
        return
    remove_leftovers(folder.absolute().parent)
    members = sorted(one for one in (folder / MEMBERS).glob("*") if one.is_dir())
    with locked(folder, *members):
        yield


def epochs_done(program: Program) -> int:
    """Number of whole epochs that the weights were trained for; of one model, not of an ensemble.

    Not read off the optimizer's count of steps: under mixed_float16 it leaves out those whose
    scaled gradients overflowed.
    """
    return program.model.epochs_done


def batches_done(program: Program) -> int:
    """Number of batches of the next epoch that the weights were trained for, of one model."""
    return program.model.batches_done


def is_finished(program: Program, epochs: int) -> bool:
    """Whether nothing is left to train of one model: its epochs are over, or it stopped early."""
    return program.model.watch.stopped or epochs_done(program) >= epochs


def what_is_left(program: Program) -> str | None:
    """How far a training is that has not ended, as the end of a sentence; None if it has."""
    trained = program.manifest["trained"]
    if trained is None or "diverged" in program.manifest:
        return None
    epochs, members = trained["epochs"], program.members
    for number, member in enumerate(members, start=1):
        if not is_finished(member, epochs):
            of = f" of member {number} of {len(members)}" if len(members) > 1 else ""
            return f"has had {epochs_done(member)} of {epochs} epochs{of}"
    return None


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
    if not prepared.has_digest(trained["digest"]):
        raise RunError(
            "the images or labels are not those that the run began with: resume with the same "
            "data, or start a new run"
        )
    for member in program.members:
        _refuse_wrong_state(member, prepared.train.steps)
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


def _refuse_wrong_state(program: Program, steps: int) -> None:
    """Raise RunError if the model cannot be one of a training with epochs of `steps` steps."""
    model, trained = program.model, program.manifest["trained"]
    done, batches = model.epochs_done, model.batches_done
    if trained is not None and done > trained["epochs"]:
        raise _changed(f"it has {done} epochs behind it, of {trained['epochs']} in the manifest")
    taken = int(batch_count(model.optimizer).numpy()) - model.objective.first_step
    # Under mixed_float16 the optimizer does not count steps whose gradients overflowed.
    is_scaled = inner_optimizer(model.optimizer) is not model.optimizer
    wanted_steps = done * steps + batches
    fits = taken == wanted_steps or (is_scaled and 0 <= taken < wanted_steps)
    if not fits or batches >= steps:
        of_next = f" and {batches:,} batches" if batches else ""
        raise _changed(
            f"its optimizer has taken {taken:,} steps, and {done} epochs{of_next} have "
            f"{wanted_steps:,}"
        )
    watch, shapes = model.watch, [tuple(weight.shape) for weight in model.weights]
    section = program.spec.training.early_stopping
    is_kept = bool(section and section.restore_best_weights and watch.best_epoch)
    wanted = shapes if is_kept and not watch.restored else []
    if [one.shape for one in watch.best_weights] != wanted:
        raise _changed("the weights of its best epoch are missing")


def _changed(reason: str) -> RunError:
    return RunError(
        f"the run cannot be resumed to the weights of an uninterrupted one: {reason}. {MODEL} was "
        "changed, or trained by other means: start a new run"
    )


def note_divergence(folder: Path, program: Program, error: DivergedError) -> None:
    """Write down in the manifest that a training ended because its loss was not finite."""
    program.manifest["diverged"] = {"epoch": error.epoch, "step": error.step}
    write_manifest(folder, program.manifest)


class RunFollower(keras.callbacks.Callback):
    """Follows what the chief of several workers writes, and writes nothing.

    Attributes:
        epochs_saved, batches_saved: as of `RunWriter`.
    """

    def __init__(self, trained: Program) -> None:
        super().__init__()
        self.epochs_saved, self.batches_saved = epochs_done(trained), batches_done(trained)

    def on_epoch_end(self, epoch: int, logs: Metrics | None = None) -> None:
        """Count the epoch."""
        self.epochs_saved, self.batches_saved = epoch + 1, 0


def writer_of(
    folder: Path, program: Program, history: list[Metrics], member: int
) -> "RunWriter | RunFollower":
    """What writes the run of a member; where several workers train, that of the chief alone does."""
    if not workers.is_chief():
        return RunFollower(program.members[member])
    return RunWriter(folder, program, history, member)


class RunWriter(keras.callbacks.Callback):
    """Writes metrics and model after each epoch, and the model within long ones.

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
        self.identity = program.manifest.get("identity")
        self.program = program
        self.history = history
        self._trained = program.members[member]
        self.epochs_saved, self.batches_saved = (
            epochs_done(self._trained),
            batches_done(self._trained),
        )
        self._seconds = 60 * program.spec.training.checkpoint_minutes
        self._saved_at = time.monotonic()
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

        Raises: OutputError, or RunError if the folder is not that of this run any longer.
        """
        self._refuse_if_replaced()
        self.history.append({**self._said, "epoch": epoch + 1, **(logs or {})})
        text = "".join(json.dumps(line) + "\n" for line in self.history)
        write_text(self.folder / METRICS, text)
        self._save()
        self.epochs_saved = epoch + 1

    def on_train_batch_end(self, batch: int, logs: Metrics | None = None) -> None:
        """Write the model if it was written long ago.

        Where the optimizer averages the weights, the averages are in the file, as after an epoch.

        Raises: as `on_epoch_end`.
        """
        model = self._trained.model
        is_last = model.batches_done == self.params["steps"]  # the epoch's end writes it
        if is_last or time.monotonic() - self._saved_at < self._seconds:
            return
        self._refuse_if_replaced()
        use_ema_weights(model)
        self._save()
        use_raw_weights(model)

    def _save(self) -> None:
        model = self._trained.model
        save_model(model, self._place / MODEL, self.identity)
        self.batches_saved = model.batches_done
        self._saved_at = time.monotonic()

    def _refuse_if_replaced(self) -> None:
        try:
            is_ours = read_manifest(self.folder).get("identity") == self.identity
        except ArtifactError:
            is_ours = False
        except OSError as error:
            raise OutputError(f"{self.folder} cannot be read: {error.strerror}") from error
        if not is_ours:
            raise RunError(
                f"{self.folder} was removed or replaced during this training: nothing more is "
                "written to it"
            )


__all__ = [
    "METRICS",
    "OutputError",
    "RunError",
    "RunFollower",
    "RunWriter",
    "batches_done",
    "check_resumable",
    "epochs_done",
    "free_folder",
    "is_finished",
    "locked_run",
    "merge_metrics",
    "note_divergence",
    "read_metrics",
    "start_member",
    "start_run",
    "writer_of",
]
