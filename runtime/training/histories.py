"""Show and return the metrics of `fit`, by the `verbose` and `History` of Keras."""

import sys
from collections.abc import Sequence
from typing import Any, Literal

import keras

from bnnc.errors import ArgumentError

SPEED = frozenset({"seconds", "images_per_second"})
"""How fast an epoch was: in its logs, beside the metrics."""

Verbose = int | Literal["auto"]


def level_of(verbose: Verbose) -> int:
    """Keras's verbosity: 0 is silent, 1 a progress bar, 2 a line an epoch.

    "auto" is 1 on a terminal and in a notebook, and 2 elsewhere: in a file, each step of a bar
    would be a line. Raises: ArgumentError for any other value.
    """
    if verbose == "auto":
        return 1 if sys.stdout.isatty() or "ipykernel" in sys.modules else 2
    if verbose not in (0, 1, 2):
        raise ArgumentError(f'Expected `verbose` to be "auto", 0, 1 or 2. Received: {verbose!r}')
    return int(verbose)


class ProgressBar(keras.callbacks.ProgbarLogger):
    """Keras's progress bar without what only the history has: seconds and images per second."""

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Show the metrics of an epoch."""
        kept = {name: one for name, one in (logs or {}).items() if name not in SPEED}
        super().on_epoch_end(epoch, kept)


def joined(histories: Sequence[keras.callbacks.History]) -> keras.callbacks.History:
    """The histories of an ensemble's members, one after the other, with a list `member`."""
    whole = keras.callbacks.History()
    whole.set_params(histories[0].params)
    whole.epoch = [epoch for one in histories for epoch in one.epoch]
    whole.history["member"] = [number for number, one in enumerate(histories) for _ in one.epoch]
    for one in histories:
        for name, values in one.history.items():
            whole.history.setdefault(name, []).extend(values)
    return whole
