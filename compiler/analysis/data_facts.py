"""Find facts about the data of a spec without loading it, in milliseconds.

The one module of the compiler that imports the runtime: the parts that recognise and open local
data, which need no TensorFlow. They are imported for data at a path alone.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from bnnc.specs.sources import DataFacts, named_facts, source_path

_NAMES = 10_000  # of a folder that are compared with a missing one


@dataclass(frozen=True, slots=True)
class Found:
    """What was found where a spec's data should be.

    Attributes:
        facts: what is known of the data; None where nothing is.
        absent: why there is nothing to look at on this machine, in words.
        near: names like that of a path that does not exist, in its folder.
        refused: why training would refuse what is there, in words.
    """

    facts: DataFacts | None = None
    absent: str | None = None
    near: tuple[str, ...] = ()
    refused: str | None = None


def find_data(
    source: str,
    folder: str | None,
    validation_split: float,
    classes: Sequence[str] | None = None,
) -> Found:
    """Look at the data of a source without loading it.

    A named source is known by its name: its files may be downloaded later.

    Args:
        source: a name or a path.
        folder: what a path is relative to; where we are if None.
        validation_split: share of the rows that is held out.
        classes: names of the classes in their order, where the spec says them.
    """
    facts = named_facts(source)
    if facts is None:
        try:
            path = source_path(source, folder)
            if not os.path.lexists(path):
                return Found(absent="does not exist", near=_near(source, path))
            path.stat()
        except FileNotFoundError:
            return Found(absent="is a broken link")
        except (OSError, RuntimeError, ValueError) as error:
            return Found(absent=f"cannot be read ({getattr(error, 'strerror', None) or error})")
        from bnnc.runtime.data.errors import DataError
        from bnnc.runtime.data.local_path import path_facts

        try:
            facts = path_facts(path, name=source, classes=classes)
        except DataError as error:
            if isinstance(error.__cause__, PermissionError):
                return Found(absent="is not readable for this user")
            return Found(refused=str(error))
    return Found(facts.after_split(validation_split))


def _near(source: str, path: Path) -> tuple[str, ...]:
    """Paths that may have been meant, written as the missing one is."""
    from difflib import get_close_matches  # here: data is mostly there

    try:
        with os.scandir(path.parent) as entries:
            names = [entry.name for entry in islice(entries, _NAMES)]
    except (OSError, ValueError):
        return ()
    start = source[: len(source.rstrip("/")) - len(path.name)]
    return tuple(start + name for name in get_close_matches(path.name, names, n=3, cutoff=0.8))
