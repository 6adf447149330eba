"""Load labelled images from a `source` of a spec."""

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from bnnc.runtime.data.class_order import with_class_names
from bnnc.runtime.data.dataset import Dataset
from bnnc.runtime.data.disk_cache import with_disk_cache
from bnnc.runtime.data.errors import DataError
from bnnc.runtime.data.known import KNOWN_SOURCES
from bnnc.runtime.data.local_path import KINDS, load_path, refuse_other_kinds
from bnnc.runtime.data.memory import fits_in_memory, refuse_beyond_memory_limit
from bnnc.runtime.data.resizing import refuse_unlike_files, resize_dataset
from bnnc.runtime.data.skipping import skip_unreadable
from bnnc.runtime.data.splits import split_dataset
from bnnc.specs.data import AS_STORED, Reading
from bnnc.specs.sources import is_other_data, matching_paths, source_meant, source_path


def load(
    source: str | os.PathLike[str],
    *,
    relative_to: Path | None = None,
    classes: Sequence[str] | None = None,
    reading: Reading = AS_STORED,
) -> Dataset:
    """Load labelled images by a known name or from a path.

    A string that is a known name (`KNOWN_SOURCES`) means that source, even where a folder of that
    name stands beside it; write `./digits`, or pass a Path, for the folder. A path that is not
    absolute starts at `relative_to` or, without it, in the current directory. `classes` are the
    names of the classes in their order: of class folders, exactly their names; of other data, names
    for the indices of its labels. `reading` is how a spec says that the rows are read.
    Raises: DataError for what is neither, or cannot be trained on; ClassesDifferError for data with
        other classes; SpecDataError for what cannot be read as `reading` says.
    """
    if reading.skips:
        streamed = replace(reading, streaming=True)
        dataset = split_dataset(
            load_unsplit(source, relative_to, classes, streamed), reading.splits
        )
        kept = skip_unreadable(dataset, keep=_is_kept(dataset, reading))
        return with_disk_cache(kept, reading)
    dataset = with_disk_cache(load_unsplit(source, relative_to, classes, reading), reading)
    return split_dataset(dataset, reading.splits)


def _is_kept(dataset: Dataset, reading: Reading) -> bool:
    """Whether images are read into memory. Raises: DataError for more than fits."""
    parts = (dataset.train, dataset.validation, dataset.test)
    size = sum(split.images.nbytes for split in parts if split is not None)
    if reading.streaming is False:
        refuse_beyond_memory_limit(size, where=dataset.name, way_out="Delete `data.streaming`.")
        return True
    return reading.streaming is None and fits_in_memory(size)


def load_unsplit(
    source: str | os.PathLike[str],
    relative_to: Path | None,
    classes: Sequence[str] | None,
    reading: Reading,
) -> Dataset:
    """The parts that a source has of its own, before `reading.splits`. Raises: as `load`."""
    if isinstance(source, str) and source in KNOWN_SOURCES:
        refuse_unlike_files(source, reading)
        dataset = resize_dataset(KNOWN_SOURCES[source].load(), reading.resize)
        return dataset if classes is None else with_class_names(dataset, classes)
    path = _existing_path(source, relative_to)
    return load_path(path, name=os.fspath(source), classes=classes, reading=reading)


def look_for(source: str | os.PathLike[str], *, relative_to: Path | None = None) -> None:
    """Refuse a source that is not there, or is no kind of data that bnnc reads. Raises: DataError."""
    if not (isinstance(source, str) and source in KNOWN_SOURCES):
        refuse_other_kinds(_existing_path(source, relative_to))


def _existing_path(source: str | os.PathLike[str], relative_to: Path | None) -> Path:
    name = os.fspath(source)
    try:
        path = source_path(name, relative_to)
        exists = name != "" and (path.exists() or bool(matching_paths(path)))
    except (OSError, RuntimeError) as error:  # too long a name; ~ of an unknown user
        raise DataError(f"{name}: cannot be read ({error}).") from error
    if exists:
        return path
    meant = source_meant(name)
    suggestion = f"Did you mean `{meant}`? " if meant else ""
    if is_other_data(name):
        suggestion = "bnnc does not download this data: save it in one of the forms below. "
    raise DataError(
        f"{name or 'an empty source'}: neither a known name nor an existing path ({path} was "
        f"looked for). {suggestion}Known names: {', '.join(KNOWN_SOURCES)}. A path is {KINDS}."
    )
