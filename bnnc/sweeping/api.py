"""`bnnc.sweep`."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bnnc.api import _read, _settings_of, _source_of, check
from bnnc.compiler.report import SpecError
from bnnc.errors import ArgumentError, refuse_missing_runtime

if TYPE_CHECKING:
    from bnnc.sweeping.results import SweepResults

DEFAULT_TRIALS = 20


def sweep(
    spec: str | os.PathLike[str],
    search: str | os.PathLike[str] | Mapping[str, Any],
    *,
    trials: int | None = None,
    timeout: float | None = None,
    folder: str | os.PathLike[str] | None = None,
    storage: str | None = None,
    data: str | None = None,
    set: Mapping[str, Any] | None = None,
) -> SweepResults:
    """Search the values of a spec that give the best figures on its validation rows.

    Begins a sweep, joins one that other processes work on, or goes on with one. Each trial is a run
    in the folder; the best is written there as a spec. Trials are trained in processes of their own,
    which import the main module: a script calls it under `if __name__ == "__main__":`.

    Args:
        spec: path of the spec file.
        search: path of the search file, or what it says as a dict.
        trials: trials of the whole sweep, of all processes; 20 if None, or the whole grid.
        timeout: seconds after which this process begins no other trial.
        folder: of the sweep; sweeps/NAME if None.
        storage: URL of a database, as SQLAlchemy has it; a journal in the folder if None.
        data: name or path of a source; the spec's own if None.
        set: values that count over the spec's own in every trial, as for `check`.

    Returns: the trials, the best of them, and Optuna's study.

    Raises:
        SpecError: the spec or the search file has errors; the error carries the diagnostics.
        SpecFileError: one of the files cannot be read.
        SweepError: the sweep cannot be begun, joined or gone on with.
        MissingExtraError: Optuna is not installed.
        ArgumentError: no trials are asked for.
    """
    from bnnc.compiler.searching.check import check_search, check_search_bytes
    from bnnc.sweeping.best import write_best
    from bnnc.sweeping.folder import read_about
    from bnnc.sweeping.results import SweepResults
    from bnnc.sweeping.storage import require_optuna
    from bnnc.sweeping.sweep import Limits, Listener, Sweep

    require_optuna()
    refuse_missing_runtime("A sweep")
    if trials is not None and trials < 1:
        raise ArgumentError(f"Expected `trials` to be at least 1. Received: trials={trials}")
    settings = _settings_of(set or {})
    base = check(spec, set=set)
    if isinstance(search, Mapping):
        checked = check_search(base, _source_of(search), settings)
    else:
        checked = check_search_bytes(base, str(search), _read(search), settings)
    if not checked.ok:
        raise SpecError((*base.diagnostics, *checked.diagnostics))
    place = Path("sweeps") / base.accepted().name if folder is None else Path(folder)
    made = Sweep(checked, place, url=storage, data=data)
    grid = made.space.grid_size() if made.search.sampler.type == "grid" else None
    made.run(Limits(trials or grid or DEFAULT_TRIALS, timeout), Listener())
    results = SweepResults(place, read_about(place), made.study)
    if results.best:
        write_best(results, checked)
    return results
