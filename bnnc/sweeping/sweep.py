"""The loop of a sweep: take the next trial, train it, tell Optuna; any number of processes do so.

    turn of this process: end what killed processes left -> is a trial left? -> point -> check
    without the turn: train in a process of its own -> figures

Which trials there are is in Optuna's storage alone, and how far each is, in its run folder.
"""

from __future__ import annotations

import shutil
import time
import uuid
from contextlib import ExitStack
from dataclasses import dataclass
from math import isfinite, isnan, nan
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Self

from bnnc.compiler.searching.check import CheckedSearch
from bnnc.compiler.searching.space import Point
from bnnc.errors import SweepError
from bnnc.sweeping.counting import Count, count_trials, is_grid_taken
from bnnc.sweeping.folder import TRIALS, WORKERS, SweepFolder
from bnnc.sweeping.process import train_in_a_process
from bnnc.sweeping.storage import (
    first_number,
    open_storage,
    require_optuna,
    retry,
    times_tried,
    turn,
    without_experimental_warnings,
)
from bnnc.sweeping.study import (
    DIVERGED,
    FAILED,
    FIGURES,
    FOLDER,
    REFUSED,
    WORKER,
    open_study,
    pruner_of,
    sampler_of,
    suggest,
)
from bnnc.sweeping.task import (
    Diverged,
    Epoch,
    Failed,
    Figures,
    Killed,
    Prepared,
    Pruned,
    Task,
)
from bnnc.system.locks import FolderLock, is_locked

if TYPE_CHECKING:
    import optuna

    from bnnc.compiler.diagnostics.diagnostic import Diagnostic

MOST_REFUSED_IN_A_ROW: Final = 200
_MOST_RETRIES: Final = 2
_DATA: Final = "data"


class Listener:
    """Is told what the process of a sweep does; every method may be left out."""

    def on_trial(self, number: int, point: Point) -> None:
        """A trial begins."""

    def on_epoch(self, number: int, epoch: Epoch) -> None:
        """An epoch of it has ended."""

    def on_refused(self, number: int, findings: tuple[Diagnostic, ...]) -> None:
        """A point was refused, and is not trained."""

    def on_end(self, study: optuna.Study, number: int, seconds: float) -> None:
        """A trial has ended, in whatever way."""


@dataclass(frozen=True, slots=True)
class Limits:
    """When a process takes no more trials.

    Attributes:
        trials: trials of the whole sweep, of all processes together.
        seconds: after which this process begins no other one; None for no limit.
    """

    trials: int
    seconds: float | None = None


