"""The study of a sweep: Optuna's samplers and pruners as the search file says."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any, Final

from bnnc.compiler.searching.space import Point, Space, Value, Variable
from bnnc.errors import SweepError
from bnnc.sweeping.storage import require_optuna, without_experimental_warnings

if TYPE_CHECKING:
    import optuna
    from optuna.storages import BaseStorage

    from bnnc.specs.search import Search

ABOUT: Final = "bnnc"
"""The attribute of a study that says which spec and which search it is of."""

REFUSED: Final = "refused"
FAILED: Final = "failed"
DIVERGED: Final = "diverged"
FOLDER: Final = "run"
WORKER: Final = "worker"
FIGURES: Final = "figures"


def open_study(storage: BaseStorage, name: str, search: Search, about: dict[str, Any]) -> Any:
    """The study, which is made if it is not there.

    Raises: SweepError if it is one of another spec or another search.
    """
    optuna = require_optuna()
    try:
        study = optuna.create_study(
            storage=storage, study_name=name, directions=search.directions, load_if_exists=True
        )
    except optuna.exceptions.StorageInternalError as error:
        raise SweepError(f"the storage cannot be used: {error}") from error
    there = study.user_attrs.get(ABOUT)
    if there is None:
        if study.get_trials(deepcopy=False):
            raise SweepError(f"the study {name} in this storage is not one of bnnc")
        study.set_user_attr(ABOUT, about)
        return study
    for key, words in (("spec", "spec"), ("search", "search file")):
        if there.get(key) != about[key]:
            raise SweepError(
                f"the sweep {name} was begun with another {words}: name another folder by "
                "`--sweep DIR`, or undo the change"
            )
    return study


def sampler_of(search: Search, space: Space, number: int) -> optuna.samplers.BaseSampler:
    """The sampler of the trial of a number.

    Its seed follows from the search's seed and the number: the processes of a sweep draw different
    points, and a sweep that goes on draws those of one that was not interrupted.
    """
    from optuna import samplers

    said = search.sampler
    drawn = _seed(search.seed, number)
    with without_experimental_warnings():
        match said.type:
            case "tpe":
                return samplers.TPESampler(n_startup_trials=said.startup_trials or 10, seed=drawn)
            case "random":
                return samplers.RandomSampler(seed=drawn)
            case "grid":
                return samplers.GridSampler(grid_of(space), seed=search.seed)
            case "qmc":
                return samplers.QMCSampler(
                    scramble=True, seed=search.seed, warn_independent_sampling=False
                )
            case "cmaes":
                return samplers.CmaEsSampler(
                    n_startup_trials=said.startup_trials or 1,
                    seed=drawn,
                    warn_independent_sampling=False,
                )
            case "nsga2":
                return samplers.NSGAIISampler(
                    population_size=said.population_size or 20, seed=drawn
                )


def grid_of(space: Space) -> dict[str, tuple[Value, ...]]:
    """The values of every variable of a grid."""
    return {one.name: one.grid() or () for one in space.variables}


def _seed(seed: int, number: int) -> int:
    digest = hashlib.sha256(f"bnnc sweep {seed} {number}".encode()).digest()
    return int.from_bytes(digest[:4], "big")


def pruner_of(search: Search, epochs: int) -> optuna.pruners.BasePruner:
    """The pruner; a step is an epoch, counted from 1."""
    from optuna import pruners

    said = search.pruning
    match said.type:
        case "median":
            startup = 5 if said.startup_trials is None else said.startup_trials
            return pruners.MedianPruner(
                n_startup_trials=startup, n_warmup_steps=(said.warmup_epochs or 0) + 1
            )
        case "successive_halving":
            return pruners.SuccessiveHalvingPruner(
                min_resource=said.min_epochs or 1, reduction_factor=said.reduction_factor or 4
            )
        case "hyperband":
            return pruners.HyperbandPruner(
                min_resource=said.min_epochs or 1,
                max_resource=epochs,
                reduction_factor=said.reduction_factor or 3,
            )
        case "none":
            return pruners.NopPruner()


def suggest(trial: optuna.Trial, space: Space) -> Point:
    """The values that the sampler chooses, of the variables that exist."""
    point: dict[str, Value] = {}
    for one in space.variables:
        if one.exists_in(point):
            point[one.name] = _suggested(trial, one)
    return point


def _suggested(trial: optuna.Trial, one: Variable) -> Value:
    if one.choices:
        value: Value = trial.suggest_categorical(one.name, one.labels)
        return value
    low, high = one.number(one.low), one.number(one.high)
    if one.whole:
        step = int(one.step or 1)
        return trial.suggest_int(one.name, int(low), int(high), step=step, log=one.log)
    return trial.suggest_float(one.name, low, high, step=one.step, log=one.log)
