"""`--log`: the experiment loggers of `bnnc train` and `bnnc report`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bnnc.cli.exit_codes import TerminatedError, refusals
from bnnc.cli.notes import tell
from bnnc.compiler.language.spec_text import spec_text
from bnnc.errors import LoggingError

if TYPE_CHECKING:
    from bnnc.reporting.figure import ReportFigure
    from bnnc.reporting.results import RunResults
    from bnnc.runtime.loggers import Logger, LoggerName, Status
    from bnnc.runtime.program import Program

log_option = click.option(
    "--log",
    "loggers",
    type=click.Choice(["tensorboard", "mlflow", "wandb"]),
    multiple=True,
    help="Log to TensorBoard, MLflow or Weights & Biases too. May be repeated.",
)


def look_at_loggers(names: Sequence[LoggerName]) -> None:
    """Refuse loggers whose libraries are not installed, before TensorFlow is imported."""
    if names:
        with refusals():
            from bnnc.runtime.loggers import require_logger

            for name in names:
                require_logger(name)


@contextmanager
def logging_to(
    names: Sequence[LoggerName], folder: Path, program: Program
) -> Iterator[Sequence[Logger]]:
    """Open loggers for a run, say where they are, and close them with how the run ended.

    Raises: LoggingError, before anything is trained.
    """
    from bnnc.runtime.loggers import open_logger

    status: Status = "failed"
    text = spec_text(program.spec)
    opened: list[Logger] = []
    try:
        for name in dict.fromkeys(names):
            opened.append(open_logger(name, folder, program, text))
        tell(f"logged to {logger.title}: {logger.place}" for logger in opened)
        yield opened
        status = "finished"
    except (KeyboardInterrupt, TerminatedError):
        status = "killed"
        raise
    finally:
        for logger in opened:
            logger.close(status)


def log_training(loggers: Sequence[Logger], program: Program, folder: Path) -> None:
    """Log the figures of a training that has ended, where matplotlib is installed."""
    from bnnc.errors import MissingExtraError
    from bnnc.reporting.figures import training_figures
    from bnnc.reporting.results import of_training
    from bnnc.runtime.figures.style import require_matplotlib

    if not loggers:
        return
    try:
        require_matplotlib()
    except MissingExtraError as error:
        tell((f"figures were not logged: {error}",))
        return
    _log_figures(loggers, training_figures(of_training(folder, program)))


def log_report(loggers: Sequence[Logger], run: RunResults) -> None:
    """Log the evaluation of a run: its figures as metrics, and all that the report draws."""
    from bnnc.reporting.figures import figures

    for logger in loggers:
        with _told():
            logger.values(run.evaluation)
    _log_figures(loggers, figures(run))


def _log_figures(loggers: Sequence[Logger], drawn: Iterator[ReportFigure]) -> None:
    from bnnc.reporting.drawing import png

    for figure in drawn if loggers else ():
        image = png(figure)
        for logger in loggers:
            with _told():
                logger.image(figure.name, image)


@contextmanager
def _told() -> Iterator[None]:
    """Say what a logger does not take: the run itself is whole without it."""
    try:
        yield
    except LoggingError as error:
        tell((f"not logged to {error}",))
