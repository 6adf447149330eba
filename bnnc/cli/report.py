"""`bnnc report`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bnnc.cli.exit_codes import UserError, refusals, user_errors
from bnnc.cli.logging import log_option, log_report, logging_to, look_at_loggers
from bnnc.cli.notes import tell
from bnnc.cli.preflight import look_at_file, look_at_folder
from bnnc.cli.specs import look_at_evaluation
from bnnc.cli.terminal import echo
from bnnc.cli.trained import load_trained
from bnnc.sweeping.folder import is_sweep

if TYPE_CHECKING:
    from bnnc.reporting.results import RunResults
    from bnnc.runtime.loggers import LoggerName


@click.command("report")
@click.argument("runs", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="RUN...")
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    default=Path("report.html"),
    show_default=True,
    metavar="FILE",
    help="The page to write; an earlier report is replaced.",
)
@click.option(
    "--figures",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Write every figure as SVG and PNG into this folder too.",
)
@click.option("--data", metavar="SOURCE", help="A named source or a path; the run's by default.")
@click.option(
    "--samples",
    type=click.IntRange(1, 1_000_000),
    help="Weight draws, of each member of an ensemble; the spec's by default.",
)
@click.option(
    "--ood",
    multiple=True,
    metavar="SOURCE",
    help="Images to tell from the test images, as of `bnnc evaluate`. May be repeated.",
)
@click.option(
    "--shift/--no-shift",
    default=None,
    help="Evaluate corrupted test images too, as `bnnc evaluate`. Takes 40 times as long.",
)
@click.option(
    "--storage", metavar="URL", help="Of a sweep: its database, where the URL has a password."
)
@log_option
def command(
    runs: tuple[Path, ...],
    output: Path,
    figures: Path | None,
    data: str | None,
    samples: int | None,
    ood: tuple[str, ...],
    shift: bool | None,
    storage: str | None,
    loggers: tuple[LoggerName, ...],
) -> None:
    """Write a page about a run: how good it is, how calibrated, and what it does not know.

    The page is one HTML file that opens offline: a verdict, the figures of `bnnc evaluate` with
    their standard errors, the findings of `bnnc doctor`, plots with the tables behind them, and the
    images that the model is wrong about or unsure of.

    RUN is a folder that `bnnc train` wrote. Several are shown side by side, with the differences of
    their figures and of their specs to the first. Or it is the folder of a sweep, whose page shows
    its trials and its parameters. With --log the figures and plots go to the loggers
    of `bnnc train --log` too.

    Needs `pip install 'bnnc[report]'`.
    """
    if any(is_sweep(run) for run in runs):
        _of_sweep(runs, output, figures, storage, is_measured=bool(data or ood or samples or shift))
        return
    _look_at(runs, output, figures, data, ood)
    look_at_loggers(loggers)
    with user_errors():
        from bnnc.reporting.page import write_figures, write_report

        results = [_measured(run, data, samples, ood, shift) for run in runs]
        write_report(results, output)
        names = [] if figures is None else write_figures(results, figures)
        for run, measured_run in zip(runs, results, strict=True):
            with logging_to(loggers, run, measured_run.program) as opened:
                log_report(opened, measured_run)
    if figures is not None:
        echo(f"{figures}: {len(names)} figures, each as SVG and PNG")
    echo(f"{output}: open it in a browser")


def _of_sweep(
    folders: Sequence[Path],
    output: Path,
    figures: Path | None,
    storage: str | None,
    *,
    is_measured: bool,
) -> None:
    """The page of a sweep, without TensorFlow. Raises: UserError."""
    if len(folders) > 1:
        raise UserError("a sweep has a page of its own: give one folder of a sweep, or runs alone")
    if is_measured:
        raise UserError(
            "the page of a sweep shows what its trials measured: --data, --samples, --ood and "
            "--shift are for runs"
        )
    with refusals():
        from bnnc.reporting.preflight import refuse_to_replace_other, require_libraries

        require_libraries()
        refuse_to_replace_other(output)
        look_at_file(output)
        from bnnc.sweeping.page import write_sweep_figures, write_sweep_report
        from bnnc.sweeping.results import read_results

        results = read_results(folders[0], storage)
        write_sweep_report(results, output)
        names = [] if figures is None else write_sweep_figures(results, figures)
    if figures is not None:
        echo(f"{figures}: {len(names)} figures, each as SVG and PNG")
    echo(f"{output}: open it in a browser")


def _look_at(
    runs: Sequence[Path],
    output: Path,
    figures: Path | None,
    data: str | None,
    ood: Sequence[str],
) -> None:
    """Refuse what can be seen to fail before TensorFlow starts. Raises: UserError."""
    with refusals():
        from bnnc.reporting.preflight import refuse_to_replace_other, require_libraries

        require_libraries()
        for run in runs:
            look_at_evaluation(run, data, ood)
        refuse_to_replace_other(output)
        look_at_file(output)
        if figures is not None:
            if figures.exists() and not figures.is_dir():
                raise UserError(f"{figures} is a file; expected a folder to write figures into")
            look_at_folder(figures)


def _measured(
    run: Path, data: str | None, samples: int | None, ood: Sequence[str], shift: bool | None
) -> RunResults:
    from bnnc.reporting.results import measured

    program = load_trained(run)
    try:
        found = measured(run, program, data=data, samples=samples, ood=ood or None, shift=shift)
    except ValueError as error:
        raise UserError(str(error)) from error
    tell(found.evaluation.notes)
    return found
