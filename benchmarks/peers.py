"""Race bnnc against its peers: training steps, epochs, predictions, memory, cold starts.

    python benchmarks/peers.py [--quick] [--only NAME ...] [--table FILE]

The peers are installed into environments of their own under `build/peers`. Every figure that stands
beside another was taken in turn with it. `--table FILE` writes the table, FILE.json the figures,
and FILE.svg the plot; `--quick` is the table without the residual net and the plot.
"""

import argparse
import json
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))  # wherever this is run from

from benchmarks.racing import cold, memory, sweeps
from benchmarks.racing.environments import ENVIRONMENTS
from benchmarks.racing.machine import machine
from benchmarks.racing.nets import Case
from benchmarks.racing.race import Lane, Workers, race
from benchmarks.racing.result import HEAD, Ratio, ratio, ratios

TFP, TORCH, BLITZ, TWIN = "tfp.layers", "bayesian-torch", "blitz", "the deterministic twin"
# What a training step may take at most, divided by theirs. Of LeNet-5 and of the residual net.
STEP_BARS = {
    "flipout": {TFP: 0.65, TORCH: 0.60, TWIN: 2.0},
    "reparameterization": {TFP: 0.80, TORCH: 0.70, TWIN: 1.10},
    "local_reparameterization": {TWIN: 2.2},
}
# Peers predict with fewer draws than we do: their time is that number of times one draw's.
SHARE = 8


def step_race(workers: Workers, method: str, case: Case, rounds: int) -> list[Ratio]:
    """Training steps of one method: ours, the peers that have it, and the twin."""
    bars = STEP_BARS[method]
    lanes = [Lane("bnnc", "ours", replace(case, method=method))]
    if method in {"flipout", "reparameterization"}:
        lanes += [
            Lane(TFP, "tfp_layers", replace(case, method=method), bar=bars[TFP]),
            Lane(TORCH, "bayesian_torch_layers", replace(case, method=method), bar=bars[TORCH]),
        ]
    if method == "reparameterization":
        lanes.append(Lane(BLITZ, "blitz_layers", replace(case, method=method)))
    lanes.append(Lane(TWIN, "ours", replace(case, method="none"), bar=bars[TWIN]))
    net = {"lenet5": "LeNet-5", "residual": "ResNet-20"}[case.net]
    times = race(workers, lanes, rounds)
    return ratios(f"training step, {net}, {method.replace('_', ' ')}", times)


def steps(workers: Workers, quick: bool) -> list[Ratio]:
    """Training steps of both nets; of LeNet-5 alone if quick."""
    case = Case("step", "")
    found = [
        one for method in STEP_BARS for one in step_race(workers, method, case, 9 if quick else 15)
    ]
    if not quick:
        residual = replace(case, net="residual", batch=64)
        found += [one for method in STEP_BARS for one in step_race(workers, method, residual, 7)]
    return found


def epochs(workers: Workers, quick: bool) -> list[Ratio]:
    """An epoch of training on Fashion-MNIST against as many bare steps."""
    found = []
    for method in ("flipout",) if quick else ("flipout", "reparameterization"):
        epoch, step = (Case(task, method) for task in ("epoch", "step"))
        worker = workers.of("ours")
        for case in (epoch, step):
            worker.ask(make=True, case=case.plain())
        whole, bare = [], []
        for _ in range(3 if quick else 5):
            says = worker.ask(run=1, case=epoch.plain())["says"]
            whole.append(says["seconds"])
            count = says["steps"] // 2
            # As many steps before and after would be best; the next epoch's are the after.
            bare.append(worker.ask(run=count, case=step.plain())["seconds"] * says["steps"] / count)
        workers.drop()
        what = f"an epoch of `bnnc train`, LeNet-5, {method}"
        found.append(ratio(what, "its bare steps", whole, bare, "s", bar=1.05))
    return found


def predictions(workers: Workers, quick: bool) -> list[Ratio]:
    """64 draws for 10,000 images, by flipout on every layer and on the last one."""
    found = []
    images = 2_000 if quick else 10_000
    for layers in ("all", "last"):
        case = Case("predict", "flipout", layers=layers, images=images)
        few = replace(case, samples=case.samples // SHARE)
        every = layers == "all"
        lanes = [
            Lane("bnnc", "ours", case),
            Lane(
                f"{TFP}, looped in a tf.function", "tfp_layers", few, SHARE, 0.40 if every else 0.05
            ),
        ]
        if every:
            loop = replace(few, task="loop")
            lanes.append(Lane(f"{TFP}, looped `predict`", "tfp_layers", loop, SHARE, 0.22))
            lanes.append(Lane(TORCH, "bayesian_torch_layers", few, SHARE))
        times = race(workers, lanes, 3)
        place = "every layer" if every else "the last layer"
        found += ratios(f"64 samples × {images:,} images, {place} Bayesian", times, "s")
    return found


PARTS: dict[str, Callable[[Workers, bool], list[Ratio]]] = {
    "steps": steps,
    "epochs": epochs,
    "predictions": predictions,
    "memory": lambda _, quick: memory.ratios(quick),
    "cold": lambda _, quick: cold.ratios(quick),
}


def main() -> None:
    """Race, print, write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--quick", action="store_true", help="about three minutes")
    parser.add_argument("--only", nargs="+", choices=[*PARTS, "plot"], default=[*PARTS, "plot"])
    parser.add_argument("--table", type=Path, metavar="FILE")
    arguments = parser.parse_args()
    for environment in dict.fromkeys(ENVIRONMENTS.values()):
        environment.install()
    workers, began = Workers(), time.perf_counter()
    print(HEAD)
    found: list[Ratio] = []
    for name, part in PARTS.items():
        if name not in arguments.only:
            continue
        for row in part(workers, arguments.quick):
            print(row.row(), flush=True)
            found.append(row)
    points = []
    if "plot" in arguments.only and not arguments.quick:
        points = sweeps.points(workers)
    workers.end()
    taken = time.perf_counter() - began
    failed = [row for row in found if row.holds is False]
    print(f"\n{len(failed)} bars do not hold; {taken / 60:.0f} minutes", file=sys.stderr)
    if arguments.table:
        write(arguments.table, found, points, taken)


def write(path: Path, found: list[Ratio], points: list[sweeps.Point], taken: float) -> None:
    """The table, its figures, and the plot beside it."""
    plot = path.with_suffix(".svg")
    text = [
        "# bnnc and its peers",
        "",
        f"{machine()} `make bench`, {taken / 60:.0f} minutes.",
        "",
        "Ratios of medians of turns taken one after the other, the smaller the better; beside them "
        "the smallest and the largest ratio of one round. bnnc's steps keep four running metrics "
        "and map raw pixels, the peers' do neither; the twin is the same net in plain Keras, with "
        f"its metrics. Peers predict with {SHARE} times fewer draws, and their time is multiplied.",
        "",
        HEAD,
        *[row.row() for row in found],
        "",
    ]
    if points:
        sweeps.draw(points, plot)
        text += [f"![time against depth, width, batch and samples]({plot.name})", ""]
    path.write_text("\n".join(text), encoding="utf-8")
    figures = {
        "machine": machine(),
        "seconds": round(taken, 1),
        "ratios": [{**asdict(row), "holds": row.holds} for row in found],
        "sweeps": [asdict(point) for point in points],
    }
    path.with_suffix(".json").write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
