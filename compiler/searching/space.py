"""The space of a search: its variables, and what a spec says at a point of it."""

from __future__ import annotations

import math
import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bnnc.compiler.composition.overrides import Override, Step
from bnnc.compiler.text.source import Span
from bnnc.compiler.text.tree import Node, Scalar

Value = bool | int | float | str | None
Point = Mapping[str, Value]
"""The values of a point by the names of its variables, as Optuna stores them."""


@dataclass(frozen=True, slots=True)
class Variable:
    """A parameter of the space.

    Attributes:
        name: its path as `--set` has it, such as `layers[0].filters`; Optuna's name of it.
        steps: the path, and where it is written.
        span: the values.
        ends: the two ends of a range, as they are written.
        low, high, step: the range; None where it has choices, or no step.
        log: whether the range is searched on a logarithmic scale.
        whole: whether only whole numbers may stand at the path.
        choices: what there is to choose from; empty for a range.
        labels: what Optuna stores for each of them: the value itself, or its text.
        when: variables before it, and the labels that they must have for this one to exist.
    """

    name: str
    steps: tuple[Step, ...]
    span: Span
    ends: tuple[Node, ...] = ()
    low: float | None = None
    high: float | None = None
    step: float | None = None
    log: bool = False
    whole: bool = False
    choices: tuple[Node, ...] = ()
    labels: tuple[Value, ...] = ()
    when: tuple[tuple[str, tuple[Value, ...]], ...] = ()

    @property
    def short_name(self) -> str:
        """The last key of its path."""
        return next(str(one.name) for one in reversed(self.steps) if isinstance(one.name, str))

    def exists_in(self, point: Point) -> bool:
        """Whether the variable has a value where those before it have theirs."""
        return all(
            name in point and any(_same(point[name], one) for one in labels)
            for name, labels in self.when
        )

    def override(self, value: Value) -> Override:
        """What a spec says where the variable has a value; its place is that of the values."""
        if self.choices:
            number = next(i for i, one in enumerate(self.labels) if _same(one, value))
            return Override(self.steps, self.choices[number])
        return Override(self.steps, Scalar(value, self.span))

    def written(self) -> tuple[Override, ...]:
        """What a spec says at each value that is written: the ends of the range, or the choices."""
        return tuple(Override(self.steps, one) for one in self.choices or self.ends)

    def grid(self) -> tuple[Value, ...] | None:
        """Every value, in order; None for a range without an end to them."""
        if self.choices:
            return self.labels
        assert self.low is not None
        assert self.high is not None
        step = self.step or (1 if self.whole and not self.log else None)
        if step is None:
            return None
        count = math.floor((self.high - self.low) / step + 1e-9) + 1
        return tuple(self.number(self.low + number * step) for number in range(count))

    def random_value(self, generator: random.Random) -> Value:
        """A value drawn uniformly, on the scale of the range."""
        grid = self.grid()
        if grid is not None:
            return generator.choice(grid)
        low, high = self.number(self.low), self.number(self.high)
        if self.log:
            return self.number(math.exp(generator.uniform(math.log(low), math.log(high))))
        return self.number(generator.uniform(low, high))

    def number(self, value: float | None) -> int | float:
        """A number of the range, whole where its key wants one."""
        assert value is not None
        return round(value) if self.whole else float(value)


@dataclass(frozen=True, slots=True)
class Space:
    """The variables of a search, in the order of the file."""

    variables: tuple[Variable, ...]

    def overrides(self, point: Point) -> tuple[Override, ...]:
        """What the spec says at a point."""
        return tuple(one.override(point[one.name]) for one in self.variables if one.name in point)

    def required_by(self, variable: Variable) -> tuple[Override, ...]:
        """What a variable needs of those before it."""
        point: dict[str, Value] = {}
        self._require(variable, point)
        return self.overrides(point)

    def _require(self, variable: Variable, point: dict[str, Value]) -> None:
        by_name = {one.name: one for one in self.variables}
        for name, labels in variable.when:
            self._require(by_name[name], point)
            point[name] = labels[0]

    def random_point(self, generator: random.Random) -> Point:
        """A point drawn uniformly, to see what the space is like; a sweep draws by its sampler."""
        point: dict[str, Value] = {}
        for one in self.variables:
            if one.exists_in(point):
                point[one.name] = one.random_value(generator)
        return point

    def grid_size(self) -> int | None:
        """The number of points of a grid over all variables; None where a range has no step."""
        grids = [one.grid() for one in self.variables]
        if any(one is None for one in grids):
            return None
        return math.prod(len(one) for one in grids if one is not None)


def labels_of(values: Sequence[Any]) -> tuple[Value, ...]:
    """What Optuna stores for choices: words and numbers as they are, all else as text.

    To Python `true` is equal to 1: choices of several kinds are all stored as text.
    """
    from bnnc.compiler.language.examples import flow

    if all(isinstance(one, str) for one in values):
        return tuple(values)
    if all(isinstance(one, int | float) and not isinstance(one, bool) for one in values):
        return tuple(values)
    return tuple(flow(one, quotes=isinstance(one, str)) for one in values)


def duplicates(labels: Iterable[Value]) -> list[int]:
    """The places of the labels that were there before."""
    seen: list[Value] = []
    found = []
    for place, one in enumerate(labels):
        if any(_same(one, other) for other in seen):
            found.append(place)
        seen.append(one)
    return found


def _same(one: Value, other: Value) -> bool:
    return one == other and isinstance(one, str) == isinstance(other, str)
