"""Count the work that a call does: the same in every run and on every machine, unlike its time."""

from __future__ import annotations

import sys
from collections.abc import Callable
from itertools import pairwise
from types import FrameType
from typing import Any

Call = Callable[[], object]


class CountedText(str):
    """A text that counts the characters that are copied out of it, which are no steps."""

    copied = 0

    def __getitem__(self, key: Any) -> str:
        part = super().__getitem__(key)
        self.copied += len(part)
        return part


def steps(call: Call) -> int:
    """Count the lines of Python that a call runs, and the functions, Python's and C's, that it calls.

    A loop in C, such as the copy of a slice, is one step however long it is.
    """
    count = 0

    def on_line(frame: FrameType, event: str, argument: Any) -> Any:
        nonlocal count
        count += 1
        return on_line

    def on_call(frame: FrameType, event: str, argument: Any) -> None:
        nonlocal count
        count += 1

    tracer, profiler = sys.gettrace(), sys.getprofile()
    sys.settrace(on_line)
    sys.setprofile(on_call)
    try:
        call()
    finally:
        sys.setprofile(profiler)
        sys.settrace(tracer)
    return count


def assert_linear(
    work: Callable[[int], Call], sizes: tuple[int, int, int] = (50, 200, 350)
) -> None:
    """Assert that the steps of `work(size)` grow no faster than the size.

    `work` prepares a call of a size; only the call is counted. The sizes are equally far apart, and
    so are the steps of linear work. What is quadratic makes the second difference larger than the
    first: by more than the 2% if one size in a hundred of them is compared with all the others.
    """
    work(sizes[0])()  # imports and caches are no part of the growth
    assert_counts_linear([steps(work(size)) for size in sizes], sizes)


def assert_counts_linear(counts: list[int], sizes: tuple[int, int, int]) -> None:
    """Assert that counts, one for each size, grow no faster than the sizes; see `assert_linear`."""
    first, second, third = sizes
    assert third - second == second - first
    growth, growth_after = (after - before for before, after in pairwise(counts))
    assert growth_after <= 1.02 * growth, f"{counts} at sizes of {sizes}"
