"""The image files of a source and their labels, before any of them is read."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy.typing as npt


@dataclass(frozen=True, slots=True, eq=False)
class SourceFiles:
    """The rows of `load` by part, in the same order, with their files in place of the pixels.

    Attributes:
        folder: what a person sees the files relative to.
        parts: for `train`, `validation` and `test`, as far as they are there, files and labels.
        class_names: names of the classes in the order of their indices, or None.
        groups: the group of each training row, where the rows are to be split by groups.
        unread: files among the images that are none which bnnc reads.
        notes: what a person should know of how the files were found, a sentence each.
    """

    folder: Path
    parts: Mapping[str, tuple[Sequence[Path], npt.NDArray[Any]]]
    class_names: tuple[str, ...] | None
    groups: tuple[str, ...] | None = None
    unread: tuple[Path, ...] = ()
    notes: tuple[str, ...] = ()
