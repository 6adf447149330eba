"""The processes of a training on several machines: one prints and writes, the others follow."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, redirect_stderr, redirect_stdout

from bnnc.cli.terminal import echo


@contextmanager
def as_one_of_workers() -> Iterator[None]:
    """Join the workers of the environment, if any; those that are not the chief print errors alone.

    When this one fails, the others are told why. Imports TensorFlow.

    Raises: DeviceError, WorkerError as `bnnc.runtime.workers.join`.
    """
    from bnnc.runtime import workers

    workers.join()
    with workers.telling_failures(), ExitStack() as quiet:
        if not workers.is_chief():
            nowhere = quiet.enter_context(open(os.devnull, "w", encoding="utf-8"))
            quiet.enter_context(redirect_stdout(nowhere))
            quiet.enter_context(redirect_stderr(nowhere))
        elif workers.count() > 1:
            echo(f"training on {workers.count()} workers; this is {workers.described()}", err=True)
        yield