class Sweep:
    """A sweep in a folder, which this process joins or begins."""

    def __init__(
        self,
        checked: CheckedSearch,
        folder: Path,
        *,
        url: str | None = None,
        data: str | None = None,
    ) -> None:
        """Open or make the folder and the study. Raises: SweepError, MissingExtraError."""
        assert checked.search is not None
        assert checked.space is not None
        require_optuna()
        self.checked = checked
        self.search, self.space = checked.search, checked.space
        self.place = SweepFolder(folder, url)
        self.data = data
        spec = self._base_spec()
        about = {
            "spec": spec.fingerprint(),
            "search": self.search.fingerprint(),
            "objectives": list(self.search.objectives),
        }
        self.place.make()
        with turn(self.place.folder):
            self.storage = open_storage(self.place.folder, url)
            self.study = open_study(self.storage, self.place.study_name, self.search, about)
            self.place.describe(checked, about)
        self.study.pruner = pruner_of(self.search, self._most_epochs(spec.training.epochs))
        self._refused_in_a_row = 0

    def _base_spec(self) -> Any:
        """The spec with the settings of the sweep, and no point."""
        return self.checked.at({}).accepted()

    def _most_epochs(self, epochs: int) -> int:
        """The most epochs that a trial can have."""
        for one in self.space.variables:
            if one.name == "training.epochs":
                ends = [one.high] if one.high is not None else one.labels
                return max(int(value) for value in ends if isinstance(value, int | float))
        return epochs

    def count(self) -> Count:
        """How many trials there are, by what became of them."""
        return count_trials(self.study.get_trials(deepcopy=False))

    def run(self, limits: Limits, listener: Listener) -> None:
        """Train trials until there are as many as wanted, or the time is over.

        What interrupts it, such as Ctrl-C, is raised after the trial was given back: it is tried
        again, from its last epoch.

        Raises: SweepError if no trial can be trained; KeyboardInterrupt and its like.
        """
        began = time.monotonic()
        with self._working() as worker:
            while limits.seconds is None or time.monotonic() - began < limits.seconds:
                if not self._run_next(limits, listener, worker):
                    return

    def _working(self) -> _Worker:
        return _Worker(self.place.folder / WORKERS / uuid.uuid4().hex[:12])

    def _run_next(self, limits: Limits, listener: Listener, worker: _Worker) -> bool:
        """Run a trial; False if there is none to run."""
        with ExitStack() as held:
            held.enter_context(turn(self.place.folder))
            self._end_trials_of_killed_processes()
            if not self._is_one_left(limits):
                return False
            count = self.count()
            # Without those that were given back: a sweep that goes on draws the same points.
            number = count.counted + count.refused
            self.study.sampler = sampler_of(self.search, self.space, number)
            trial = _Trial(self, worker, listener, held)
            began = time.monotonic()
            optuna = require_optuna()
            try:
                with without_experimental_warnings():
                    self.study.optimize(trial.objective, n_trials=1)
            except _GivenBackError as given:
                with turn(self.place.folder):
                    retry(self.study, self.study.trials[given.number])
                if given.cause is not None:
                    raise given.cause from None
            except _EndedError as ended:
                if ended.is_of_all:
                    raise SweepError(str(ended)) from None
            except optuna.exceptions.OptunaError as error:
                raise SweepError(f"the storage of the sweep: {error}") from error
            if trial.number is not None:
                listener.on_end(self.study, trial.number, time.monotonic() - began)
        return True

    def _is_one_left(self, limits: Limits) -> bool:
        trials = self.study.get_trials(deepcopy=False)
        count = count_trials(trials)
        if count.waiting:
            return True
        if self.search.sampler.type == "grid" and is_grid_taken(trials, self.space):
            return False
        return count.counted < limits.trials

    def _end_trials_of_killed_processes(self) -> None:
        """Let the trials be tried again whose processes were killed; called in the turn alone.

        In a folder that all processes share, each holds a lock, which the system releases when the
        process ends. Otherwise it is Optuna's heartbeat in the database that tells.
        """
        optuna = require_optuna()
        if self.place.url is not None:
            with without_experimental_warnings():
                optuna.storages.fail_stale_trials(self.study)
            return
        running = (optuna.trial.TrialState.RUNNING,)
        for trial in self.study.get_trials(deepcopy=False, states=running):
            worker = trial.user_attrs.get(WORKER)
            if worker is not None and is_locked(self.place.folder / WORKERS / worker):
                continue
            # Not `study.tell`: it would let the sampler of a grid stop a study that does not run.
            self.storage.set_trial_state_values(trial._trial_id, optuna.trial.TrialState.FAIL)
            if trial.params:
                retry(self.study, self.study.trials[trial.number])
            if worker is not None:
                shutil.rmtree(self.place.folder / WORKERS / worker, ignore_errors=True)


class _GivenBackError(Exception):
    """A trial that ended through no fault of its own, and is tried again."""

    def __init__(self, number: int, cause: BaseException | None = None) -> None:
        super().__init__(number)
        self.number, self.cause = number, cause


class _EndedError(Exception):
    """A trial that failed; the attributes of the trial say why."""

    def __init__(self, reason: str, *, is_of_all: bool) -> None:
        super().__init__(reason)
        self.is_of_all = is_of_all


