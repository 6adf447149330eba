"""`bnnc sweep`."""

from __future__ import annotations

import json
import os
import shlex
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bnnc.cli.exit_codes import (
    FINDINGS,
    INTERRUPTED,
    TerminatedError,
    UserError,
    refusals,
)
from bnnc.cli.notes import tell
from bnnc.cli.preflight import look_at_first_weights, look_at_folder
from bnnc.cli.specs import accepted, look_at_data, read, setting_option
from bnnc.cli.terminal import colored, echo, width

if TYPE_CHECKING:
    from bnnc.compiler.searching.check import CheckedSearch
    from bnnc.compiler.text.source import Source
    from bnnc.sweeping.results import SweepResults
    from bnnc.sweeping.sweep import Sweep

DEFAULT_TRIALS = 20


@click.command("sweep")
@click.argument("spec", metavar="SPEC")
@click.option(
    "--search",
    required=True,
    metavar="FILE",
    help="The search file: the space, the objectives, the sampler and the pruner.",
)
@click.option(
    "--sweep",
    "folder",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Folder of the sweep; sweeps/NAME by default.",
)
@click.option(
    "--trials",
    type=click.IntRange(1, 1_000_000),
    help="Trials of the whole sweep, of all processes together; 20 by default, or the whole grid.",
)
@click.option(
    "--timeout",
    type=click.FloatRange(0, min_open=True),
    metavar="SECONDS",
    help="Begin no trial in this process after so many seconds.",
)
@click.option(
    "--storage",
    metavar="URL",
    help="Database for the trials, as a URL of SQLAlchemy; a journal in the folder by default.",
)
@click.option("--data", metavar="SOURCE", help="A named source or a path; the spec's by default.")
@click.option(
    "--check",
    "check_only",
    is_flag=True,
    help="Check the search, and how many of its points compile; train nothing.",
)
@click.option("--json", "as_json", is_flag=True, help="Print all trials as one JSON object.")
@setting_option("Override a value of the spec in every trial.")
def command(
    spec: str,
    search: str,
    folder: Path | None,
    trials: int | None,
    timeout: float | None,
    storage: str | None,
    data: str | None,
    check_only: bool,
    as_json: bool,
    settings: tuple[Source, ...],
) -> int:
    """Search the values of a spec that give the best figures on the validation rows.

    The search file says which values vary, by their paths in the spec. Each trial is trained as a
    run in the folder of the sweep; the best is written there as a spec. The same command in another
    terminal, or on another machine that shares the folder, joins the sweep; after an interruption it
    goes on. A sweep never looks at the test rows.

    Needs `pip install 'bnnc[sweep]'`.
    """
    if spec == "-":
        raise click.UsageError("A sweep extends its spec, which must be a file.")
    report = accepted(spec, settings, data)
    checked = _checked_search(spec, search, settings)
    with refusals():
        from bnnc.sweeping.storage import require_optuna

        require_optuna()
    spec_name = checked.base.accepted().name
    if check_only:
        from bnnc.cli.sweep_text import tell_of_points

        tell_of_points(checked)
        return 0
    _look_at(checked, data, report.folder)
    place = folder or Path("sweeps") / spec_name
    look_at_folder(place)
    with refusals():
        from bnnc.errors import refuse_missing_runtime
        from bnnc.sweeping.sweep import Sweep

        refuse_missing_runtime("A sweep")
        from bnnc.cli.sweep_text import refuse_without_points

        refuse_without_points(checked)
        sweep = Sweep(checked, place, url=storage, data=data)
        given: list[tuple[str, object]] = [("--sweep", folder), ("--trials", trials)]
        given += [("--timeout", timeout), ("--storage", storage), ("--data", data)]
        given += [("--set", one.text) for one in settings]
        words = [word for name, value in given if value is not None for word in (name, str(value))]
        again = shlex.join(["bnnc", "sweep", spec, "--search", search, *words])
        return _run(sweep, trials, timeout, again, as_json=as_json)


def _checked_search(spec: str, search: str, settings: tuple[Source, ...]) -> CheckedSearch:
    """The checked search; its findings go to standard error. Ends with exit code 1 if it has errors."""
    from bnnc.compiler import pipeline
    from bnnc.compiler.searching.check import check_search_bytes

    base = pipeline.check_bytes(*read(spec), settings=settings)
    checked = check_search_bytes(base, *read(search), settings)
    if checked.diagnostics:
        from bnnc.compiler.diagnostics.render import render, summary

        click.echo(
            render(checked.diagnostics, color=colored(err=True), columns=width(err=True)), err=True
        )
        if not checked.ok:
            click.echo(summary(checked.diagnostics), err=True)
    if not checked.ok:
        raise click.exceptions.Exit(FINDINGS)
    return checked


def _look_at(checked: CheckedSearch, data: str | None, folder: str | None) -> None:
    """Refuse what can be seen to fail before the first trial. Raises: UserError."""
    spec = checked.base.accepted()
    look_at_first_weights(checked.base)
    if data is not None:
        look_at_data(data)
    elif spec.data is not None:
        look_at_data(spec.data.source, folder)
    else:
        raise UserError(
            "the spec names no data: give `--data SOURCE`, or write `data: {source: ..., "
            "validation_split: 0.1}` into the spec"
        )


def _run(
    sweep: Sweep, trials: int | None, timeout: float | None, again: str, *, as_json: bool
) -> int:
    from bnnc.cli.sweep_text import Progress, first_line, last_lines
    from bnnc.sweeping.sweep import Limits

    grid = sweep.space.grid_size() if sweep.search.sampler.type == "grid" else None
    wanted = trials or grid or DEFAULT_TRIALS
    if os.environ.get("TF_CONFIG"):
        tell(["each process of a sweep trains trials of its own, and does not use `TF_CONFIG`"])
    click.echo(first_line(sweep, wanted), err=True)
    progress = Progress(sweep, wanted)
    code = 0
    try:
        with progress:
            sweep.run(Limits(wanted, timeout), progress)
    except (KeyboardInterrupt, TerminatedError) as error:
        ended = str(error) or "interrupted"
        echo(
            f"\n{ended}; {sweep.place.folder} holds {sweep.count().ended} trials that have ended. "
            f"Go on with:\n\n    {again}",
            err=True,
        )
        code = error.exit_code if isinstance(error, TerminatedError) else INTERRUPTED
    results = _results(sweep)
    from bnnc.sweeping.best import write_best

    files = write_best(results, sweep.checked) if results.best else ()
    if as_json:
        click.echo(json.dumps(results.to_json(), indent=2, allow_nan=False))
    elif not code:
        click.echo(last_lines(results, files, wanted))
    return code


def _results(sweep: Sweep) -> SweepResults:
    from bnnc.sweeping.folder import read_about
    from bnnc.sweeping.results import SweepResults

    folder = sweep.place.folder
    return SweepResults(folder, read_about(folder), sweep.study)
