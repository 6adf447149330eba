"""Progress of a training: a bar on a terminal, one line an epoch otherwise, on standard error."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Protocol

import click
import keras
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn
from rich.text import Text

from bnnc.system.wrapping import filled

Logs = dict[str, float]


class ProgressCallback(Protocol):
    """A Keras callback that can be told whose training begins, and that nothing more comes."""

    def of_member(self, member: int) -> None:
        """Say that the training of a member begins, counted from 0."""

    def close(self) -> None:
        """Leave the terminal as it was."""


def progress_callback(
    epochs: int, steps: int, rows: int, *, members: int = 1, done: Sequence[int] = (0,)
) -> ProgressCallback:
    """The bar on a terminal, the lines elsewhere.

    Args:
        epochs: epochs of each member.
        steps, rows: batches and rows of an epoch.
        members: members that are trained one after the other; 1 for a program alone.
        done: epochs that each member has behind it.
    """
    if sys.stderr.isatty():
        return Bar(epochs, steps, rows, members, done)
    return Lines(epochs, members)


def epoch_line(
    epoch: int, epochs: int, logs: Logs, of_member: str = "", columns: int | None = None
) -> str:
    """The metrics of one epoch, counted from 0, as a line, or more on a narrow terminal."""
    width = len(str(epochs))
    parts = [f"{of_member}epoch {epoch + 1:>{width}}/{epochs}"]
    parts += [f"{label} {logs[name]:.4g}" for name, label in _SHOWN if name in logs]
    parts.append(f"{logs['images_per_second']:,.0f} images/s")
    return filled(parts, columns)


def _of_member(member: int, members: int) -> str:
    return "" if members == 1 else f"member {member + 1}/{members}  "


_SHOWN = (
    ("loss", "loss"),
    ("nll", "nll"),
    ("kl", "kl"),
    ("accuracy", "accuracy"),
    ("binary_accuracy", "binary accuracy"),
    ("mae", "mae"),
    ("val_nll", "val nll"),
    ("val_accuracy", "val accuracy"),
    ("val_binary_accuracy", "val binary accuracy"),
    ("val_mae", "val mae"),
)


class Lines(keras.callbacks.Callback):
    """One line an epoch."""

    def __init__(self, epochs: int, members: int = 1) -> None:
        super().__init__()
        self.epochs, self.members = epochs, members
        self.member = ""

    def of_member(self, member: int) -> None:
        """Begin the lines with the member."""
        self.member = _of_member(member, self.members)

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        """Print the epoch's metrics."""
        click.echo(epoch_line(epoch, self.epochs, logs or {}, self.member), err=True)

    def close(self) -> None:
        """Nothing to leave behind."""


class Bar(keras.callbacks.Callback):
    """A bar over the whole training, with loss, NLL, KL, accuracy or error, speed and time left.

    Of an ensemble it goes over all members.
    """

    def __init__(
        self, epochs: int, steps: int, rows: int, members: int = 1, done: Sequence[int] = (0,)
    ) -> None:
        super().__init__()
        self.epochs, self.steps, self.rows, self.members = epochs, steps, rows, members
        self.console = Console(stderr=True, highlight=False)
        self.progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=20),
            TextColumn("{task.fields[metrics]}"),
            TimeRemainingColumn(compact=True),
            TextColumn("left"),
            console=self.console,
            transient=True,
        )
        self.task = self.progress.add_task("", total=None, metrics="compiling")
        self.member = ""
        self.epoch = 0
        # Steps of the whole training, and how many of them were over when this epoch began.
        self.total = members * epochs * steps
        self.before = sum(done) * steps

    def of_member(self, member: int) -> None:
        """Say which member it is."""
        self.member = _of_member(member, self.members)

    def on_train_begin(self, logs: Logs | None = None) -> None:
        """Show the bar."""
        self.progress.update(self.task, metrics="compiling")
        self.progress.start()

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        """Say which epoch it is."""
        if self.progress.tasks[0].total is None:
            # The time left is judged from the first epoch of this process, resumed or not.
            self.progress.update(self.task, total=self.total)
            self.progress.update(self.task, completed=self.before)
        self.epoch = epoch
        described = f"{self.member}epoch {epoch + 1}/{self.epochs}"
        self.progress.update(self.task, description=described)

    def on_train_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        """Move the bar."""
        logs = logs or {}
        shown = [
            f"{label} {logs[name]:.4g}"
            for name, label in _SHOWN
            if name in logs and not name.startswith("val_")
        ]
        speed = self.progress.tasks[0].speed
        if speed:
            shown.append(f"{speed * self.rows / self.steps:,.0f} images/s")
        completed = self.before + batch + 1
        self.progress.update(self.task, completed=completed, metrics="  ".join(shown))

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        """Leave a line with the epoch's metrics above the bar."""
        self.before += self.steps
        line = epoch_line(epoch, self.epochs, logs or {}, self.member, self.console.width)
        self.console.print(Text(line), soft_wrap=True)

    def on_train_end(self, logs: Logs | None = None) -> None:
        """Take off what a member leaves out that stopped early."""
        self.total -= (self.epochs - self.epoch - 1) * self.steps
        self.progress.update(self.task, total=self.total)

    def close(self) -> None:
        """Take the bar away."""
        self.progress.stop()
