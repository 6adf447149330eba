"""Time against depth, width, batch and samples, for a plot."""

from dataclasses import dataclass
from pathlib import Path

from benchmarks.racing.nets import Case
from benchmarks.racing.race import Lane, Workers, race

LIBRARIES = {"bnnc": "ours", "tfp.layers": "tfp_layers", "bayesian-torch": "bayesian_torch_layers"}
_RESIDUAL = Case("step", "flipout", net="residual", batch=32, blocks=1)
# What varies, along which field of the case, and over which values.
SWEEPS: dict[str, tuple[str, Case, tuple[int, ...]]] = {
    "residual blocks a stage": ("blocks", _RESIDUAL, (1, 2, 3)),
    "filters of the first stage": ("width", _RESIDUAL, (8, 16, 32)),
    "rows of a batch": ("batch", Case("step", "flipout"), (32, 64, 128, 256)),
    "weight draws": ("samples", Case("predict", "flipout", images=500), (4, 16, 64)),
}


@dataclass(frozen=True)
class Point:
    """The median time of one library at one value."""

    sweep: str
    value: int
    library: str
    milliseconds: float


def points(workers: Workers) -> list[Point]:
    """Every sweep, the libraries in turn at each value."""
    found = []
    for name, (field, case, values) in SWEEPS.items():
        for value in values:
            at = Case(**{**case.plain(), field: value})
            lanes = [Lane(called, library, at) for called, library in LIBRARIES.items()]
            found += [
                Point(name, value, each.lane.called, each.seconds * 1000)
                for each in race(workers, lanes, 5, turn=0.25)
            ]
    return found


def draw(found: list[Point], path: Path) -> None:
    """Four small plots in one file, axes of both kinds logarithmic."""
    import matplotlib

    matplotlib.use("svg")
    matplotlib.rcParams["svg.hashsalt"] = "bnnc"  # the same figures, the same file
    from matplotlib import pyplot
    from matplotlib.ticker import ScalarFormatter

    figure, axes = pyplot.subplots(1, len(SWEEPS), figsize=(14, 3.6), constrained_layout=True)
    for axis, name in zip(axes, SWEEPS, strict=True):
        for library, marker in zip(LIBRARIES, "os^", strict=True):
            line = [one for one in found if (one.sweep, one.library) == (name, library)]
            axis.plot(
                [one.value for one in line],
                [one.milliseconds for one in line],
                marker=marker,
                label=library,
            )
        values = SWEEPS[name][2]
        axis.set_xscale("log", base=2)
        axis.set_yscale("log")
        axis.set_xticks(values, [str(value) for value in values])
        axis.minorticks_off()
        axis.yaxis.set_major_formatter(ScalarFormatter())
        axis.set_xlabel(name)
        axis.grid(alpha=0.3, which="both")
        axis.set_title(
            "a prediction of 500 images" if name == "weight draws" else "a training step"
        )
    axes[0].set_ylabel("milliseconds")
    axes[0].legend()
    figure.savefig(path, metadata={"Date": None})
    pyplot.close(figure)
