"""The interface and registry of the formats that predictions are exported to."""

import abc
import contextlib
import logging
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, ClassVar, Final, TypeVar

from bnnc.errors import ExportError
from bnnc.runtime.exporting.opening import Run
from bnnc.runtime.exporting.preflight import Precision


class Format(abc.ABC):
    """A file format, and the library that runs it."""

    name: ClassVar[str]
    # What it is called in a sentence.
    title: ClassVar[str]
    # Names of what it writes into a folder.
    files: ClassVar[frozenset[str]]
    # The most that an output in float32 may differ from `program.predict`: of probabilities and
    # entropies absolutely, of numbers relative to their size.
    tolerance: ClassVar[float] = 1e-5

    @property
    @abc.abstractmethod
    def runtime(self) -> str:
        """What its files are opened with, and its version; only where that is installed."""

    @abc.abstractmethod
    def write(
        self, folder: Path, predict: Any, description: str, precision: Precision, layers: set[str]
    ) -> None:
        """Write the function into an empty folder.

        Args:
            folder: the folder.
            predict: a `tf.function` of one tensor to named tensors, of constants alone.
            description: what it is, as JSON.
            precision: of the weights; another one than float32 only where it takes one.
            layers: names of the model's layers, for messages.

        Raises: ExportError for an operation that the format does not have.
        """

    @abc.abstractmethod
    def open(self, folder: Path) -> Run | None:
        """The function in a folder, in the format's own runtime; None if that is not installed."""

    def refused(self, operation: str, place: str, layers: set[str]) -> ExportError:
        """The error for an operation that the format does not have.

        Args:
            operation: TensorFlow's name of it.
            place: name of the operation in the graph, in which that of its layer may be.
            layers: names of the model's layers.
        """
        inside = [one for one in re.split(r"[/;:\s\"]+", place) if one in layers]
        where = f"the layer `{inside[-1]}`" if inside else "the prediction"
        return ExportError(
            f"{self.title} has no operation for `{operation}` of TensorFlow, which {where} needs: "
            "leave that layer out of the spec, or export with `--format saved-model`"
        )


@contextlib.contextmanager
def quiet(*loggers: str) -> Iterator[None]:
    """Without what some libraries log about conversions."""
    found = [logging.getLogger(name) for name in loggers]
    levels = [one.level for one in found]
    for one in found:
        one.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        for one, level in zip(found, levels, strict=True):
            one.setLevel(level)


_registered: dict[str, Format] = {}
FORMATS: Final[Mapping[str, Format]] = MappingProxyType(_registered)
FormatClass = TypeVar("FormatClass", bound=type[Format])


def format_of_files(name: str) -> Callable[[FormatClass], FormatClass]:
    """Register the decorated class under a name."""

    def register(made: FormatClass) -> FormatClass:
        made.name = name
        _registered[name] = made()
        return made

    return register
