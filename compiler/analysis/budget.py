"""How much training a spec asks for: rows, steps, and how far its optimizer can carry a weight."""

from __future__ import annotations

import os
from contextlib import suppress
from math import sqrt
from pathlib import Path as File
from statistics import fmean

from bnnc.compiler.analysis.view import View
from bnnc.compiler.text.tree import Path
from bnnc.specs.optimizers import Optimizer
from bnnc.specs.optimizers.adagrad import Adagrad
from bnnc.specs.optimizers.sgd import SGD
from bnnc.specs.schedules import CosineDecay, ExponentialDecay, ScheduleSection

FLOAT_BYTES = 4
# Moments of the training at which a schedule is asked for its rate.
_SLICES = 1000
# Where Linux says how much memory a container may use.
_CONTAINER_LIMITS = ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes")
_CONTAINER = "/sys/fs/cgroup"


def steps_known(view: View) -> int | None:
    """The changes of the weights in the whole training; needs `training`."""
    batches_of_an_epoch = view.steps_per_epoch
    if batches_of_an_epoch is None:
        return None
    training = view.training
    batches = training.epochs * batches_of_an_epoch
    return max(batches // training.optimizer.gradient_accumulation_steps, 1)


def is_bounded(optimizer: Optimizer) -> bool:
    """Whether a step moves every weight by about the learning rate, whatever the gradient."""
    return not isinstance(optimizer, SGD)


def usual_rate(optimizer: Optimizer) -> float:
    """A learning rate that most networks learn with; `benchmarks/thresholds.md` has others."""
    return 0.003 if is_bounded(optimizer) else round(0.1 * (1 - _momentum(optimizer)), 6)


def mean_rate(optimizer: Optimizer, epochs: int) -> float:
    """Mean learning rate over the training; with momentum, what the sum of its steps has."""
    return fmean(_rates(optimizer, epochs)) / (1 - _momentum(optimizer))


def peak_rate(optimizer: Optimizer, epochs: int) -> float:
    """Highest learning rate of the training; with momentum, as in `mean_rate`."""
    return max(_rates(optimizer, epochs)) / (1 - _momentum(optimizer))


def reach(optimizer: Optimizer, epochs: int, steps: int) -> float:
    """The sum of the learning rates of all steps."""
    total = mean_rate(optimizer, epochs) * steps
    # Adagrad divides step t by about the root of t.
    return 2 * total / sqrt(steps) if isinstance(optimizer, Adagrad) else total


def rate_path(optimizer: Optimizer) -> Path:
    """The path of the number that the other rates of the training are proportional to, mostly."""
    rate = optimizer.learning_rate
    path: Path = ("training", "optimizer", "learning_rate")
    if not isinstance(rate, ScheduleSection):
        return path
    if getattr(rate, "warmup_target", None) is not None:
        return (*path, "warmup_target")
    return (*path, "initial_learning_rate" if hasattr(rate, "initial_learning_rate") else "values")


def is_one_rate(optimizer: Optimizer) -> bool:
    """Whether every rate of the training is a multiple of the number at `rate_path`."""
    rate = optimizer.learning_rate
    if isinstance(rate, CosineDecay):
        return rate.warmup_target is None
    return isinstance(rate, float | int | ExponentialDecay)


def step_bytes(
    *,
    weights: int,
    trained: int,
    slots: int,
    batch_size: int,
    outputs: int,
    drawn: int = 0,
    members: int = 1,
) -> int:
    """Estimate of the memory that a training step holds.

    Weights with their gradients and optimizer slots, and for each example of the batch every
    output with its gradient; draws of kernels beyond one each; TensorFlow's own buffers are not in it. Of an ensemble all weights
    and slots are there, and the gradients of the member that is trained.
    """
    held = members * (weights + trained * slots)
    return FLOAT_BYTES * (held + trained + drawn + 2 * batch_size * outputs)


def machine_bytes() -> int | None:
    """Memory of this machine, or of the container that bnnc runs in; None where nothing says."""
    try:
        sizes = [os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")]
    except (AttributeError, ValueError, OSError):  # not every system has them
        return None
    for path in _CONTAINER_LIMITS:
        try:
            limit = File(path).read_text(encoding="ascii").strip()
        except (OSError, UnicodeDecodeError):
            continue
        if limit.isdecimal():
            sizes.append(int(limit))
    return min((size for size in sizes if size > 0), default=None)


def available_bytes() -> int | None:
    """Memory that new processes may use now; None where nothing says."""
    sizes = [size for size in (machine_bytes(),) if size is not None]
    # Neither of them is on every system.
    with suppress(OSError, ValueError, KeyError):
        sizes.append(_numbers_of("/proc/meminfo")["MemAvailable"] * 1024)
    with suppress(OSError, ValueError, KeyError):
        use = int(File(f"{_CONTAINER}/memory.current").read_text(encoding="ascii"))
        files = _numbers_of(f"{_CONTAINER}/memory.stat")["file"]  # which make room when asked to
        sizes.append(max(sizes[0] - (use - files), 0))
    return min(sizes, default=None)


def _numbers_of(path: str) -> dict[str, int]:
    """The numbers of a file of the system's own, by their names."""
    lines = (line.split() for line in File(path).read_text(encoding="ascii").splitlines())
    return {line[0].rstrip(":"): int(line[1]) for line in lines if len(line) > 1}


def _rates(optimizer: Optimizer, epochs: int) -> list[float]:
    rate = optimizer.learning_rate
    if not isinstance(rate, ScheduleSection):
        return [rate]
    # From the first moment to the last: the highest rate is often one of them.
    return [rate.rate_at(epochs * place / _SLICES, epochs) for place in range(_SLICES + 1)]


def _momentum(optimizer: Optimizer) -> float:
    return getattr(optimizer, "momentum", 0.0)
