"""Draw the trials of a sweep on matplotlib axes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bnnc.runtime.figures.style import BLUE, GREEN, MUTED, ORANGE, grid, legend, plain, words
from bnnc.sweeping.results import SweepResults, TrialResult, short_names, shown_value

_LONGEST = 12  # letters of a choice beside an axis
_CURVES = ((BLUE, "o"), (ORANGE, "s"), (GREEN, "^"), (MUTED, "D"))


def history(results: SweepResults, name: str, ax: Any) -> None:
    """The objective of each trial, and the best so far."""
    direction = results.objectives[name]
    done = results.complete
    ax.plot(
        [one.number for one in done],
        [one.values[name] for one in done],
        linestyle="none",
        marker="o",
        markersize=5,
        color=BLUE,
        label="complete",
    )
    early = [one for one in results.trials if one.state == "pruned" and one.epochs]
    if early and name == "nll":
        ax.plot(
            [one.number for one in early],
            [one.epochs[max(one.epochs)] for one in early],
            linestyle="none",
            marker="x",
            markersize=5,
            color=MUTED,
            label="pruned, its last epoch",
        )
    better = min if direction == "minimize" else max
    best = [better(one.values[name] for one in done[: at + 1]) for at in range(len(done))]
    numbers = [*(one.number for one in done), len(results.trials) - 1]
    ax.step(numbers, [*best, best[-1]], where="post", color=ORANGE, label="best so far")
    _logarithmic_where_wide(ax, [one.values[name] for one in done])
    ax.set(xlabel="trial", ylabel=words(name))
    ax.xaxis.get_major_locator().set_params(integer=True)
    grid(ax)
    legend(ax)


def epochs(results: SweepResults, ax: Any) -> None:
    """The validation NLL of each trial by epoch."""
    best = results.best[0].number if results.best else None
    seen = [one for one in results.trials if one.epochs and one.state != "given back"]
    labelled: set[str] = set()
    # The best is drawn last, over the others.
    for one in sorted(seen, key=lambda one: one.number == best):
        kind = "best" if one.number == best else one.state
        color, size = {"best": (ORANGE, 2.2), "complete": (BLUE, 0.9)}.get(kind, (MUTED, 0.9))
        ax.plot(
            list(one.epochs),
            list(one.epochs.values()),
            color=color,
            linewidth=size,
            linestyle="-" if kind in {"best", "complete"} else ":",
            marker="o" if len(one.epochs) == 1 else None,
            markersize=3,
            label=None if kind in labelled else kind,
        )
        labelled.add(kind)
    _logarithmic_where_wide(ax, [value for one in seen for value in one.epochs.values()])
    ax.set(xlabel="epoch", ylabel="validation NLL")
    ax.xaxis.get_major_locator().set_params(integer=True)
    grid(ax)
    legend(ax)


def importance(shares: Mapping[str, Mapping[str, float]], ax: Any) -> None:
    """The importance of each parameter for each objective, the largest on top."""
    paths = list(next(iter(shares.values())))
    names = short_names(paths)
    height = 0.8 / len(shares)
    for number, ((objective, by_path), (color, _)) in enumerate(
        zip(shares.items(), _CURVES, strict=False)
    ):
        places = [place + number * height for place in range(len(paths))]
        ax.barh(
            places,
            [by_path[path] for path in paths],
            height=height * 0.92,
            color=color,
            label=words(objective),
        )
    middle = 0.4 - height / 2
    ax.set_yticks([one + middle for one in range(len(paths))], [plain(names[one]) for one in paths])
    ax.invert_yaxis()
    ax.set(xlabel="importance", xlim=(0, 1))
    grid(ax, "x")
    if len(shares) > 1:
        legend(ax)


def parallel(results: SweepResults, best: Sequence[TrialResult], ax: Any) -> None:
    """A line for each trial over its parameters and its objectives, the best ones in colour."""
    names = short_names(results.parameters)
    scales = [_Scale.of(results, path) for path in results.parameters]
    scales += [_Scale.of(results, name) for name in results.objectives]
    labels = [*names.values(), *(words(name) for name in results.objectives)]
    chosen = {one.number for one in best}
    for one in sorted(results.complete, key=lambda one: one.number in chosen):
        is_best = one.number in chosen
        heights = [scale.height(one) for scale in scales]
        ax.plot(
            [place for place, height in enumerate(heights) if height is not None],
            [height for height in heights if height is not None],
            color=ORANGE if is_best else MUTED,
            linewidth=1.8 if is_best else 0.7,
            alpha=1.0 if is_best else 0.6,
        )
    for place, scale in enumerate(scales):
        ax.axvline(place, color=MUTED, linewidth=0.8)
        for height, text in scale.marks():
            ax.annotate(
                plain(text),
                (place, height),
                xytext=(3, 0),
                textcoords="offset points",
                fontsize=8,
                va="center",
            )
    ax.set_xticks(
        range(len(labels)), [plain(one) for one in labels], rotation=15, ha="right", fontsize=9
    )
    ax.set_yticks([])
    ax.set(xlim=(-0.1, len(scales) - 0.6), ylim=(-0.05, 1.05))
    ax.spines[["left", "bottom"]].set_visible(False)


def front(results: SweepResults, first: str, second: str, ax: Any) -> None:
    """Two objectives of every trial; those of the Pareto front are joined."""
    chosen = {one.number for one in results.best}
    others = [one for one in results.complete if one.number not in chosen]
    ax.plot(
        [one.values[first] for one in others],
        [one.values[second] for one in others],
        linestyle="none",
        marker="o",
        markersize=5,
        color=MUTED,
        label="another trial is better",
    )
    line = sorted(results.best, key=lambda one: one.values[first])
    ax.plot(
        [one.values[first] for one in line],
        [one.values[second] for one in line],
        # Of three objectives the front is no line in two of them.
        linestyle="-" if len(results.objectives) == 2 else "none",
        drawstyle="steps-post" if results.objectives[second] == "minimize" else "default",
        linewidth=1,
        marker="s",
        markersize=6,
        color=ORANGE,
        label="Pareto front",
    )
    for one in line[:30]:
        ax.annotate(
            str(one.number),
            (one.values[first], one.values[second]),
            xytext=(4, 4),
            textcoords="offset points",
            fontsize=9,
        )
    _logarithmic_where_wide(ax, [one.values[first] for one in results.complete], "x")
    _logarithmic_where_wide(ax, [one.values[second] for one in results.complete])
    ax.set(xlabel=words(first), ylabel=words(second))
    grid(ax)
    legend(ax)


def values(results: SweepResults, path: str, name: str, ax: Any) -> None:
    """The objective of each trial over one parameter."""
    scale = _Scale.of(results, path)
    best = results.ranked[0].number
    for one in results.complete:
        if path not in one.point:
            continue
        place = one.point[path] if scale.is_number else scale.labels.index(one.point[path])
        is_best = one.number == best
        ax.plot(
            [place],
            [one.values[name]],
            linestyle="none",
            marker="s" if is_best else "o",
            markersize=8 if is_best else 5,
            color=ORANGE if is_best else BLUE,
        )
    if scale.is_number:
        if scale.log:
            _logarithmic(ax, "x")
    else:
        ax.set_xticks(range(len(scale.labels)), [plain(shown_value(one)) for one in scale.labels])
        ax.set_xlim(-0.5, len(scale.labels) - 0.5)
    _logarithmic_where_wide(ax, [one.values[name] for one in results.complete])
    ax.set(xlabel=plain(short_names(results.parameters)[path]), ylabel=words(name))
    grid(ax)


def _logarithmic_where_wide(ax: Any, numbers: Sequence[float], axis: str = "y") -> None:
    """A logarithmic axis where the largest number is more than 20 times the smallest one."""
    if numbers and min(numbers) > 0 and max(numbers) > 20 * min(numbers):
        _logarithmic(ax, axis)


def _logarithmic(ax: Any, axis: str) -> None:
    """A logarithmic axis with few numbers, written out."""
    from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

    getattr(ax, f"set_{axis}scale")("log")
    scale = getattr(ax, f"{axis}axis")
    scale.set_major_locator(LogLocator(subs=(1, 3), numticks=6))
    scale.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    scale.set_minor_formatter(NullFormatter())


class _Scale:
    """An axis of the parallel coordinates: places from 0 to 1 for the values of one name."""

    def __init__(self, name: str, found: Sequence[Any], *, log: bool, is_number: bool) -> None:
        self.name, self.log, self.is_number = name, log, is_number
        self.labels: list[Any] = [] if is_number else list(dict.fromkeys(found))
        numbers = found if is_number else range(len(self.labels))
        self.low, self.high = (min(numbers), max(numbers)) if found else (0, 1)

    @classmethod
    def of(cls, results: SweepResults, name: str) -> _Scale:
        done = results.complete
        if name in results.objectives:
            found: list[Any] = [one.values[name] for one in done]
            wide = bool(found) and min(found) > 0 and max(found) > 20 * min(found)
            return cls(name, found, log=wide, is_number=True)
        found = [one.point[name] for one in done if name in one.point]
        distribution = _distribution(results, name)
        log = bool(getattr(distribution, "log", False))
        labels = getattr(distribution, "choices", None)
        # Choices are shown in the order of the search file.
        return cls(name, list(labels or found), log=log, is_number=labels is None)

    def height(self, one: TrialResult) -> float | None:
        """The place of a trial; None where it has no such value."""
        value = one.values.get(self.name, one.point.get(self.name))
        if value is None and self.name not in one.point:
            return None
        return self._place(value if self.is_number else self.labels.index(value))

    def _place(self, value: Any) -> float:
        from math import log

        low, high = self.low, self.high
        if low == high:
            return 0.5
        if self.log:
            low, high, value = log(low), log(high), log(value)
        return float((value - low) / (high - low))

    def marks(self) -> list[tuple[float, str]]:
        """The values that are written beside the axis, with their places."""
        if self.is_number:
            ends = dict.fromkeys((self.low, self.high))
            # Objectives such as a number of parameters are whole, though Optuna has fractions.
            return [
                (self._place(one), f"{one:,.0f}" if one >= 1000 else shown_value(one))
                for one in ends
            ]
        texts = [shown_value(one) for one in self.labels]
        texts = [one if len(one) <= _LONGEST else f"{one[: _LONGEST - 1]}…" for one in texts]
        return [(self._place(at), one) for at, one in enumerate(texts)]


def _distribution(results: SweepResults, name: str) -> Any:
    for trial in results.study.get_trials(deepcopy=False):
        if name in trial.distributions:
            return trial.distributions[name]
    return None
