"""What every experiment logger can do."""

from __future__ import annotations

import importlib.util
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING, ClassVar, Literal

from bnnc.errors import LoggingError, MissingExtraError
from bnnc.printable import harmless

if TYPE_CHECKING:
    from pathlib import Path

    import keras

    from bnnc.runtime.program import Program

LoggerName = Literal["tensorboard", "mlflow", "wandb"]
TITLES: dict[LoggerName, str] = {
    "tensorboard": "TensorBoard",
    "mlflow": "MLflow",
    "wandb": "Weights & Biases",
}
"""The loggers, and their names as people write them. The libraries are called like the keys."""
Status = Literal["finished", "failed", "killed"]


class Logger(ABC):
    """A run as an experiment logger has it; opened by its constructor, ended by `close`.

    Attributes:
        title: its name as people write it.
        place: where its page is, or the command that shows it.
    """

    title: ClassVar[str]
    place: str

    @abstractmethod
    def __init__(self, folder: Path, program: Program, text: str) -> None:
        """Begin, or go on with, the run of a folder; `text` is its spec.

        Raises: MissingExtraError, LoggingError.
        """

    @abstractmethod
    def member(self, number: int) -> AbstractContextManager[keras.callbacks.Callback]:
        """The library's own callback, for the training of a member, counted from 0."""

    @abstractmethod
    def values(self, values: Mapping[str, float]) -> None:
        """Log the figures of an evaluation. Raises: LoggingError."""

    @abstractmethod
    def image(self, name: str, png: bytes) -> None:
        """Log a drawn figure. Raises: LoggingError."""

    @abstractmethod
    def close(self, status: Status) -> None:
        """Write what is left, and say how the training ended."""


def require_logger(name: LoggerName) -> None:
    """Raise MissingExtraError unless the library of a logger is installed. Imports nothing."""
    if importlib.util.find_spec(name) is None:
        raise MissingExtraError(TITLES[name], name, f"Logging to {TITLES[name]}")


@contextmanager
def errors_of(title: str) -> Iterator[None]:
    """Raise whatever a library raises as a LoggingError, in one line."""
    try:
        yield
    except Exception as error:
        lines = str(error).strip().splitlines() or [type(error).__name__]
        raise LoggingError(f"{title}: {harmless(lines[0].rstrip('.'))}") from error


def identity_of(program: Program) -> str:
    """What tells the run from all others; its files have it too."""
    return str(program.manifest["identity"])
