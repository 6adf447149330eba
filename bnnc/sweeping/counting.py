"""Count the trials of a sweep by what became of them; which count to the number that is wanted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bnnc.sweeping.storage import require_optuna
from bnnc.sweeping.study import DIVERGED, FAILED, REFUSED

if TYPE_CHECKING:
    from bnnc.compiler.searching.space import Space


@dataclass(frozen=True, slots=True)
class Count:
    """Trials by what became of them.

    Attributes:
        complete: trained to their end.
        pruned: ended early by the pruner.
        diverged: ended because the loss was no finite number.
        failed: could not be trained, and are not tried again.
        running: are trained now, by any process.
        waiting: were given back, and are tried again.
        refused: points that the checker refused; they cost nothing and do not count.
    """

    complete: int = 0
    pruned: int = 0
    diverged: int = 0
    failed: int = 0
    running: int = 0
    waiting: int = 0
    refused: int = 0

    @property
    def ended(self) -> int:
        """Trials that have ended, and are not tried again."""
        return self.complete + self.pruned + self.diverged + self.failed

    @property
    def counted(self) -> int:
        """Trials that count to the number that is wanted."""
        return self.ended + self.running + self.waiting


def state_of(trial: Any) -> str:
    """What became of a trial: the name of an attribute of `Count`, or `given back`."""
    states = require_optuna().trial.TrialState
    match trial.state:
        case states.COMPLETE:
            return "complete"
        case states.RUNNING:
            return "running"
        case states.WAITING:
            return "waiting"
        case states.PRUNED if REFUSED in trial.user_attrs:
            return "refused"
        case states.PRUNED if DIVERGED in trial.user_attrs:
            return "diverged"
        case states.PRUNED:
            return "pruned"
    return "failed" if FAILED in trial.user_attrs else "given back"


def count_trials(trials: Sequence[Any]) -> Count:
    """Count trials. One that was given back is counted as the one that tries it again."""
    counts: dict[str, int] = {}
    for one in trials:
        state = state_of(one)
        counts[state] = counts.get(state, 0) + 1
    counts.pop("given back", None)
    return Count(**counts)


def is_grid_taken(trials: Sequence[Any], space: Space) -> bool:
    """Whether every point of the grid has its trial, ended or running."""
    taken = {
        one.system_attrs["grid_id"]
        for one in trials
        if "grid_id" in one.system_attrs and state_of(one) != "given back"
    }
    return len(taken) >= (space.grid_size() or 0)
