"""How much training a spec asks for: rows, steps, and how far its optimizer can carry a weight."""

from __future__ import annotations

import os
from math import ceil
from pathlib import Path

from bnnc.compiler.view import View
from bnnc.specs.sources import rows_trained_on
from bnnc.specs.training import SGD, CosineDecay, Optimizer

FLOAT_BYTES = 4
# Where Linux says how much memory a container may use.
_CONTAINER_LIMITS = ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes")


def rows_known(view: View) -> int | None:
    """The rows trained on, where the spec names data whose size is known."""
    if not (view.has("data.source") and view.has("data.validation_split")) or view.data is None:
        return None
    return rows_trained_on(view.data.source, view.data.validation_split) or None


def steps_known(view: View) -> int | None:
    """The steps of the whole training; needs `training.batch_size` and `training.epochs`."""
    rows = rows_known(view)
    if rows is None:
        return None
    return view.training.epochs * ceil(rows / view.training.batch_size)


def is_bounded(optimizer: Optimizer) -> bool:
    """Whether a step moves every weight by about the learning rate, whatever the gradient."""
    return not isinstance(optimizer, SGD)


def mean_rate(optimizer: Optimizer) -> float:
    """Mean learning rate over the training; of SGD with momentum, what the sum of its steps has."""
    rate = optimizer.learning_rate
    mean = (
        rate.initial_learning_rate * (1 + rate.alpha) / 2 if isinstance(rate, CosineDecay) else rate
    )
    return mean / (1 - _momentum(optimizer))


def peak_rate(optimizer: Optimizer) -> float:
    """Highest learning rate of the training; of SGD with momentum, as in `mean_rate`."""
    rate = optimizer.learning_rate
    peak = rate.initial_learning_rate if isinstance(rate, CosineDecay) else rate
    return peak / (1 - _momentum(optimizer))


def step_bytes(*, weights: int, trained: int, slots: int, batch_size: int, outputs: int) -> int:
    """Estimate of the memory that a training step holds.

    Weights with their gradients and optimizer slots, and for each example of the batch every
    output with its gradient; TensorFlow's own buffers are not in it.
    """
    return FLOAT_BYTES * (weights + trained * (1 + slots) + 2 * batch_size * outputs)


def optimizer_slots(optimizer: Optimizer) -> int:
    """Numbers that the optimizer keeps for each weight."""
    if isinstance(optimizer, SGD):
        return int(optimizer.momentum > 0)
    return 2


def machine_bytes() -> int | None:
    """Memory of this machine, or of the container that bnnc runs in; None where nothing says."""
    try:
        sizes = [os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")]
    except (AttributeError, ValueError, OSError):  # not every system has them
        return None
    for path in _CONTAINER_LIMITS:
        try:
            limit = Path(path).read_text(encoding="ascii").strip()
        except (OSError, UnicodeDecodeError):
            continue
        if limit.isdecimal():
            sizes.append(int(limit))
    return min((size for size in sizes if size > 0), default=None)


def _momentum(optimizer: Optimizer) -> float:
    return optimizer.momentum if isinstance(optimizer, SGD) else 0.0
