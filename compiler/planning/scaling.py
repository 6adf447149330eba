"""What several workers gain: the time of a step on each, and of the gradients between them.

Each worker computes its rows of the batch, then all add up their gradients in a ring: each sends
2 (n - 1) messages of 1/n of the gradients (Patarasuk and Yuan 2009, doi:10.1016/j.jpdc.2008.09.002).
The two are counted one after the other, as TensorFlow's collectives of a step run at its end.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from bnnc.compiler.planning.plan import Plan, size_text

# Gradients are float32, whatever the layers compute in.
_BYTES: Final = 4
# Of one message: a TCP connection within one building, and TensorFlow's share.
LATENCY: Final = 2e-4
# Gbit/s: an office, a cloud machine, a cluster's Ethernet, its InfiniBand.
BANDWIDTHS: Final = (1, 10, 25, 100)


def gradient_bytes(plan: Plan) -> int:
    """Bytes of the gradients of one step."""
    return _BYTES * plan.trainable


def ring_seconds(size: int, workers: int, gbits: float, latency: float = LATENCY) -> float:
    """Seconds in which a ring of workers adds up `size` bytes.

    Args:
        gbits: bandwidth of each worker's connection, Gbit/s in each direction.
        latency: seconds that a message takes besides.
    """
    messages = 2 * (workers - 1)
    return messages * (size / workers * 8 / (gbits * 1e9) + latency)


@dataclass(frozen=True)
class Step:
    """How long a training step takes in one process.

    Args:
        overhead: seconds that it takes for any number of rows.
        of_row: seconds for each row more.
    """

    overhead: float
    of_row: float

    def seconds(self, rows: int, size: int, workers: int, gbits: float) -> float:
        """Seconds of a step of `rows` rows over all workers, the slowest of which has one row more."""
        own = -(-rows // workers)
        compute = self.overhead + self.of_row * own
        return compute + (ring_seconds(size, workers, gbits) if workers > 1 else 0.0)


def last_worth(step: Step, rows: int, size: int, gbits: float, counts: Sequence[int]) -> int:
    """The largest of the counts of workers that uses at least half of each; 1 if none does."""
    alone = step.seconds(rows, size, 1, gbits)
    worth = [
        one
        for one in counts
        if one <= rows and alone / step.seconds(rows, size, one, gbits) >= one / 2
    ]
    return max(worth, default=1)


def table_of(plan: Plan, workers: int) -> list[tuple[str, str]]:
    """What the plan says about so many workers: name and value of each line."""
    size, rows = gradient_bytes(plan), plan.batch_size
    if workers > rows:
        most = f"a batch of {rows} rows cannot be divided over them: write a `training.batch_size`"
        return [("workers", f"{workers}; {most} of {workers} or more")]
    each = -(-rows // workers)
    lines = [
        ("workers", f"{workers}, each with {each} rows of a batch of {rows}"),
        ("gradients", f"{size_text(size)} a step, which all workers add up"),
    ]
    for gbits in BANDWIDTHS:
        seconds = ring_seconds(size, workers, gbits)
        lines.append(
            (
                f"at {gbits} Gbit/s",
                f"{_time(seconds)} a step between them; {workers} workers are more than half used if "
                f"a step takes {_time(seconds * workers)} or more on one",
            )
        )
    return lines


def as_json(plan: Plan, workers: int) -> dict[str, Any]:
    """The same as values: bytes, and seconds by bandwidth in Gbit/s."""
    size = gradient_bytes(plan)
    return {
        "workers": workers,
        "rows_per_worker": -(-plan.batch_size // workers),
        "gradient_bytes": size,
        "ring_seconds": {str(one): ring_seconds(size, workers, one) for one in BANDWIDTHS},
    }


def _time(seconds: float) -> str:
    return f"{seconds:.3g} s" if seconds >= 1 else f"{1000 * seconds:.3g} ms"
