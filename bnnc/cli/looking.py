"""Show how many rows of the data have been looked at: a bar on a terminal, nothing elsewhere."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from bnnc.compiler.analysis.data_facts import Looking


@contextmanager
def looking(pictures: int = 0) -> Iterator[Looking]:
    """How the rows of a command are looked at; the bar goes away at the end.

    Args:
        pictures: rows of each class to show; 0 for none.
    """
    if not sys.stderr.isatty():
        yield Looking(pictures)
        return
    # Imported where it is needed: a check takes less time than this import.
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    columns = TextColumn("rows"), BarColumn(), MofNCompleteColumn()
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("rows", total=None)
        yield Looking(pictures, lambda done, rows: bar.update(task, completed=done, total=rows))
