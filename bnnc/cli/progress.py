"""Show training progress on standard error: a bar on a terminal, else one line an epoch."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any, Protocol

import click
import keras
from rich.console import Console
from rich.progress import BarColumn, Progress, Task, TextColumn, TimeRemainingColumn
from rich.text import Text

from bnnc.system.wrapping import filled

Logs = dict[str, float]


class ProgressCallback(Protocol):
    """A Keras callback that can be told whose training begins, and that nothing more comes."""

    def of_member(self, member: int, name: str | None = None) -> None:
        """Say that the training of a member begins, counted from 0; and what it is called."""

    def close(self) -> None:
        """Leave the terminal as it was."""


def progress_callback(
    epochs: int, steps: int, *, members: int = 1, done: Sequence[int] = (0,)
) -> ProgressCallback:
    """The bar on a terminal, the lines elsewhere.

    Args:
        epochs: epochs of each member.
        steps: batches of an epoch.
        members: members that are trained one after the other; 1 for a program alone.
        done: epochs that each member has behind it.
    """
    if sys.stderr.isatty():
        return Bar(epochs, steps, members, done)
    return Lines(epochs, members)


def epoch_line(
    epoch: int,
    epochs: int,
    logs: Logs,
    of_member: str = "",
    columns: int | None = None,
    noun: str = "images",
) -> str:
    """The metrics of one epoch, counted from 0, as a line, or more on a narrow terminal."""
    width = len(str(epochs))
    parts = [f"{of_member}epoch {epoch + 1:>{width}}/{epochs}"]
    parts += [f"{label} {logs[name]:.4g}" for name, label in _SHOWN if name in logs]
    parts.append(f"{logs['images_per_second']:,.0f} {noun}/s")
    return filled(parts, columns)


def _noun(model: Any) -> str:
    """What a model's examples are called: rows of features have a single axis."""
    return "rows" if len(getattr(model, "input_shape", ())) == 2 else "images"


def _of_member(member: int, members: int, name: str | None = None) -> str:
    if name is not None:
        return f"{name}  "
    return "" if members == 1 else f"member {member + 1}/{members}  "


_BAR = 20  # columns
_TIME = len("0:00:00 left")
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

    def of_member(self, member: int, name: str | None = None) -> None:
        """Begin the lines with the member."""
        self.member = _of_member(member, self.members, name)

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        """Print the epoch's metrics."""
        line = epoch_line(epoch, self.epochs, logs or {}, self.member, noun=_noun(self.model))
        click.echo(line, err=True)

    def close(self) -> None:
        """Do nothing: lines need no end."""


class _TimeLeft(TimeRemainingColumn):
    """The time left in words; nothing while it is not known."""

    def render(self, task: Task) -> Text:
        time = super().render(task)
        return Text(f"{time.plain} left") if task.total is not None else Text("")


class Bar(keras.callbacks.Callback):
    """A bar over the whole training, with the epoch, the time left, and as many of loss, NLL, KL and
    accuracy or error as the terminal has room for.

    For an ensemble it covers all members.
    """

    def __init__(
        self, epochs: int, steps: int, members: int = 1, done: Sequence[int] = (0,)
    ) -> None:
        super().__init__()
        self.epochs, self.steps, self.members = epochs, steps, members
        self.console = Console(stderr=True, highlight=False)
        self.progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=_BAR),
            _TimeLeft(compact=True),
            TextColumn("{task.fields[metrics]}"),
            console=self.console,
            transient=True,
        )
        self.task = self.progress.add_task("", total=None, metrics="compiling")
        self.member = ""
        self.epoch = 0
        # Steps of the whole training, and how many of them were over when this epoch began.
        self.total = members * epochs * steps
        self.before = sum(done) * steps

    def of_member(self, member: int, name: str | None = None) -> None:
        """Say which member it is."""
        self.member = _of_member(member, self.members, name)

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
        parts = [
            f"{label} {logs[name]:.4g}"
            for name, label in _SHOWN
            if name in logs and not name.startswith("val_")
        ]
        described = self.progress.tasks[0].description
        room = self.console.width - len(described) - _BAR - _TIME - 3
        while parts and len("  ".join(parts)) > room:
            parts.pop()
        completed = self.before + batch + 1
        self.progress.update(self.task, completed=completed, metrics="  ".join(parts))

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        """Leave a line with the epoch's metrics above the bar."""
        self.before += self.steps
        noun, width = _noun(self.model), self.console.width
        line = epoch_line(epoch, self.epochs, logs or {}, self.member, width, noun)
        self.console.print(Text(line), soft_wrap=True)

    def on_train_end(self, logs: Logs | None = None) -> None:
        """Take off what a member leaves out that stopped early."""
        self.total -= (self.epochs - self.epoch - 1) * self.steps
        self.progress.update(self.task, total=self.total)

    def close(self) -> None:
        """Take the bar away."""
        self.progress.stop()
