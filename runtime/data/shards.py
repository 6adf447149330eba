"""Data that is divided into several files: a folder of them, a pattern, or a single one."""

import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from bnnc.runtime.data.class_folders import meant_part
from bnnc.runtime.data.errors import DataError
from bnnc.runtime.data.file_kinds import visible
from bnnc.specs.sources import matching_paths

Shards = dict[str, list[Path]]

# Entries of a folder that are looked at to tell what it is.
_LOOKED_AT: Final = 50


def holds_shards(folder: Path, is_shard: Callable[[Path], bool]) -> bool:
    """Whether a folder, or one of its folders train/, val/ and test/, has such files."""
    inside = visible(folder)[:_LOOKED_AT]
    if any(is_shard(entry) for entry in inside if entry.is_file()):
        return True
    parts = [entry for entry in inside if entry.is_dir() and meant_part(entry.name)]
    return any(
        is_shard(entry) for part in parts for entry in visible(part)[:_LOOKED_AT] if entry.is_file()
    )


def shards_of(path: Path, is_shard: Callable[[Path], bool]) -> Shards:
    """The files of `train`, `validation` and `test`, as far as they are there, sorted by name.

    The part is the name of the folder that a file is in, as `train/`, or a word of the file's own
    name, as in `train-00000-of-00008.tfrecord`. Where no name says a part, all files are `train`; a
    single file is too.
    Raises: DataError for files of which some names say a part and others none, and without `train`.
    """
    if path.is_file():
        return {"train": [path]}
    if path.is_dir():
        inside = visible(path)
        folders = {entry: meant_part(entry.name) for entry in inside if entry.is_dir()}
        own = [entry for entry in inside if entry.is_file() and is_shard(entry)]
        within = {
            part: [entry for entry in visible(folder) if entry.is_file() and is_shard(entry)]
            for folder, part in folders.items()
            if part is not None
        }
        if any(within.values()):
            if own:
                raise DataError(
                    f"{path}: {own[0].name} is next to folders of such files. Expected all of them "
                    "in the folders train/ and, optionally, val/ and test/."
                )
            return _with_training(path, {part: files for part, files in within.items() if files})
    else:
        own = [entry for entry in matching_paths(path) if entry.is_file() and is_shard(entry)]
    if not own:
        raise DataError(f"{path}: there is no such file.")
    return _by_names(path, own)


def _by_names(path: Path, files: Sequence[Path]) -> Shards:
    parts: Shards = {}
    unsaid = []
    for file in files:
        part = _part_of(file)
        if part is None:
            unsaid.append(file)
        else:
            parts.setdefault(part, []).append(file)
    if not parts:
        return {"train": list(files)}
    if unsaid:
        part, first = next((part, of_part[0]) for part, of_part in parts.items())
        raise DataError(
            f"{path}: the name of {first.name} says that it is {part}, and that of "
            f"{unsaid[0].name} says no part. Expected `train`, `validation` or `test` in the names "
            "of all files, or of none. Rename the files."
        )
    return _with_training(path, parts)


def _with_training(path: Path, parts: Shards) -> Shards:
    if "train" not in parts:
        listed = " and ".join(parts)
        raise DataError(
            f"{path}: there is no file to train on, only {listed}. Expected `train` in the name of "
            "a file or of its folder."
        )
    return {part: parts[part] for part in ("train", "validation", "test") if part in parts}


def _part_of(file: Path) -> str | None:
    words = re.split(r"[^a-z]+", file.name.lower())
    found = {part for word in words if (part := meant_part(word)) is not None}
    if len(found) > 1:
        raise DataError(
            f"{file}: its name says {' and '.join(sorted(found))}. Expected one part in the name "
            "of a file. Rename the file."
        )
    return found.pop() if found else None
