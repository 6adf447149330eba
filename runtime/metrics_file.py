"""Read `metrics.jsonl`, the metrics of the epochs of a run. Imports no TensorFlow."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

from bnnc.errors import RunError
from bnnc.runtime.artifacts import METRICS
from bnnc.system.reading import read_text

_MAX_METRICS_BYTES = 2**30  # some million epochs


def read_metrics(folder: Path, *epochs: int) -> list[dict[str, Any]]:
    """The metrics of the first `epochs` epochs of a run; of an ensemble, of each member in turn."""
    path = folder / METRICS
    if not path.exists():
        return []
    try:
        lines = [
            json.loads(line) for line in read_text(path, limit=_MAX_METRICS_BYTES).splitlines()
        ]
        return _first_of_each(lines, epochs)
    except (OSError, ValueError, RecursionError) as error:
        raise RunError(
            f"{path} cannot be read: {error}. Move it away: the run continues without the metrics "
            "of its first epochs"
        ) from error


def _first_of_each(lines: list[Any], epochs: tuple[int, ...]) -> list[dict[str, Any]]:
    """The first lines of each member, as many as it has epochs. Raises: ValueError."""
    seen: Counter[int] = Counter()
    history: list[dict[str, Any]] = []
    for number, line in enumerate(lines, start=1):
        member = line.get("member", 0) if isinstance(line, dict) else None
        if type(member) is not int or not 0 <= member < len(epochs) or not _is_epoch(line):
            raise ValueError(f"line {number} is not of this run: {repr(line)[:100]}")
        seen[member] += 1
        if seen[member] <= epochs[member]:
            history.append(line)
    return history


def _is_epoch(line: dict[str, Any]) -> bool:
    """Whether a line has the number of an epoch, and numbers alone."""
    return type(line.get("epoch")) is int and all(
        isinstance(one, int | float) for one in line.values()
    )
