"""Hold back what libraries write to standard error while they are loaded."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator


@contextlib.contextmanager
def quiet_start() -> Iterator[None]:
    """Hold back what TensorFlow's libraries write to standard error while they are loaded.

    They log before they read their own log level, and what they say is of no use to someone who
    trains a model. It is shown after all if the import fails.
    """
    import tempfile  # here, as `check` does without it and should start fast

    sys.stderr.flush()
    try:
        file = tempfile.TemporaryFile()  # noqa: SIM115 - closed below
    except OSError:  # no folder for temporary files: what is not held back does no harm
        yield
        return
    kept = os.dup(2)
    with file as held:
        os.dup2(held.fileno(), 2)
        try:
            yield
        except BaseException:
            os.dup2(kept, 2)
            held.seek(0)
            os.write(2, held.read())
            raise
        finally:
            os.dup2(kept, 2)
            os.close(kept)
