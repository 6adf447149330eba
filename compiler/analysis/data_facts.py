"""Find out about the data of a spec: without loading it, in milliseconds, or from every row.

This is the only module of the compiler that imports the runtime: the parts that recognise and open
local data, which do not need TensorFlow. They are only imported for data at a path.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

from bnnc.errors import as_missing_extra
from bnnc.specs.data import AS_STORED, Reading
from bnnc.specs.shapes import Shape
from bnnc.specs.sources import DataFacts, arrays_refused, matching_paths, named_facts, source_path
from bnnc.specs.survey import Survey

_NAMES = 10_000  # of a folder that are compared with a missing one


@dataclass(frozen=True, slots=True)
class Found:
    """What is known about the data of a spec.

    Attributes:
        facts: facts about the data; None if nothing is known.
        absent: why the data cannot be looked at on this machine, in words.
        near: existing paths with a similar name, if the path does not exist.
        install: the library that looking at the data needs, if it is not installed, and how to
            install it.
        refused: why training would refuse the data, in words.
        refused_at: path in the spec of what the data cannot be used with.
        sizes_differ: whether it is refused because its images have several sizes.
    """

    facts: DataFacts | None = None
    absent: str | None = None
    near: tuple[str, ...] = ()
    install: str | None = None
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
                if not matching_paths(path):
                    return Found(absent="does not exist", near=_near(source, path))
            else:
                path.stat()
        except FileNotFoundError:
            return Found(absent="is a link to a path that does not exist")
        except (OSError, RuntimeError, ValueError) as error:
            return Found(absent=f"cannot be read ({getattr(error, 'strerror', None) or error})")
        try:
            found = _look_at_path(path, source, classes, reading)
        except ModuleNotFoundError as error:
            missing = as_missing_extra(error, "looking at it")
            if missing is None:
                raise
            return Found(absent="was not looked at", install=str(missing))
        if isinstance(found, Found):
            return found
        facts = found
    else:
        facts = facts.after_splits(reading.splits)
    return Found(facts.after_split(validation_split))


def _look_at_path(
    path: Path, source: str, classes: Sequence[str] | None, reading: Reading
) -> DataFacts | Found:
    """Facts about local data, or why training would refuse it."""
    from bnnc.runtime.data.errors import DataError, SizesDifferError, SpecDataError
    from bnnc.runtime.data.local_path import path_facts
    from bnnc.runtime.data.splits import facts_after_splits

    try:
        facts = path_facts(path, name=source, classes=classes, reading=reading)
        return facts_after_splits(facts, reading.splits)
    except SpecDataError as error:
        return Found(refused=str(error), refused_at=error.path)
    except DataError as error:
        if isinstance(error.__cause__, PermissionError):
            return Found(absent="cannot be read: permission denied")
        return Found(refused=str(error), sizes_differ=isinstance(error, SizesDifferError))


@dataclass(frozen=True, slots=True)
class Look:
    """What a spec says about its data: what a survey looks at.

    Attributes:
        source: a name or a path.
        folder: the folder that a path is relative to; the current folder if None.
        validation_split: share of the rows used for validation.
        seed: seed of that choice.
        classes: names of the classes in their order, if the spec has them.
        reading: how the spec says that the rows are read.
        shape: of one image.
        output_classes: classes of the output.
    """

    source: str
    folder: str | None = None
    validation_split: float = 0.0
    seed: int = 0
    classes: Sequence[str] | None = None
    reading: Reading = AS_STORED
    shape: Shape | None = None
    output_classes: int | None = None


@dataclass(frozen=True, slots=True)
class Looking:
    """How every row is looked at.

    Attributes:
        pictures: rows of each class that the survey shows; 0 for none.
        progress: called with the number of rows that were looked at, and of all rows.
    """

    pictures: int = 0
    progress: Callable[[int, int], None] | None = None


def survey_data(look: Look, how: Looking) -> Survey:
    """Look at every row of a source. Raises: DataError for data that cannot be looked at."""
    return _survey(look, how)[0]


def find_in_rows(look: Look, how: Looking, found: Found) -> tuple[Survey | None, Found]:
    """Look at every row of a source: the survey, and what is known of the data then.

    Data that is not there has no survey, and neither has data that cannot be read at all.

    Args:
        look: what to look at.
        how: how it is looked at.
        found: what is known without loading the data.
    """
    if found.absent is not None:
        return None, found
    from bnnc.runtime.data.errors import DataError, SizesDifferError, SpecDataError

    try:
        survey, refusal = _survey(look, how)
    except SpecDataError as error:
        return None, Found(refused=str(error), refused_at=error.path)
    except DataError as error:
        return None, Found(refused=str(error))
    if refusal is not None:
        differ = isinstance(refusal, SizesDifferError)
        return survey, Found(refused=str(refusal), sizes_differ=differ)
    if found.refused is not None and not survey.unreadable:
        return survey, found
    facts = found.facts or DataFacts(name=look.source, label_columns=1)
    return survey, Found(_facts_of(survey, facts))


def _facts_of(survey: Survey, facts: DataFacts) -> DataFacts:
    """Facts about the data, with what every row shows."""
    return replace(
        facts,
        rows=survey.rows.get("train"),
        shape=survey.shape,
        dtype=survey.dtype,
        values=survey.values,
        class_names=survey.class_names,
        label_counts=survey.stored_counts or facts.label_counts,
    )


def _survey(look: Look, how: Looking) -> tuple[Survey, Exception | None]:
    from bnnc.runtime.data.survey import survey_data

    return survey_data(
        look.source,
        relative_to=None if look.folder is None else Path(look.folder),
        classes=look.classes,
        reading=look.reading,
        validation_fraction=look.validation_split,
        seed=look.seed,
        shape=look.shape,
        output_classes=look.output_classes,
        pictures=how.pictures,
        progress=how.progress,
    )


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
