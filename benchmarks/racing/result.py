"""What a race ends in: ratios with their spread, as rows of a table."""

from dataclasses import dataclass
from statistics import median

from benchmarks.racing.race import Times


@dataclass(frozen=True)
class Ratio:
    """Our figure divided by another's.

    Args:
        what: the work.
        against: whose figure the other is.
        ours, theirs: medians.
        unit: of the two: "ms", "s" or "MiB".
        ratio: of the medians.
        low, high: the smallest and the largest ratio of one round.
        cpu: the ratio of CPU times, if it was taken.
        bar: what the ratio may be at most, if there is such a promise.
    """

    what: str
    against: str
    ours: float
    theirs: float
    unit: str
    ratio: float
    low: float
    high: float
    cpu: float | None = None
    bar: float | None = None

    @property
    def holds(self) -> bool | None:
        """Whether the promise holds, if there is one."""
        return None if self.bar is None else self.ratio <= self.bar

    def row(self) -> str:
        """A row of the table."""
        bar = "" if self.bar is None else f"{self.bar:.2f}"
        verdict = {None: "", True: "yes", False: "**no**"}[self.holds]
        cpu = "" if self.cpu is None else f"{self.cpu:.2f}"
        figures = [f"{_digits(one)} {self.unit}" for one in (self.ours, self.theirs)]
        spread = f"{self.low:.2f} to {self.high:.2f}"
        cells = [
            self.what,
            self.against,
            *figures,
            f"**{self.ratio:.2f}**",
            spread,
            cpu,
            bar,
            verdict,
        ]
        return f"| {' | '.join(cells)} |"


HEAD = (
    "| what | against | bnnc | theirs | ratio | of single rounds | of CPU time | at most | holds |\n"
    "|---|---|---|---|---|---|---|---|---|"
)


def ratios(what: str, times: list[Times], unit: str = "ms") -> list[Ratio]:
    """The first lane against each of the others."""
    factor = {"ms": 1000.0, "s": 1.0}[unit]
    if not times:
        return []
    ours, *others = times
    return [
        ratio(
            what,
            other.lane.called,
            [one * factor for one in ours.wall],
            [one * factor for one in other.wall],
            unit,
            cpu=median(ours.cpu) / median(other.cpu),
            bar=other.lane.bar,
        )
        for other in others
    ]


def ratio(
    what: str,
    against: str,
    ours: list[float],
    theirs: list[float],
    unit: str,
    *,
    cpu: float | None = None,
    bar: float | None = None,
) -> Ratio:
    """One row of figures that were taken in turn."""
    rounds = [one / other for one, other in zip(ours, theirs, strict=True)]
    mine, other = median(ours), median(theirs)
    return Ratio(what, against, mine, other, unit, mine / other, min(rounds), max(rounds), cpu, bar)


def _digits(value: float) -> str:
    return f"{value:.1f}" if value < 100 else f"{value:,.0f}"
