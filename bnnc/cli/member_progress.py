"""Show the progress of several members that are trained at once: one bar, or a line an epoch."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock
from typing import Protocol

import click


class Display(Protocol):
    """Where the lines of epochs are shown."""

    def epoch(self, line: str) -> None:
        """Show the line of an epoch that is over; called from several threads."""

    def close(self) -> None:
        """Leave the terminal as it was."""


@contextmanager
def member_display(epochs: int) -> Iterator[Display]:
    """A bar over the epochs of all members on a terminal, lines alone elsewhere."""
    display: Display = _Bar(epochs) if sys.stderr.isatty() else _Lines()
    try:
        yield display
    finally:
        display.close()


class _Lines:
    """A line an epoch, on standard error."""

    def __init__(self) -> None:
        self._lock = Lock()

    def epoch(self, line: str) -> None:
        """Print the line."""
        with self._lock:
            click.echo(line, err=True)

    def close(self) -> None:
        """Do nothing: lines need no end."""


class _Bar:
    """A bar over all members, with their lines above it."""

    def __init__(self, epochs: int) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeRemainingColumn

        self._progress = Progress(
            "epochs of all members",
            MofNCompleteColumn(),
            BarColumn(bar_width=20),
            TimeRemainingColumn(compact=True),
            console=Console(stderr=True, highlight=False),
            transient=True,
        )
        self._task = self._progress.add_task("", total=epochs)
        self._progress.start()

    def epoch(self, line: str) -> None:
        """Put the line above the bar, and move it."""
        self._progress.console.print(line, soft_wrap=True, markup=False)
        self._progress.advance(self._task)

    def close(self) -> None:
        """Take the bar away."""
        self._progress.stop()
