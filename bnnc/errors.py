"""Errors of the Python API that the caller can solve. Imports no TensorFlow.

`bnnc.SpecError`, which carries diagnostics, is defined in `bnnc.compiler.report`.
"""

from __future__ import annotations

import importlib.util
import sys

from bnnc.printable import PrintableError


class BnncError(PrintableError):
    """The base class of every error below: the message says what is wrong, and the way out."""

    def _render_traceback_(self) -> list[str]:
        """The lines that IPython and Jupyter show: the caller's frames and the message.

        IPython asks an exception for this method by its name. The frames of bnnc, Keras and
        TensorFlow are left out, because the way out is in the caller's code or data.
        """
        import traceback  # not needed until an error is shown

        frames = [
            frame
            for frame, _ in traceback.walk_tb(self.__traceback__)
            if frame.f_globals.get("__name__", "").partition(".")[0] not in _LIBRARIES
        ]
        lines = [(frame, frame.f_lineno) for frame in frames]
        shown = traceback.StackSummary.extract(iter(lines))
        head = (
            ["Traceback (most recent call last):", *traceback.format_list(shown)] if shown else []
        )
        last = traceback.format_exception_only(type(self), self)
        return [line.rstrip("\n") for line in (*head, *last)]


# Whose frames say nothing about the caller's mistake.
_LIBRARIES = frozenset({"bnnc", "IPython", "keras", "tensorflow", "contextlib"})


class InternalError(Exception):
    """A broken invariant: a bug in bnnc, never something that a user wrote."""


class SpecFileError(BnncError, OSError):
    """A spec file that cannot be read."""


class SpecNotFoundError(SpecFileError, FileNotFoundError):
    """There is no file at the path of a spec."""


class BackendError(BnncError, ImportError):
    """Keras runs on another backend than TensorFlow; the message says how to change that."""


class MissingExtraError(BnncError, ImportError):
    """A library that this call needs is not installed; the message says how to install it."""

    def __init__(self, library: str, extra: str, purpose: str) -> None:
        super().__init__(
            f"{purpose} needs {library}, which is not installed: `pip install 'bnnc[{extra}]'`"
        )


class LoggingError(BnncError):
    """An experiment logger that cannot be reached, or that refuses what it is given."""


# What training needs beside bnnc itself: the name that is imported, and the library's own.
_TENSORFLOW = {"tensorflow": "TensorFlow", "tensorflow_probability": "TensorFlow Probability"}
_RUNTIME = {
    "numpy": "NumPy",
    "keras": "Keras",
    "scipy": "SciPy",
    "sklearn": "scikit-learn",
    "google_crc32c": "google-crc32c",
    "h5py": "h5py",
    "PIL": "Pillow",
    "threadpoolctl": "threadpoolctl",
}
# What data is read with.
_DATA = ("numpy", "h5py", "PIL")


def refuse_missing_runtime(purpose: str, *, only_data: bool = False) -> None:
    """Raise MissingExtraError if a library that training needs is not installed.

    None is imported for that, as TensorFlow takes seconds.

    Args:
        purpose: what needs it, as the subject of a sentence.
        only_data: whether it reads data, and needs nothing else.
    """
    for name in _DATA if only_data else (*_TENSORFLOW, *_RUNTIME):
        if name not in sys.modules and not _is_installed(name):
            raise MissingExtraError(*_library_and_extra(name), purpose)


def as_missing_extra(error: ModuleNotFoundError, purpose: str) -> MissingExtraError | None:
    """The error that says how to install what an import did not find; None for a bug of bnnc."""
    name = (error.name or "").partition(".")[0]
    if name not in {**_TENSORFLOW, **_RUNTIME} or _is_installed(name):
        return None
    return MissingExtraError(*_library_and_extra(name), purpose)


def has_tensorflow() -> bool:
    """Whether models can be built here: whether TensorFlow is installed. Does not import it."""
    return _is_installed("tensorflow")


def _is_installed(name: str) -> bool:
    try:
        return importlib.util.find_spec(name) is not None
    except (ImportError, ValueError):  # a finder that refuses; a module without a spec
        return name in sys.modules


def _library_and_extra(name: str) -> tuple[str, str]:
    # Whoever has TensorFlow in another build than PyPI's must not be told to install that one.
    if name in _TENSORFLOW:
        return _TENSORFLOW[name], "tf"
    return _RUNTIME[name], "runtime" if has_tensorflow() else "tf"


class ArgumentError(BnncError, ValueError):
    """An argument out of its range, or two that contradict each other."""


class DataError(BnncError):
    """Data that cannot be trained on, or predicted for, as it is.

    The message says what is wrong and where (file, row), what was expected, what was received, and
    the way out. It is raised before training starts.
    """


class ArtifactError(BnncError):
    """A folder that does not hold a program."""


class IdentityError(ArtifactError):
    """Files in one folder that were not written together."""


class OutputError(BnncError):
    """A place that results cannot be written to."""


class ExportError(BnncError):
    """A program that a format cannot hold, or that it does not run as the program does."""


class RunError(BnncError):
    """A run that cannot be started or resumed."""


class SweepError(BnncError):
    """A sweep that cannot be started, joined or read."""


class WeightsError(BnncError):
    """A file of weights that cannot be used."""


class DownloadError(BnncError):
    """Weights that Keras could not download; the message names the file."""


class DivergedError(BnncError):
    """The loss is no longer a finite number; the message says when, and what to try.

    Attributes:
        epoch, step: where it happened, counted from 1.
    """

    def __init__(self, loss: float, epoch: int, step: int) -> None:
        super().__init__(
            f"the loss is {loss} in step {step} of epoch {epoch}: training has diverged. A smaller "
            "`learning_rate` is the first thing to try"
        )
        self.epoch, self.step = epoch, step
        self._loss = loss

    def __reduce__(self) -> tuple[type[DivergedError], tuple[float, int, int]]:
        return DivergedError, (self._loss, self.epoch, self.step)


class DeviceError(BnncError):
    """A request that these devices cannot fulfil; the message says what they can do."""


class WorkerError(BnncError):
    """A worker of a training on several machines that ended, or that does not answer."""


class DataWarning(UserWarning):
    """Data that can be trained on, and will be learned worse than it could be."""
