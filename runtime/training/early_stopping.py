"""Early stopping, by the rules of `keras.callbacks.EarlyStopping`, and resumable.

Keras's callback forgets what it knew when the process ends. Here it is a part of the model, and
saved in the one file that holds the weights, so that the two cannot disagree.
"""

import math
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from bnnc.specs.training import EarlyStopping


@dataclass
class EarlyStoppingState:
    """State of early stopping, which is saved with the weights.

    Attributes:
        best: the lowest of them; None before the first.
        best_epoch: the epoch that had it, counted from 1; 0 before the first.
        wait: watched epochs since then.
        stopped: whether the training ended before its epochs were over.
        restored: whether the weights are those of the best epoch, put back at the end.
        best_weights: the weights of the best epoch, where they are to be restored.
    """

    best: float | None = None
    best_epoch: int = 0
    wait: int = 0
    stopped: bool = False
    restored: bool = False
    best_weights: tuple[npt.NDArray[Any], ...] = ()

    def update(self, section: EarlyStopping, model: Any, epoch: int, loss: float) -> None:
        """Take note of the validation loss of an epoch, counted from 0."""
        if epoch < section.start_from_epoch:
            return
        self.wait += 1
        # Not a number is no best one; Keras would never find a better.
        better = self.best is None or loss + section.min_delta < self.best
        if better and math.isfinite(loss):
            self.best, self.best_epoch, self.wait = loss, epoch + 1, 0
            if section.restore_best_weights:
                self.best_weights = tuple(np.array(one) for one in model.weights)
        elif self.wait >= section.patience and epoch > 0:
            self.stopped = True

    def restore(self, model: Any) -> None:
        """Put the weights of the best epoch into the model; they need not be kept any longer."""
        if self.best_weights:
            for weight, best in zip(model.weights, self.best_weights, strict=True):
                weight.assign(best)
            self.best_weights = ()
            self.restored = True

    def get_config(self) -> dict[str, Any]:
        """Everything but the weights, as plain values."""
        names = ("best", "best_epoch", "wait", "stopped", "restored")
        return {name: getattr(self, name) for name in names}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Self:
        """Restore the state from `get_config`. Raises: ValueError for anything else."""
        made = cls(**config)
        counts = all(type(one) is int and one >= 0 for one in (made.best_epoch, made.wait))
        flags = all(type(one) is bool for one in (made.stopped, made.restored))
        best = made.best is None or (type(made.best) is float and math.isfinite(made.best))
        if not (counts and flags and best):
            raise ValueError(f"Expected the state of early stopping. Received: {config!r}")
        return made

    def save_weights(self, store: Any) -> None:
        """Write the best weights into what Keras keeps for a model."""
        for index, weight in enumerate(self.best_weights):
            store[f"best_{index}"] = weight

    def load_weights(self, store: Any) -> None:
        """Read the best weights back, if there are any."""
        count = sum(name.startswith("best_") for name in store.keys())  # noqa: SIM118
        names = [f"best_{index}" for index in range(count)]
        self.best_weights = tuple(np.array(store[name]) for name in names)
