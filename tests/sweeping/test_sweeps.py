"""The loop of a sweep, with trials whose figures are known: counts, seeds, refusals, kills, specs."""

from __future__ import annotations

import multiprocessing
import os
import signal
import time
from pathlib import Path
from typing import Any

import pytest

import bnnc
from bnnc.compiler.searching.check import check_search_bytes
from bnnc.sweeping.best import write_best
from bnnc.sweeping.folder import read_about
from bnnc.sweeping.results import SweepResults, read_results, short_names
from bnnc.sweeping.storage import masked, mend
from bnnc.sweeping.sweep import Limits, Listener, Sweep
from bnnc.sweeping.task import Ending, Epoch, Failed, Figures, Killed, Prepared, Task
from tests.support.pretended_trials import nll_of, pretended
from tests.support.sweeps import SEARCH, SPEC, write

TRAIN = "bnnc.sweeping.sweep.train_in_a_process"
TPE = SEARCH.replace("{type: random}", "tpe")


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(TRAIN, pretended)
    write(tmp_path)
    return tmp_path


def opened(folder: str = "sweep", url: str | None = None) -> Sweep:
    base = bnnc.check("spec.yaml")
    checked = check_search_bytes(base, "search.yaml", Path("search.yaml").read_bytes())
    assert checked.ok, checked.diagnostics
    return Sweep(checked, Path(folder), url=url)


def results_of(sweep: Sweep) -> SweepResults:
    return SweepResults(sweep.place.folder, read_about(sweep.place.folder), sweep.study)


def swept(
    search: str = SEARCH, trials: int = 5, folder: str = "sweep", url: str | None = None
) -> SweepResults:
    Path("search.yaml").write_text(search)
    sweep = opened(folder, url)
    sweep.run(Limits(trials), Listener())
    return results_of(sweep)


def points(results: SweepResults) -> list[Any]:
    return [(one.number, one.state, one.point, one.values) for one in results.trials]


def test_a_sweep_has_as_many_trials_as_it_is_told_in_all() -> None:
    assert swept(trials=3).count.complete == 3
    assert swept(trials=3).count.complete == 3
    assert swept(trials=5).count.complete == 5


def test_values_are_those_of_the_points() -> None:
    for one in swept().complete:
        rate, filters = (
            one.point["training.optimizer.learning_rate"],
            one.point["layers[0].filters"],
        )
        assert isinstance(rate, float)
        assert isinstance(filters, int)
        assert one.values == {"nll": nll_of(rate, filters)}


@pytest.mark.parametrize("sampler", ["tpe", "random", "qmc", "nsga2", "cmaes"])
def test_equal_seeds_give_equal_trials_and_other_seeds_others(sampler: str) -> None:
    search = SEARCH.replace("{type: random}", sampler)
    first, second = swept(search, 14, "a"), swept(search, 14, "b")
    other = swept(f"seed: 1\n{search}", 14, "c")
    assert points(first) == points(second)
    assert points(first) != points(other)
    assert len({str(one.point) for one in first.trials}) > 10


def test_a_sweep_that_goes_on_draws_the_points_of_one_that_was_not_interrupted() -> None:
    whole = swept(TPE, 14, "whole")
    for trials in (1, 6, 14):
        parts = swept(TPE, trials, "parts")
    assert points(parts) == points(whole)


