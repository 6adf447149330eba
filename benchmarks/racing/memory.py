"""Peak memory of a prediction, each in a fresh process."""

from dataclasses import replace

from benchmarks.racing.nets import Case
from benchmarks.racing.race import Worker, WorkerError
from benchmarks.racing.result import Ratio, ratio


def ratios(quick: bool) -> list[Ratio]:
    """512 samples against 32, and ours against the peers'."""
    case = Case("predict", "flipout", samples=32, images=500 if quick else 2_000)
    few, many = peak("ours", case), peak("ours", replace(case, samples=512))
    found = [ratio("peak memory, 512 samples", "32 samples", [many], [few], "MiB", bar=1.1)]
    for called, library in (
        ("tfp.layers", "tfp_layers"),
        ("bayesian-torch", "bayesian_torch_layers"),
    ):
        try:
            theirs = peak(library, case)
        except WorkerError:
            continue
        found.append(ratio("peak memory of a prediction", called, [few], [theirs], "MiB"))
    return found


def peak(library: str, case: Case) -> float:
    """The most resident memory of a process that predicts twice, in MiB."""
    worker = Worker(library)
    try:
        worker.ask(make=True, case=case.plain())
        worker.ask(run=1, case=case.plain())
        most: float = worker.ask(memory=True)["mebibytes"]
        return most
    finally:
        worker.end()
