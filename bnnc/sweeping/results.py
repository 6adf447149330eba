"""What a sweep has found so far: its trials, the best of them, the Pareto front."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bnnc.compiler.searching.space import Point
from bnnc.specs.search import Direction
from bnnc.sweeping.counting import Count, count_trials, state_of
from bnnc.sweeping.folder import SweepFolder, read_about
from bnnc.sweeping.storage import open_storage, require_optuna
from bnnc.sweeping.study import DIVERGED, FAILED, FIGURES, FOLDER, REFUSED
from bnnc.system.table import Shown, Table

if TYPE_CHECKING:
    import optuna

_SHOWN = 10


@dataclass(frozen=True, slots=True)
class TrialResult:
    """A trial.

    Attributes:
        number: counted from 0, in the order in which the points were drawn.
        state: complete, pruned, diverged, failed, running, waiting, refused or given back.
        point: the values of the parameters by their paths.
        values: the objectives by name; empty unless it is complete.
        figures: all figures on the validation rows, and the costs; empty unless it is complete.
        epochs: the validation NLL of each epoch, counted from 1, of a search with one objective.
        seconds: how long it took; None while it runs.
        run: the folder of its run; None if it was never trained.
        reason: why it was refused, diverged or failed; empty otherwise.
    """

    number: int
    state: str
    point: Point
    values: dict[str, float]
    figures: dict[str, float | None]
    epochs: dict[int, float]
    seconds: float | None
    run: Path | None
    reason: str

    def to_json(self) -> dict[str, Any]:
        """The trial as one JSON object."""
        return {
            "number": self.number,
            "state": self.state,
            "point": dict(self.point),
            "values": {name: _in_json(value) for name, value in self.values.items()},
            "figures": self.figures,
            "epochs": {str(epoch): _in_json(value) for epoch, value in self.epochs.items()},
            "seconds": self.seconds,
            "run": None if self.run is None else str(self.run),
            "reason": self.reason or None,
        }


def _in_json(value: float) -> float | None:
    """A number that JSON has."""
    return value if isfinite(value) else None


class SweepResults(Shown):
    """The trials of a sweep, and the best of them.

    Attributes:
        folder: of the sweep.
        about: what the sweep is of.
        objectives: the direction of each objective, by its name.
        trials: every trial, in the order of their numbers.
        count: how many there are, by what became of them.
        study: Optuna's own study.
    """

    def __init__(self, folder: Path, about: dict[str, Any], study: optuna.Study) -> None:
        self.folder, self.about, self.study = folder, about, study
        self.objectives: dict[str, Direction] = dict(about["objectives"])
        frozen = study.get_trials(deepcopy=False)
        self.count: Count = count_trials(frozen)
        self.trials = tuple(self._result(one) for one in frozen)

    @property
    def complete(self) -> tuple[TrialResult, ...]:
        """The trials that were trained to their end."""
        return tuple(one for one in self.trials if one.state == "complete")

    @property
    def ranked(self) -> tuple[TrialResult, ...]:
        """The trials of `complete`, the best by the first objective first."""
        name, direction = next(iter(self.objectives.items()))
        sign = 1 if direction == "minimize" else -1
        return tuple(sorted(self.complete, key=lambda one: (sign * one.values[name], one.number)))

    @property
    def best(self) -> tuple[TrialResult, ...]:
        """The best trial; of several objectives the Pareto front, in the order of the first one."""
        if len(self.objectives) == 1:
            return self.ranked[:1]
        return tuple(
            one for one in self.ranked if not any(self._beats(o, one) for o in self.ranked)
        )

    @property
    def parameters(self) -> tuple[str, ...]:
        """The paths of the parameters."""
        return tuple(dict.fromkeys(name for one in self.trials for name in one.point))

    def _beats(self, other: TrialResult, one: TrialResult) -> bool:
        """Whether a trial is nowhere worse than another one, and better somewhere."""
        pairs = [
            (sign * other.values[name], sign * one.values[name])
            for name, direction in self.objectives.items()
            for sign in (1 if direction == "minimize" else -1,)
        ]
        return all(a <= b for a, b in pairs) and any(a < b for a, b in pairs)

    def _result(self, trial: Any) -> TrialResult:
        attributes, state = trial.user_attrs, state_of(trial)
        values = trial.values if state == "complete" else ()
        duration = trial.duration
        run = attributes.get(FOLDER)
        reason = attributes.get(FAILED) or attributes.get(DIVERGED) or ""
        sign = 1 if next(iter(self.objectives.values())) == "minimize" else -1
        return TrialResult(
            number=trial.number,
            state=state,
            point=dict(trial.params),
            values=dict(zip(self.objectives, values or (), strict=False)),
            figures=dict(attributes.get(FIGURES, {})),
            epochs={
                int(step): sign * float(value) for step, value in trial.intermediate_values.items()
            },
            seconds=None if duration is None else duration.total_seconds(),
            run=None if run is None else self.folder / run,
            reason=", ".join(attributes.get(REFUSED, ())) or reason,
        )

    def to_json(self) -> dict[str, Any]:
        """Everything as one JSON object."""
        return {
            "folder": str(self.folder),
            **{name: self.about[name] for name in ("name", "spec", "search")},
            "objectives": self.objectives,
            "best": [one.number for one in self.best],
            "trials": [one.to_json() for one in self.trials],
        }

    def _table(self) -> Table:
        return best_table(self)


def read_results(folder: Path, url: str | None = None) -> SweepResults:
    """The results of a sweep in a folder. Raises: SweepError, MissingExtraError.

    Args:
        folder: the folder.
        url: of the database that its trials are in, where the URL has a password.
    """
    from bnnc.errors import SweepError

    optuna = require_optuna()
    about = read_about(folder)
    url = url or about["storage"]
    storage = open_storage(folder, url)
    name = about.get("study") or SweepFolder(folder, url).study_name
    try:
        study = optuna.load_study(study_name=name, storage=storage)
    except KeyError:
        raise SweepError(f"there is no study {name} in the storage of {folder}") from None
    return SweepResults(folder, about, study)


def shown_value(value: Any) -> str:
    """A value of a parameter, or a figure, with few digits."""
    if isinstance(value, float):
        return f"{value:.4g}"
    if isinstance(value, bool) or value is None:
        return str(value).lower().replace("none", "null")
    return f"{value:,}" if isinstance(value, int) else str(value)


def shown_figure(value: float) -> str:
    """A value of an objective."""
    return f"{value:,.0f}" if float(value).is_integer() and abs(value) >= 1 else f"{value:.4f}"


def short_names(paths: Sequence[str]) -> dict[str, str]:
    """A name for each path, as short as tells them apart: its last keys."""
    found = {}
    for path in paths:
        parts = path.split(".")
        for length in range(1, len(parts) + 1):
            short = ".".join(parts[-length:])
            if sum(other == short or other.endswith(f".{short}") for other in paths) == 1:
                break
        found[path] = short
    return found


def best_table(results: SweepResults, most: int = _SHOWN) -> Table:
    """The best trials, or the Pareto front, with their objectives and parameters."""
    several = len(results.objectives) > 1
    rows = results.best if several else results.ranked[:most]
    names = short_names(results.parameters)
    columns = ("trial", *results.objectives, *names.values())
    title = (
        f"The Pareto front: {len(rows)} of {results.count.complete} trials"
        if several
        else f"The best {len(rows)} of {results.count.complete} trials"
    )
    return Table(
        title if rows else "No trial has ended yet",
        columns if rows else (),
        tuple(
            (
                str(one.number),
                *(shown_figure(one.values[name]) for name in results.objectives),
                *(shown_value(one.point.get(path, "")) for path in names),
            )
            for one in rows
        ),
        left=0,
    )
