"""`bnnc sweep` on the embedded digits: real trainings, in processes of their own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path

import pytest

import bnnc
from bnnc.cli.app import run
from bnnc.runtime.calibration.held_out import validation_rows
from bnnc.sweeping.results import SweepResults, read_results
from tests.support.sweeps import SEARCH, SPEC, write

SWEEP = ["sweep", "spec.yaml", "--search", "search.yaml"]


@dataclass(frozen=True)
class Swept:
    """A sweep of two trials, and what it printed."""

    folder: Path
    out: str
    err: str
    results: SweepResults


@pytest.fixture(scope="module")
def swept(tmp_path_factory: pytest.TempPathFactory) -> Swept:
    folder = tmp_path_factory.mktemp("sweep")
    write(folder)
    done = _bnnc(folder, [*SWEEP, "--trials", "2"])
    assert done.returncode == 0, done.stderr
    os.chdir(folder)
    return Swept(folder, done.stdout, done.stderr, read_results(folder / "sweeps/tiny"))


@pytest.fixture(autouse=True)
def _in_its_folder(swept: Swept, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(swept.folder)


def _bnnc(folder: Path, arguments: list[str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "bnnc", *arguments],
        cwd=folder,
        text=True,
        capture_output=True,
        check=False,
    )


def test_it_shows_each_trial_the_best_ones_and_what_to_type_in_80_columns(swept: Swept) -> None:
    own = swept.err[swept.err.index("sweeps/tiny:") :]  # after the findings on the spec
    assert max(map(len, [*swept.out.splitlines(), *own.splitlines()])) <= 80
    assert swept.err.count("trial   ") == 2
    assert "The best 2 of 2 trials" in swept.out
    assert "bnnc train sweeps/tiny/best.yaml" in swept.out
    assert "Traceback" not in swept.err


def test_each_trial_is_a_run_with_the_figures_of_its_validation_rows(swept: Swept) -> None:
    for one in swept.results.complete:
        assert one.run is not None
        program = bnnc.load(one.run)
        rows = validation_rows(program.prepare().validation)
        found = program.evaluate(
            rows.images, rows.labels, bootstrap=0, ood=(), shift=False, calibrated=False
        )
        assert found["nll"] == pytest.approx(one.values["nll"], rel=1e-5)
        assert one.figures["accuracy"] == pytest.approx(found["accuracy"])
        assert list(one.epochs) == [1, 2]


def test_the_best_is_a_spec_that_trains_to_the_same_figures(swept: Swept) -> None:
    best = swept.results.best[0]
    assert run(["check", "sweeps/tiny/best.yaml"]) == 0
    program = bnnc.compile("sweeps/tiny/best.yaml")
    history = program.fit(verbose=0).history
    # Through the same seeds the same weights, so the same validation NLL in every epoch.
    assert history["val_nll"] == pytest.approx(list(best.epochs.values()), rel=1e-6)


def test_the_same_command_with_more_trials_goes_on_and_prints_json(
    swept: Swept, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run([*SWEEP, "--trials", "3", "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert [one["state"] for one in said["trials"]] == ["complete"] * 3
    assert [one["values"] for one in said["trials"]][:2] == [
        one.values for one in swept.results.trials
    ]
    assert run([*SWEEP, "--trials", "3"]) == 0  # nothing is left to do


def test_equal_seeds_give_equal_trainings(swept: Swept) -> None:
    assert run([*SWEEP, "--trials", "2", "--sweep", "again"]) == 0
    again = read_results(Path("again"))
    assert [one.values for one in again.trials] == [one.values for one in swept.results.trials]
    assert [one.epochs for one in again.trials] == [one.epochs for one in swept.results.trials]


def test_the_page_loads_nothing_and_has_every_part(swept: Swept) -> None:
    class Reader(HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            tags.append(tag)
            links.extend(value or "" for name, value in attrs if name in {"src", "href"})

    tags: list[str] = []
    links: list[str] = []
    assert run(["report", "sweeps/tiny", "-o", "sweep.html", "--figures", "plots"]) == 0
    text = Path("sweep.html").read_text()
    Reader().feed(text)
    assert "script" not in tags
    assert all(link.startswith("#") for link in links)
    for title in ("nll by trial", "Validation NLL by epoch", "Parallel coordinates", "All trials"):
        assert title in text
    assert (Path("plots") / "parallel.png").stat().st_size > 1000
    assert run(["report", "sweeps/tiny", "--shift"]) == 2


def test_mistakes_are_findings_and_sentences(capsys: pytest.CaptureFixture[str]) -> None:
    Path("wrong.yaml").write_text("space: {training.epoch: {low: 1, high: 2}}\n")
    assert run(["sweep", "spec.yaml", "--search", "wrong.yaml"]) == 1
    assert "wrong.yaml:1:18" in capsys.readouterr().err
    Path("none.yaml").write_text(SPEC.replace(", validation_split: 0.2", ""))
    assert run(["sweep", "none.yaml", "--search", "search.yaml"]) == 1
    assert "BNN122" in capsys.readouterr().err
    assert run(["sweep", "spec.yaml", "--search", "missing.yaml"]) == 2
    Path("refused.yaml").write_text(
        "space:\n  bayesian.method: {choices: [mc_dropout, concrete_dropout]}\n"
    )
    assert run(["sweep", "spec.yaml", "--search", "refused.yaml", "--sweep", "x"]) == 2
    assert "none of 100 points" in capsys.readouterr().err
    assert run(["report", "nothing"]) == 2
    assert "Traceback" not in capsys.readouterr().err


def test_the_check_counts_the_points_and_trains_nothing(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run([*SWEEP, "--check", "--sweep", "unmade"]) == 0
    assert "Of 100 random points, 100 compile." in capsys.readouterr().out
    assert not Path("unmade").exists()


def test_a_test_row_is_never_looked_at(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, swept: Swept
) -> None:
    import numpy as np

    generator = np.random.default_rng(0)
    images = generator.integers(0, 17, (300, 8, 8, 1)).astype(np.float32)
    labels = generator.integers(0, 10, 300)
    monkeypatch.chdir(tmp_path)
    found = []
    for name, noise in (("a", 0), ("b", 1)):
        np.savez(
            f"{name}.npz",
            x_train=images,
            y_train=labels,
            x_test=images[:20] * noise,
            y_test=np.roll(labels[:20], noise),
        )
        write(tmp_path, spec=SPEC.replace("source: digits", f"source: {name}.npz"))
        assert run([*SWEEP, "--trials", "1", "--sweep", name]) == 0
        found.append(read_results(Path(name)).trials[0].figures)
        del found[-1]["seconds"]
    assert found[0] == found[1]


def test_a_sweep_of_three_processes_survives_a_kill(tmp_path: Path) -> None:
    spec = SPEC.replace("epochs: 2", "epochs: 4")
    write(tmp_path, spec=spec, search=SEARCH)
    wanted = 3
    processes = [
        subprocess.Popen(
            [sys.executable, "-m", "bnnc", *SWEEP, "--trials", str(wanted)],
            cwd=tmp_path,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(3)
    ]
    trials = tmp_path / "sweeps/tiny/trials"
    deadline = time.monotonic() + 900
    while not any(one.stat().st_size for one in trials.glob("*/metrics.jsonl")):
        assert time.monotonic() < deadline
        assert all(one.poll() is None for one in processes)
        time.sleep(0.05)
    processes[0].send_signal(signal.SIGKILL)
    errors = [one.communicate()[1] for one in processes]
    assert [one.returncode for one in processes] == [-signal.SIGKILL, 0, 0], errors
    results = read_results(tmp_path / "sweeps/tiny")
    if results.count.ended < wanted:  # the two others may have ended before the kill
        done = _bnnc(tmp_path, [*SWEEP, "--trials", str(wanted)])
        assert done.returncode == 0, done.stderr
        results = read_results(tmp_path / "sweeps/tiny")
    assert results.count.complete == results.count.counted == wanted
    assert sum(one.state == "given back" for one in results.trials) <= 1
    assert len({str(one.point) for one in results.complete}) == wanted
    for one in results.complete:
        assert one.run is not None
        lines = (one.run / "metrics.jsonl").read_text().splitlines()
        assert [json.loads(line)["epoch"] for line in lines] == list(range(1, 5))
        assert list(one.epochs) == list(range(1, 5))