def test_tpe_finds_better_points_than_the_first_ones() -> None:
    results = swept(TPE, 40)
    early = min(one.values["nll"] for one in results.complete[:10])
    assert results.best[0].values["nll"] <= early
    late = sorted(one.values["nll"] for one in results.complete[20:])
    assert late[len(late) // 2] < 1.0  # random points have a median of 1.1 at these ranges


def test_a_grid_has_every_point_once_and_then_ends() -> None:
    search = (
        "sampler: grid\nspace:\n  layers.0.filters: {low: 2, high: 4}\n"
        "  training.batch_size: {choices: [32, 64]}\n"
    )
    results = swept(search, trials=100)
    assert results.count.complete == 6
    assert len({str(one.point) for one in results.complete}) == 6


def test_the_median_pruner_ends_bad_trials_and_says_after_which_epoch() -> None:
    search = SEARCH.replace("pruner: none", "pruner: {type: median, startup_trials: 2}")
    results = swept(search, 12)
    assert results.count.pruned > 0
    assert results.count.pruned + results.count.complete == 12
    for one in results.trials:
        assert len(one.epochs) == (1 if one.state == "pruned" else 2)


def test_a_refused_point_is_not_trained_does_not_count_and_the_sampler_is_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    trained: list[Task] = []

    def counting(task: Task, **told: Any) -> Ending:
        trained.append(task)
        return pretended(task, **told)

    monkeypatch.setattr(TRAIN, counting)
    line = "  bayesian.method: {choices: [flipout, mc_dropout]}\n"
    results = swept(TPE + line, 30)
    assert results.count.complete == len(trained) == 30
    refused = [one for one in results.trials if one.state == "refused"]
    assert refused
    assert {one.reason for one in refused} == {"BNN403"}
    assert all(one.run is None for one in refused)
    # It learns of them: a sampler that is not told would draw the half of all points there.
    assert len(refused) < 15
    frozen = results.study.trials[refused[0].number]
    assert frozen.constraints == {"findings": 1.0}


def test_a_space_of_which_every_point_is_refused_ends_with_a_sentence() -> None:
    Path("search.yaml").write_text(
        "space:\n  bayesian.method: {choices: [mc_dropout, concrete_dropout]}\n"
    )
    with pytest.raises(bnnc.SweepError, match=r"200 points in a row were refused.*BNN4"):
        opened().run(Limits(3), Listener())


def test_the_best_is_a_spec_that_extends_the_one_of_the_sweep(folder: Path) -> None:
    Path("sub").mkdir()
    sweep = opened("sub/sweep")
    sweep.run(Limits(4), Listener())
    results = results_of(sweep)
    (path,) = write_best(results, sweep.checked)
    assert path == Path("sub/sweep/best.yaml")
    assert 'extends: "../../spec.yaml"' in path.read_text()
    report = bnnc.check(path)
    assert {one.severity for one in report.diagnostics} <= {"warning"}  # of a rate that is high
    best = results.best[0]
    spec, wanted = report.accepted(), sweep.checked.at(best.point).accepted()
    assert spec.name == f"tiny-trial-{best.number}"
    assert spec.model_copy(update={"name": wanted.name}).fingerprint() == wanted.fingerprint()


def test_several_objectives_have_a_front_and_each_of_it_is_a_spec() -> None:
    search = "objectives: [nll, parameters]\n" + SEARCH.replace("pruner: none\n", "")
    Path("search.yaml").write_text(search)
    sweep = opened()
    sweep.run(Limits(15), Listener())
    results = results_of(sweep)
    everyone = [(one.values["nll"], one.values["parameters"]) for one in results.complete]
    front = {
        (a, b) for a, b in everyone if not any(c <= a and d <= b and (c, d) != (a, b) for c, d in everyone)
    }  # fmt: skip
    assert {(one.values["nll"], one.values["parameters"]) for one in results.best} == front
    assert {one.number for one in results.best} == {one.number for one in results.study.best_trials}
    files = write_best(results, sweep.checked)
    assert [path.name for path in files] == [f"{one.number:04}.yaml" for one in results.best]
    assert all(bnnc.check(path).ok for path in files)


def test_an_accuracy_is_maximised_and_pruned_in_its_own_direction() -> None:
    search = SEARCH.replace("pruner: none", "pruner: {type: median, startup_trials: 2}")
    results = swept(f"objectives: accuracy\n{search}", 12)
    assert results.best[0].values["accuracy"] == max(
        one.values["accuracy"] for one in results.complete
    )
    worst = max(
        one.epochs[1] for one in results.trials if one.state == "pruned"
    )  # of the validation NLL
    assert worst > min(one.epochs[1] for one in results.complete)


def test_ctrl_c_gives_the_trial_back_and_it_is_tried_again_at_its_point(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    calls: list[Task] = []

    def interrupted(task: Task, **told: Any) -> Ending:
        calls.append(task)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return pretended(task, **told)

    monkeypatch.setattr(TRAIN, interrupted)
    sweep = opened()
    with pytest.raises(KeyboardInterrupt):
        sweep.run(Limits(3), Listener())
    assert (sweep.count().complete, sweep.count().waiting) == (1, 1)
    sweep = opened()
    sweep.run(Limits(3), Listener())
    assert sweep.count().complete == 3
    assert calls[1].folder == calls[2].folder
    assert calls[1].fingerprint == calls[2].fingerprint
    assert calls[3].folder != calls[2].folder


def test_a_trial_whose_process_is_killed_is_tried_three_times(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    tried: list[Path] = []

    def killed(task: Task, **told: Any) -> Ending:
        tried.append(task.folder)
        return Killed(9) if task.folder.name == "0000" else pretended(task, **told)

    monkeypatch.setattr(TRAIN, killed)
    sweep = opened()
    sweep.run(Limits(2), Listener())
    assert [path.name for path in tried] == ["0000", "0000", "0000", "0003"]
    count = sweep.count()
    assert (count.failed, count.complete, count.counted) == (1, 1, 2)
    assert "signal 9, 3 times" in results_of(sweep).trials[2].reason


def test_a_trial_that_fails_counts_and_what_fails_for_all_ends_the_sweep(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def out_of_memory(task: Task, **told: Any) -> Ending:
        return Failed("out of memory")

    monkeypatch.setattr(TRAIN, out_of_memory)
    assert swept(trials=3).count.failed == 3

    def no_data(task: Task, **told: Any) -> Ending:
        return Failed("there is no data", is_of_all=True)

    monkeypatch.setattr(TRAIN, no_data)
    with pytest.raises(bnnc.SweepError, match="there is no data"):
        swept(trials=3, folder="other")


def test_a_figure_that_is_not_a_number_is_a_failed_trial_and_counts(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(TRAIN, lambda task, **told: Figures({"nll": float("nan")}))
    results = swept(trials=2)
    assert results.count.failed == results.count.counted == 2
    assert results.trials[0].reason == "its nll is not a number"
    assert results.best == ()


def test_other_data_another_spec_and_another_search_are_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    swept(trials=1)

    def other_rows(task: Task, **told: Any) -> Ending:
        told["on_rows"](Prepared(1000, 200, "sha256:1"))
        raise AssertionError

    monkeypatch.setattr(TRAIN, other_rows)
    with pytest.raises(bnnc.SweepError, match="data is not that of the trials before"):
        swept(trials=2)
    with pytest.raises(bnnc.SweepError, match="another search file"):
        swept(f"seed: 1\n{SEARCH}")
    Path("spec.yaml").write_text(SPEC.replace("filters: 2", "filters: 3"))
    with pytest.raises(bnnc.SweepError, match="another spec"):
        swept(SEARCH)


def test_a_folder_with_other_things_is_left_alone() -> None:
    Path("sweep").mkdir()
    Path("sweep/thesis.tex").write_text("years of work")
    with pytest.raises(bnnc.SweepError, match="thesis.tex"):
        opened()
    assert [one.name for one in Path("sweep").iterdir()] == ["thesis.tex"]


def test_a_database_is_a_storage_too_and_its_password_is_written_nowhere() -> None:
    results = swept(trials=3, url="sqlite:///trials.db")
    assert results.count.complete == 3
    assert points(results) == points(swept(trials=3, folder="journal"))
    assert points(read_results(Path("sweep"))) == points(results)
    assert masked("postgresql://me:secret@host/db") == "postgresql://me@host/db"
    assert masked("sqlite:///trials.db") == "sqlite:///trials.db"
    with pytest.raises(bnnc.SweepError, match="cannot be opened"):
        opened("third", "nonsense://")


def _process(number: int, slow: float) -> None:
    """A process of a sweep whose trials take some time; it says which trial it has begun."""

    def slowly(task: Task, **told: Any) -> Ending:
        Path(f"begun-{number}-{task.folder.name}").touch()
        time.sleep(slow)
        return pretended(task, **told)

    with pytest.MonkeyPatch.context() as patching:
        patching.setattr(TRAIN, slowly)
        opened().run(Limits(8), Listener())


def test_a_kill_of_two_of_three_processes_loses_no_trial_and_the_count_is_exact() -> None:
    swept(trials=2)
    before = points(results_of(opened()))
    context = multiprocessing.get_context("spawn")
    # The first two would never end their trials.
    processes = [
        context.Process(target=_process, args=(number, 3600 if number < 2 else 0.05))
        for number in range(3)
    ]
    for one in processes[:2]:
        one.start()
    deadline = time.monotonic() + 600
    while len(list(Path.cwd().glob("begun-*"))) < 2:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    processes[2].start()
    while len(list(Path.cwd().glob("begun-2-*"))) < 1:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    for one in processes[:2]:
        assert one.pid is not None
        os.kill(one.pid, signal.SIGKILL)
    for one in processes:
        one.join()
    # The third may have ended before the kill, with the trials of the others still running.
    opened().run(Limits(8), Listener())
    results = results_of(opened())
    assert results.count.complete == results.count.counted == 8
    assert points(results)[:2] == before
    given_back = [one for one in results.trials if one.state == "given back"]
    assert len(given_back) == 2
    ended = {str(one.point) for one in results.complete}
    assert len(ended) == 8
    assert {str(one.point) for one in given_back} <= ended
    assert not list(Path("sweep/workers").iterdir())


def test_a_line_that_a_killed_process_wrote_in_part_is_cut_off() -> None:
    swept(trials=2)
    journal = Path("sweep/journal.log")
    whole = journal.read_bytes()
    journal.write_bytes(whole + b'{"op_code": 4, "worker')
    assert swept(trials=3).count.complete == 3
    assert journal.read_bytes().startswith(whole)
    empty = Path("empty")
    empty.touch()
    mend(empty)
    assert empty.read_bytes() == b""


def test_short_names_tell_paths_apart() -> None:
    assert short_names(["a.b.rate", "a.c.rate", "d"]) == {
        "a.b.rate": "b.rate",
        "a.c.rate": "c.rate",
        "d": "d",
    }


def test_a_listener_hears_of_every_trial_and_epoch() -> None:
    heard: list[str] = []

    class Hears(Listener):
        def on_trial(self, number: int, point: Any) -> None:
            heard.append(f"begin {number}")

        def on_epoch(self, number: int, epoch: Epoch) -> None:
            heard.append(f"epoch {epoch.number}")

        def on_end(self, study: Any, number: int, seconds: float) -> None:
            heard.append(f"end {number}")

    opened().run(Limits(1), Hears())
    assert heard == ["begin 0", "epoch 1", "epoch 2", "end 0"]
