"""What a process that trains one trial is given, and what it says while it trains."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from bnnc.compiler.composition.overrides import Override
from bnnc.compiler.text.source import Source


@dataclass(frozen=True, slots=True)
class Task:
    """A trial to train.

    Attributes:
        base: the spec of the sweep.
        settings: what counts over it at the point of the trial.
        fingerprint: of the spec at the point.
        folder: of the run.
        data: another source of data than the spec's; None for the spec's.
    """

    base: Source
    settings: tuple[Source | Override, ...]
    fingerprint: str
    folder: Path
    data: str | None = None


@dataclass(frozen=True, slots=True)
class Prepared:
    """The rows are there: their number, and the digest of those trained on and held out."""

    rows: int
    validation_rows: int
    digest: str | None


@dataclass(frozen=True, slots=True)
class Epoch:
    """An epoch, counted from 1, has ended; the process waits for whether to go on."""

    number: int
    epochs: int
    val_nll: float
    resumed: bool = False


@dataclass(frozen=True, slots=True)
class Figures:
    """The trial has ended: its figures on the validation rows, and its costs."""

    values: dict[str, float]


@dataclass(frozen=True, slots=True)
class Pruned:
    """The trial was ended after an epoch, as it was told."""

    epoch: int


@dataclass(frozen=True, slots=True)
class Diverged:
    """The loss is no longer finite."""

    reason: str


@dataclass(frozen=True, slots=True)
class Failed:
    """The point cannot be trained here, for a reason that another try would not change.

    `is_of_all` says that no other point can be trained either: the data is not there, for one.
    """

    reason: str
    is_of_all: bool = False


@dataclass(frozen=True, slots=True)
class Killed:
    """The process was ended by a signal."""

    signal: int


Message = Prepared | Epoch | Figures | Pruned | Diverged | Failed
Ending = Figures | Pruned | Diverged | Failed | Killed
