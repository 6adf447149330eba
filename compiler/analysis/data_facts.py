"""Find out about the data of a spec without loading it, in milliseconds.

This is the only module of the compiler that imports the runtime: the parts that recognise and open
local data, which do not need TensorFlow. They are only imported for data at a path.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

from bnnc.specs.data import AS_STORED, Reading
from bnnc.specs.sources import DataFacts, arrays_refused, named_facts, source_path

_NAMES = 10_000  # of a folder that are compared with a missing one


@dataclass(frozen=True, slots=True)
class Found:
    """What is known about the data of a spec.

    Attributes:
        facts: facts about the data; None if nothing is known.
        absent: why the data cannot be looked at on this machine, in words.
        near: existing paths with a similar name, if the path does not exist.
        refused: why training would refuse the data, in words.
        refused_at: path in the spec of what the data cannot be used with.
        sizes_differ: whether it is refused because its images have several sizes.
    """

    facts: DataFacts | None = None
    absent: str | None = None
    near: tuple[str, ...] = ()
    refused: str | None = None
    refused_at: tuple[str, ...] = ("data", "source")
    sizes_differ: bool = False


def find_data(
    source: str,
    folder: str | None,
    validation_split: float,
    classes: Sequence[str] | None = None,
    reading: Reading = AS_STORED,
) -> Found:
    """Look at the data of a source without loading it.

    The facts of a named source are known without its files, which may be downloaded later.

    Args:
        source: a name or a path.
        folder: the folder that a path is relative to; the current folder if None.
        validation_split: share of the rows used for validation.
        classes: names of the classes in their order, if the spec has them.
        reading: how the spec says that the rows are read.
    """
    facts = named_facts(source)
    unused = arrays_refused(source, reading) if facts is not None else None
    if unused is not None:
        return Found(refused=unused[0], refused_at=("data", unused[1]))
    if facts is not None and facts.shape is not None and reading.resize is not None:
        resize = reading.resize
        facts = replace(facts, shape=(resize.height, resize.width, *facts.shape[2:]))
    if facts is None:
        try:
            path = source_path(source, folder)
            if not os.path.lexists(path):
                return Found(absent="does not exist", near=_near(source, path))
            path.stat()
        except FileNotFoundError:
            return Found(absent="is a link to a path that does not exist")
        except (OSError, RuntimeError, ValueError) as error:
            return Found(absent=f"cannot be read ({getattr(error, 'strerror', None) or error})")
        from bnnc.runtime.data.errors import DataError, SizesDifferError, SpecDataError
        from bnnc.runtime.data.local_path import path_facts
        from bnnc.runtime.data.splits import facts_after_splits

        try:
            facts = path_facts(path, name=source, classes=classes, reading=reading)
            facts = facts_after_splits(facts, reading.splits)
        except SpecDataError as error:
            return Found(refused=str(error), refused_at=error.path)
        except DataError as error:
            if isinstance(error.__cause__, PermissionError):
                return Found(absent="cannot be read: permission denied")
            return Found(refused=str(error), sizes_differ=isinstance(error, SizesDifferError))
    else:
        facts = facts.after_splits(reading.splits)
    return Found(facts.after_split(validation_split))


def _near(source: str, path: Path) -> tuple[str, ...]:
    """Existing paths with a similar name, in the form of the missing path."""
    from difflib import get_close_matches  # imported here because the data mostly exists

    try:
        with os.scandir(path.parent) as entries:
            names = [entry.name for entry in islice(entries, _NAMES)]
    except (OSError, ValueError):
        return ()
    start = source[: len(source.rstrip("/")) - len(path.name)]
    return tuple(start + name for name in get_close_matches(path.name, names, n=3, cutoff=0.8))
