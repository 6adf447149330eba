"""Progress of a training: a bar on a terminal, one line an epoch otherwise, on standard error."""

from __future__ import annotations

import sys
from typing import Protocol

import click
import keras
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn
from rich.text import Text

Logs = dict[str, float]


class ProgressCallback(Protocol):
    """A Keras callback that can be told that nothing more comes."""

    def close(self) -> None:
        """Leave the terminal as it was."""


def progress_callback(epochs: int, steps: int, rows: int) -> ProgressCallback:
    """The bar on a terminal, the lines elsewhere."""
    if sys.stderr.isatty():
        return Bar(epochs, steps, rows)
    return Lines(epochs)


def epoch_line(epoch: int, epochs: int, logs: Logs) -> str:
    """The metrics of one epoch, counted from 0, as a line."""
    width = len(str(epochs))
    parts = [f"epoch {epoch + 1:>{width}}/{epochs}"]
    parts += [f"{label} {logs[name]:.4g}" for name, label in _SHOWN if name in logs]
    parts.append(f"{logs['images_per_second']:,.0f} images/s")
    return "  ".join(parts)


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

    def __init__(self, epochs: int) -> None:
        super().__init__()
        self.epochs = epochs

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        """Print the epoch's metrics."""
        click.echo(epoch_line(epoch, self.epochs, logs or {}), err=True)

    def close(self) -> None:
        """Nothing to leave behind."""


class Bar(keras.callbacks.Callback):
    """A bar over the whole training, with loss, NLL, KL, accuracy or error, speed and time left."""

    def __init__(self, epochs: int, steps: int, rows: int) -> None:
        super().__init__()
        self.epochs, self.steps, self.rows = epochs, steps, rows
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
        self.epoch = 0

    def on_train_begin(self, logs: Logs | None = None) -> None:
        """Show the bar."""
        self.progress.start()

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        """Say which epoch it is."""
        if self.progress.tasks[0].total is None:
            # The time left is judged from the first epoch of this process, resumed or not.
            self.progress.update(self.task, total=self.epochs * self.steps)
            self.progress.update(self.task, completed=epoch * self.steps)
        self.epoch = epoch
        self.progress.update(self.task, description=f"epoch {epoch + 1}/{self.epochs}")

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
        done = self.epoch * self.steps + batch + 1
        self.progress.update(self.task, completed=done, metrics="  ".join(shown))

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        """Leave a line with the epoch's metrics above the bar."""
        self.console.print(Text(epoch_line(epoch, self.epochs, logs or {})), soft_wrap=True)

    def close(self) -> None:
        """Take the bar away."""
        self.progress.stop()
