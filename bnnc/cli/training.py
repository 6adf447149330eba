"""Train the members of a run from where they are; `bnnc train` begins or resumes it."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from bnnc.cli.exit_codes import FAILED_WHILE_RUNNING, INTERRUPTED, TerminatedError, UserError
from bnnc.cli.logging import log_training, logging_to
from bnnc.cli.notes import tell
from bnnc.cli.terminal import echo
from bnnc.cli.trained import tell_of_chance, tell_of_chosen_scales, what_to_change
from bnnc.errors import DivergedError, LoggingError, OutputError, WorkerError

if TYPE_CHECKING:
    from bnnc.runtime.loggers import LoggerName
    from bnnc.runtime.prepared import Prepared
    from bnnc.runtime.program import Program


_A_DAY = 86_400


@dataclass(frozen=True)
class Alone:
    """A member of an ensemble that is trained by itself.

    Attributes:
        name: how the lines of its progress begin.
        again: the command that continues it.
        then: what to do when it has ended, a sentence.
    """

    name: str
    again: str
    then: str


def train_members(
    program: Program,
    prepared: Prepared,
    folder: Path,
    epochs: int,
    loggers: Sequence[LoggerName],
    alone: Alone | None = None,
) -> int:
    """Train every member from where it is, one after the other; a program alone is one.

    Args:
        program, prepared, folder, epochs, loggers: what is trained, on what, where and how long.
        alone: of a member of an ensemble that is trained by itself, what to call it.

    Returns: the exit code.
    """
    from bnnc.cli.progress import progress_callback
    from bnnc.runtime import workers
    from bnnc.runtime.runs.run_folder import (
        batches_done,
        epochs_done,
        is_finished,
        note_divergence,
        read_metrics,
        writer_of,
    )

    done = [epochs_done(member) for member in program.members]
    history = read_metrics(folder, *done) if workers.is_chief() else []
    loggers = loggers if workers.is_chief() else ()
    writers = {
        number: writer_of(folder, program, history, number)
        for number, member in enumerate(program.members)
        if not is_finished(member, epochs)
    }
    tell(program.training_notes(prepared, epochs))
    progress = progress_callback(
        epochs,
        prepared.train.steps,
        members=len(program.members),
        # A member that stopped early has nothing left either.
        done=[done[number] if number in writers else epochs for number in range(len(done))],
    )
    if alone is not None:
        progress.of_member(0, alone.name)
    number = next(iter(writers))
    quoted = shlex.quote(str(folder))
    again = " ".join(["bnnc train --resume", quoted, *(f"--log {name}" for name in loggers)])
    again = again if alone is None else alone.again

    def saved() -> str:
        writer = writers[number]
        holds = f"{folder} holds {writer.epochs_saved} of {epochs} epochs"
        if writer.batches_saved:
            holds += f", and {writer.batches_saved:,} of {prepared.train.steps:,} batches"
        return holds + of_member(program, number)

    try:
        with logging_to(loggers, folder, program) as logging:
            for number, writer in writers.items():
                member = program.members[number]
                if alone is None:
                    progress.of_member(number)
                with ExitStack() as following:
                    member.train(
                        prepared.in_order_of(member.spec.training.seed),
                        epochs=epochs,
                        first_epoch=done[number],
                        first_batch=batches_done(member),
                        callbacks=[
                            writer,
                            *(following.enter_context(one.member(number)) for one in logging),
                            progress,
                        ],
                    )
            log_training(logging, program, folder)
    except (KeyboardInterrupt, TerminatedError) as error:
        progress.close()
        ended = str(error) or "interrupted"
        echo(f"\n{ended}; {saved()}. Resume it with:\n\n    {again}", err=True)
        return error.exit_code if isinstance(error, TerminatedError) else INTERRUPTED
    except OutputError as error:
        raise UserError(
            f"{error}. {saved()}; when it can be written, resume with:\n\n    {again}"
        ) from error
    except LoggingError as error:
        raise UserError(
            f"{error}. {saved()}; when it can be reached, train with:\n\n    {again}",
            FAILED_WHILE_RUNNING,
        ) from error
    except WorkerError as error:
        raise UserError(
            f"{error}. {saved()}. Start all workers again with:\n\n    {again}",
            FAILED_WHILE_RUNNING,
        ) from error
    except DivergedError as error:
        if workers.is_chief():
            with suppress(OutputError):  # the sentence below matters more
                note_divergence(folder, program, error)
        raise UserError(
            f"{error}. {saved()}. {what_to_change(program)}. `bnnc doctor {quoted}` looks for the "
            "cause",
            FAILED_WHILE_RUNNING,
        ) from error
    finally:
        progress.close()
    if workers.is_chief():
        _tell_of_end(program, prepared, folder, epochs, history, alone)
    # The others wait until all is written; one that hangs is still noticed.
    workers.exchange("all is written", wait_seconds=_A_DAY, last=True)
    return 0


def _tell_of_end(
    program: Program,
    prepared: Prepared,
    folder: Path,
    epochs: int,
    history: list[dict[str, float]],
    alone: Alone | None,
) -> None:
    """Calibrate where the spec says so, and say how the training ended and what comes next."""
    quoted = shlex.quote(str(folder))
    tell_of_chosen_scales(program)
    tell_of_chance(program, prepared, history, folder)
    ended = ended_text(program, epochs)
    if alone is not None:
        echo(f"{folder}: {ended}. {alone.then}")
        return
    calibrate(program, prepared, folder)
    noun = program.spec.input.noun
    if prepared.has_test_images:
        echo(f"{folder}: {ended}. Evaluate it with:\n\n    bnnc evaluate {quoted}")
    else:
        echo(
            f"{folder}: {ended}. {prepared.name} has no test {noun}; evaluate it on data that has "
            f"them:\n\n    bnnc evaluate {quoted} --data SOURCE"
        )


def calibrate(program: Program, prepared: Prepared, folder: Path) -> None:
    """Fit what the spec asks for to the validation rows, and write it into the manifest."""
    from bnnc.runtime.artifacts import write_manifest

    fitted = program.calibrate_after_training(prepared)
    if fitted is not None:
        write_manifest(folder, program.manifest)
        tell(fitted.notes)
        echo(fitted.summary)


def of_member(program: Program, number: int) -> str:
    """Which member is spoken of, counted from 1; nothing where there is one program alone."""
    members = len(program.members)
    return "" if members == 1 else f" of member {number + 1} of {members}"


def ended_text(program: Program, epochs: int) -> str:
    """Describe a finished training in words."""
    counted = "1 epoch" if epochs == 1 else f"{epochs} epochs"
    stopped = [model for model in program.models if model.watch.stopped]
    if len(program.models) > 1:
        early = f", {len(stopped)} of them stopped early" if stopped else ""
        return f"{len(program.models)} members of {counted}{early}"
    if stopped:
        (model,) = stopped
        best = model.watch.best_epoch
        return f"stopped early after epoch {model.epochs_done}, the best being epoch {best}"
    return counted
