"""`bnnc train`."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from contextlib import ExitStack, nullcontext, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bnnc.cli.exit_codes import (
    FAILED_WHILE_RUNNING,
    INTERRUPTED,
    TerminatedError,
    UserError,
    refusals,
    user_errors,
)
from bnnc.cli.logging import log_option, log_training, logging_to, look_at_loggers
from bnnc.cli.notes import tell, tell_of_data
from bnnc.cli.preflight import (
    look_at_first_weights,
    look_at_folder,
    look_at_run,
)
from bnnc.cli.specs import accepted, look_at_data, setting_option
from bnnc.cli.terminal import echo
from bnnc.cli.trained import tell_of_chance, tell_of_chosen_scales, what_to_change
from bnnc.cli.workers import as_one_of_workers
from bnnc.compiler import pipeline
from bnnc.compiler.text.source import Source
from bnnc.errors import DivergedError, LoggingError, OutputError, WorkerError

if TYPE_CHECKING:
    from bnnc.compiler.report import Report
    from bnnc.runtime.loggers import LoggerName
    from bnnc.runtime.prepared import Prepared
    from bnnc.runtime.program import Program

_NOTHING_TO_TRAIN = (
    "Say what to train: `bnnc train SPEC`, with a spec file, or a folder that `bnnc build` wrote."
)
_NOTHING_TO_RESUME = (
    "Say which run to resume: `bnnc train --resume DIR`, with the folder that the interrupted run"
    " named."
)
MOST_EPOCHS = 1_000_000  # as the language has it
_A_DAY = 86_400


@click.command("train")
@click.argument("spec", required=False, metavar="SPEC|DIR")
@click.option("--data", metavar="SOURCE", help="A named source or a path; the spec's by default.")
@click.option(
    "--run",
    "folder",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Folder of the run; runs/NAME by default.",
)
@click.option("--resume", is_flag=True, help="Continue an interrupted run from where it was saved.")
@click.option(
    "--epochs", type=click.IntRange(1, MOST_EPOCHS), help="Epochs of the training in all."
)
@log_option
@setting_option("Override a value of the spec.")
def command(
    spec: str | None,
    data: str | None,
    folder: Path | None,
    resume: bool,
    epochs: int | None,
    loggers: tuple[LoggerName, ...],
    settings: tuple[Source, ...],
) -> int:
    """Train a spec, or resume an interrupted run.

    SPEC is a spec file, DIR a folder that `bnnc build` wrote, or with --resume the folder of a
    run. After every epoch, and every ten minutes of a long one, the run folder holds the metrics and
    the whole model; a run that was killed, and is resumed, ends in the same weights as one that was
    not.
    """
    if spec is None:
        if resume and folder is not None:
            spec = str(folder)  # `--resume --run DIR` names the run, if in another way
            folder = None
        else:
            raise click.UsageError(_NOTHING_TO_RESUME if resume else _NOTHING_TO_TRAIN)
    is_folder = spec not in {"-", ""} and Path(spec).is_dir()
    if is_folder and settings:
        raise click.UsageError(
            f"`--set` changes a spec, and {spec} is a folder that holds a compiled one."
        )
    look_at_loggers(loggers)
    if data is not None:
        look_at_data(data)
    if resume:
        if not is_folder and folder is None and not Path(spec).is_file():
            raise UserError(f"there is no run {spec or '(an empty name)'}; {_runs()}")
        if is_folder and folder is not None:
            raise click.UsageError("Two folders: say `bnnc train --resume DIR` alone.")
        folder = Path(spec) if is_folder else folder
        if folder is None:
            raise click.UsageError(
                f"{spec} is a spec, not a run. Say which run to resume: `bnnc train --resume DIR`;"
                f" {_runs()}."
            )
        report = None if is_folder else accepted(spec, settings)
        _look_before_resuming(folder, report, data)
        with user_errors(), as_one_of_workers():
            return _resume(folder, report, data, epochs, loggers)
    report = None if is_folder else accepted(spec, settings, data)
    _look_before_starting(Path(spec), report, data, folder)
    with user_errors(), as_one_of_workers():
        if report is None:
            from bnnc.api import load

            program = load(Path(spec))
        else:
            program = pipeline.compile(report, told=report.diagnostics)
            program.set_folder(Path(report.folder or ""), report.file_name)
        return _start(program, data, folder, epochs, loggers)


def _runs() -> str:
    """The runs that lie where `bnnc train` puts them, in words."""
    found = sorted(str(path.parent) for path in Path("runs").glob("*/manifest.json"))
    if not found:
        return "there are no runs in runs/"
    more = f" and {len(found) - 5} more" if len(found) > 5 else ""
    return f"runs in runs/: {', '.join(found[:5])}{more}"


def _look_before_starting(
    built: Path, report: Report | None, data: str | None, folder: Path | None
) -> None:
    """Refuse what can be seen to fail, before TensorFlow is imported. Raises: UserError."""
    if report is None:
        manifest, spec = look_at_run(built)
        home = manifest.get("folder")
        if manifest["trained"] is not None:
            raise UserError(
                f"{built} is a run that was trained already: continue it with `bnnc train --resume "
                f"{built}`, or train its spec again"
            )
    else:
        spec, home = report.accepted(), report.folder
        look_at_first_weights(report)
    if data is None and spec.data is not None:
        look_at_data(spec.data.source, home)
    elif data is None:
        raise UserError(
            "the spec names no data: give `--data SOURCE`, or write `data: {source: ...}` into "
            "the spec"
        )
    with refusals():
        from bnnc.runtime.artifacts import METRICS, WRITTEN, refuse_existing_run
        from bnnc.system.writing import refuse_if_occupied

        if folder is not None:
            refuse_existing_run(folder)
            refuse_if_occupied(folder, ours={*WRITTEN, METRICS})
    look_at_folder(folder or Path("runs"))


def _look_before_resuming(folder: Path, report: Report | None, data: str | None) -> None:
    """Refuse what can be seen to fail, before TensorFlow is imported. Raises: UserError."""
    manifest, spec = look_at_run(folder)
    if report is not None and report.accepted().fingerprint() != spec.fingerprint():
        raise UserError(
            f"{report.source.name} is not the spec that {folder} was begun with: resume with "
            f"`bnnc train --resume {folder}`, or start a new run"
        )
    if manifest["trained"] is None:
        raise UserError(f"{folder} was built, not trained: train it without `--resume`")
    if data is None:
        look_at_data(manifest["trained"]["data"])


def _start(
    program: Program,
    data: str | None,
    folder: Path | None,
    epochs: int | None,
    loggers: Sequence[LoggerName],
) -> int:
    from bnnc.runtime import workers

    prepared = program.prepare(data)
    tell_of_data(prepared, program.spec)
    epochs = epochs or program.spec.training.epochs
    program.notify_data_listener(prepared, epochs)
    program.note_training(prepared, epochs)
    program.agree_with_workers(prepared, epochs)
    with ExitStack() as holding:
        place = _started(program, prepared, folder, epochs, holding) if workers.is_chief() else ""
        place = Path(workers.exchange(str(place))[0])
        return _train(program, prepared, place, epochs, loggers)


def _started(
    program: Program, prepared: Prepared, folder: Path | None, epochs: int, holding: ExitStack
) -> Path:
    """Make the folder of a run: the one that is given, or the first that is free."""
    from bnnc.runtime.runs.run_folder import RunError, free_folder, start_run

    place = folder or free_folder(program.spec.name)
    while True:
        try:
            start_run(place, program, prepared, epochs, holding=holding)
            return place
        except (OutputError, RunError):
            following = folder or free_folder(program.spec.name)
            if following == place:
                raise
            place = following  # another training took the folder in the meantime


def _resume(
    folder: Path,
    report: Report | None,
    data: str | None,
    epochs: int | None,
    loggers: Sequence[LoggerName],
) -> int:
    from bnnc.runtime import workers
    from bnnc.runtime.runs.run_folder import locked_run

    with locked_run(folder) if workers.is_chief() else nullcontext():
        return _resume_locked(folder, report, data, epochs, loggers)


def _resume_locked(
    folder: Path,
    report: Report | None,
    data: str | None,
    epochs: int | None,
    loggers: Sequence[LoggerName],
) -> int:
    from bnnc.runtime.runs.loading import load
    from bnnc.runtime.runs.run_folder import (
        batches_done,
        check_resumable,
        epochs_done,
        is_finished,
    )
    from bnnc.runtime.runs.warm_start import refuse_other_run

    program = load(folder)
    if report is not None:
        refuse_other_run(program, report.folder_of("training", "initialize_from", "run"))
    trained = program.manifest["trained"]
    # `program.fit` may have had another batch size than the spec's.
    prepared = program.prepare(data or trained["data"], batch_size=trained["batch_size"])
    epochs = epochs or trained["epochs"]
    check_resumable(program, prepared, epochs)
    left = [one for one in program.members if not is_finished(one, epochs)]
    if not left:
        echo(f"{folder} has ended ({_ended(program, epochs)}): there is nothing to resume")
        return 0
    number = program.members.index(left[0])
    batches = batches_done(left[0])
    within = f" and {batches:,} of {prepared.train.steps:,} batches" if batches else ""
    echo(
        f"resuming after epoch {epochs_done(left[0])} of {epochs}{within}"
        f"{_of_member(program, number)}",
        err=True,
    )
    if program.calibration is not None:
        echo(
            "the calibration of the run ends with this training; afterwards: "
            f"`bnnc calibrate {shlex.quote(str(folder))}`",
            err=True,
        )
    program.note_training(prepared, epochs)
    program.manifest.pop("diverged", None)
    return _train(program, prepared, folder, epochs, loggers)


def _train(
    program: Program,
    prepared: Prepared,
    folder: Path,
    epochs: int,
    loggers: Sequence[LoggerName],
) -> int:
    """Train every member from where it is, one after the other; a program alone is one."""
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
    number = next(iter(writers))
    quoted = shlex.quote(str(folder))
    again = " ".join(["bnnc train --resume", quoted, *(f"--log {name}" for name in loggers)])

    def saved() -> str:
        writer = writers[number]
        holds = f"{folder} holds {writer.epochs_saved} of {epochs} epochs"
        if writer.batches_saved:
            holds += f", and {writer.batches_saved:,} of {prepared.train.steps:,} batches"
        return holds + _of_member(program, number)

    try:
        with logging_to(loggers, folder, program) as logging:
            for number, writer in writers.items():
                member = program.members[number]
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
        _tell_of_end(program, prepared, folder, epochs, history)
    # The others wait until all is written; one that hangs is still noticed.
    workers.exchange("all is written", wait_seconds=_A_DAY, last=True)
    return 0


def _tell_of_end(
    program: Program, prepared: Prepared, folder: Path, epochs: int, history: list[dict[str, float]]
) -> None:
    """Calibrate where the spec says so, and say how the training ended and what comes next."""
    quoted = shlex.quote(str(folder))
    tell_of_chosen_scales(program)
    tell_of_chance(program, prepared, history, folder)
    _calibrate(program, prepared, folder)
    ended = _ended(program, epochs)
    noun = program.spec.input.noun
    if prepared.has_test_images:
        echo(f"{folder}: {ended}. Evaluate it with:\n\n    bnnc evaluate {quoted}")
    else:
        echo(
            f"{folder}: {ended}. {prepared.name} has no test {noun}; evaluate it on data that has "
            f"them:\n\n    bnnc evaluate {quoted} --data SOURCE"
        )


def _calibrate(program: Program, prepared: Prepared, folder: Path) -> None:
    """Fit what the spec asks for to the validation rows, and write it into the manifest."""
    from bnnc.runtime.artifacts import write_manifest

    fitted = program.calibrate_after_training(prepared)
    if fitted is not None:
        write_manifest(folder, program.manifest)
        tell(fitted.notes)
        echo(fitted.summary)


def _of_member(program: Program, number: int) -> str:
    """Which member is spoken of, counted from 1; nothing where there is one program alone."""
    members = len(program.members)
    return "" if members == 1 else f" of member {number + 1} of {members}"


def _ended(program: Program, epochs: int) -> str:
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