class _Worker:
    """A folder that is locked as long as this process lives."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._lock = FolderLock(folder)

    @property
    def name(self) -> str:
        return self.folder.name

    def __enter__(self) -> Self:
        self.folder.mkdir(parents=True)
        self._lock.acquire()
        return self

    def __exit__(self, *_: object) -> None:
        self._lock.release()
        shutil.rmtree(self.folder, ignore_errors=True)


class _Trial:
    """Runs one trial for Optuna."""

    def __init__(self, sweep: Sweep, worker: _Worker, listener: Listener, held: ExitStack) -> None:
        self.sweep, self.worker, self.listener, self.held = sweep, worker, listener, held
        self.number: int | None = None

    def objective(self, trial: optuna.Trial) -> tuple[float, ...]:
        """The values of a trial. Raises: TrialPruned, _GivenBackError, _EndedError."""
        sweep, self.number = self.sweep, trial.number
        try:
            point = suggest(trial, sweep.space)
            trial.set_user_attr(WORKER, self.worker.name)
            report = sweep.checked.at(point)
            refusal = sweep.checked.refusal(report)
            if refusal:
                self._refuse(trial, refusal)
            sweep._refused_in_a_row = 0
            self.held.close()  # others may take their trials now
            self.listener.on_trial(trial.number, point)
            return self._values(trial, point, report)
        except Exception:
            raise
        except BaseException as error:  # noqa: BLE001  # Ctrl-C, a signal: Optuna is to see an Exception
            raise _GivenBackError(trial.number, error) from None
        finally:
            self.held.close()

    def _refuse(self, trial: optuna.Trial, findings: tuple[Diagnostic, ...]) -> None:
        """End a trial whose point is not trained; the sampler takes it for worse than all others.

        Of a trial that fails Optuna's samplers learn nothing. A pruned one without a value counts
        as a bad one, and the constraint says how far it is from a point that compiles.
        """
        sweep = self.sweep
        codes = list(dict.fromkeys(one.code for one in findings))
        trial.set_user_attr(REFUSED, codes)
        trial.set_constraint("findings", len(findings))
        sweep._refused_in_a_row += 1
        self.listener.on_refused(trial.number, findings)
        if sweep._refused_in_a_row >= MOST_REFUSED_IN_A_ROW:
            raise _EndedError(
                f"{MOST_REFUSED_IN_A_ROW} points in a row were refused, the last for "
                f"{', '.join(codes)}: {findings[0].message}. Change the space, or the spec",
                is_of_all=True,
            )
        raise require_optuna().TrialPruned

    def _values(self, trial: optuna.Trial, point: Point, report: Any) -> tuple[float, ...]:
        sweep = self.sweep
        frozen = sweep.study.trials[trial.number]
        folder = sweep.place.folder / TRIALS / f"{first_number(frozen):04}"
        trial.set_user_attr(FOLDER, f"{TRIALS}/{folder.name}")
        spec = report.accepted()
        task = Task(
            sweep.checked.base.source,
            (*sweep.checked.settings, *sweep.space.overrides(point)),
            spec.fingerprint(),
            folder,
            sweep.data,
        )
        one = len(sweep.search.objectives) == 1
        # Optuna compares the values of epochs in the direction of the objective.
        sign = 1 if sweep.search.directions[0] == "minimize" else -1

        def goes_on(epoch: Epoch) -> bool:
            self.listener.on_epoch(trial.number, epoch)
            if not one:
                return True
            trial.report(sign * epoch.val_nll, epoch.number)
            is_last = epoch.number >= epoch.epochs
            return epoch.resumed or is_last or not trial.should_prune()

        ending = train_in_a_process(task, on_rows=self._refuse_other_rows, on_epoch=goes_on)
        match ending:
            case Figures():
                trial.set_user_attr(FIGURES, _finite(ending.values))
                values = {name: ending.values.get(name, nan) for name in sweep.search.objectives}
                undefined = [name for name, value in values.items() if isnan(value)]
                if undefined:
                    trial.set_user_attr(FAILED, f"its {undefined[0]} is not a number")
                    raise _EndedError("no value", is_of_all=False)
                return tuple(values.values())
            case Pruned():
                raise require_optuna().TrialPruned
            case Diverged():
                trial.set_user_attr(DIVERGED, ending.reason)
                raise require_optuna().TrialPruned
            case Killed():
                if times_tried(frozen) < _MOST_RETRIES:
                    raise _GivenBackError(trial.number)
                reason = (
                    f"its process was ended by signal {ending.signal}, {_MOST_RETRIES + 1} times"
                )
                trial.set_user_attr(FAILED, reason)
                raise _EndedError(reason, is_of_all=False)
            case Failed():
                if not ending.is_of_all:
                    trial.set_user_attr(FAILED, ending.reason)
                raise _EndedError(ending.reason, is_of_all=ending.is_of_all)

    def _refuse_other_rows(self, prepared: Prepared) -> None:
        """Raise _EndedError if the data is not that of the trials before."""
        study = self.sweep.study
        there = study.user_attrs.get(_DATA)
        if there is None:
            study.set_user_attr(_DATA, {"digest": prepared.digest, "rows": prepared.rows})
        elif there["digest"] != prepared.digest:
            raise _EndedError(
                "the data is not that of the trials before: the images or labels were changed. Name "
                "another folder by `--sweep DIR`",
                is_of_all=True,
            )


def _finite(values: dict[str, float]) -> dict[str, float | None]:
    """Numbers that JSON has."""
    return {name: value if isfinite(value) else None for name, value in values.items()}
