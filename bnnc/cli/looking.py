"""Show how many rows are done: a bar on a terminal, nothing elsewhere."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from bnnc.compiler.analysis.data_facts import Looking


@contextmanager
def looking(pictures: int = 0) -> Iterator[Looking]:
    """How the rows of a command are looked at; the bar goes away at the end.

    Args:
        pictures: rows of each class to show; 0 for none.
    """
    with bar_of_rows() as progress:
        yield Looking(pictures, progress)


@contextmanager
def bar_of_rows(noun: str = "rows") -> Iterator[Callable[[int, int], None] | None]:
    """A function of the rows that are done and of all rows, which moves the bar."""
    if not sys.stderr.isatty():
        yield None
        return
    # Imported where it is needed: a check takes less time than this import.
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    columns = TextColumn(noun), BarColumn(), MofNCompleteColumn()
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(noun, total=None)
        yield lambda done, rows: bar.update(task, completed=done, total=rows)
