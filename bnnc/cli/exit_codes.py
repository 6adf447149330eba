"""Exit codes, and errors that the user can solve."""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Iterator
from types import FrameType

from bnnc.errors import (
    ArtifactError,
    DataError,
    DeviceError,
    DivergedError,
    DownloadError,
    ExportError,
    LoggingError,
    MissingExtraError,
    OutputError,
    RunError,
    SweepError,
    WeightsError,
    WorkerError,
)
from bnnc.printable import PrintableError
from bnnc.system.quiet import quiet_start

FINE = 0
FINDINGS = 1  # the spec has errors
WRONG_USE = 2  # wrong arguments, or a file or folder that cannot be used
FAILED_WHILE_RUNNING = 3  # a valid spec on valid data diverged, or did not fit into memory
BUG = 70  # a bug in bnnc
INTERRUPTED = 130  # what a shell reports for a program that Ctrl-C ended


class UserError(PrintableError):
    """Something that the user can solve: the message says what, and the way out."""

    def __init__(self, message: str, exit_code: int = WRONG_USE) -> None:
        super().__init__(message)
        self.exit_code = exit_code


class TerminatedError(BaseException):
    """A signal that asks the process to end, such as SIGTERM; no Exception, as Ctrl-C is none."""

    def __init__(self, number: int) -> None:
        super().__init__(f"terminated by {signal.Signals(number).name}")
        self.exit_code = 128 + number  # as a shell reports it


@contextlib.contextmanager
def ended_by_signals() -> Iterator[None]:
    """Raise TerminatedError where SIGTERM or SIGHUP would end the process at once.

    The second signal does end it at once. What is ignored, as SIGHUP under `nohup`, stays ignored.
    """

    def end(number: int, _: FrameType | None) -> None:
        signal.signal(number, signal.SIG_DFL)
        raise TerminatedError(number)

    if threading.current_thread() is not threading.main_thread():
        yield  # Python sets handlers in the main thread only
        return
    handled = [
        one for one in (signal.SIGTERM, signal.SIGHUP) if signal.getsignal(one) is signal.SIG_DFL
    ]
    for one in handled:
        signal.signal(one, end)
    try:
        yield
    finally:
        for one in handled:
            signal.signal(one, signal.SIG_DFL)


@contextlib.contextmanager
def refusals() -> Iterator[None]:
    """Turn the refusals of bnnc into errors of the user; anything else is a bug and passes."""
    try:
        yield
    except (
        ArtifactError,
        DataError,
        MissingExtraError,
        OutputError,
        RunError,
        SweepError,
        WeightsError,
    ) as error:
        raise UserError(str(error)) from error
    except (
        DeviceError,
        DivergedError,
        DownloadError,
        ExportError,
        LoggingError,
        WorkerError,
    ) as error:
        raise UserError(str(error), FAILED_WHILE_RUNNING) from error


@contextlib.contextmanager
def user_errors() -> Iterator[None]:
    """As `refusals`, and import TensorFlow quietly; a lack of memory is refused too."""
    with quiet_start():
        import tensorflow as tf

        tf.config.list_physical_devices()  # looks for a GPU, and complains where there is none

    try:
        with refusals():
            yield
    except tf.errors.ResourceExhaustedError as error:
        first = str(error).splitlines()[0]
        raise UserError(
            f"out of memory: {first}. A smaller `training.batch_size`, or a smaller model, may fit",
            FAILED_WHILE_RUNNING,
        ) from error
