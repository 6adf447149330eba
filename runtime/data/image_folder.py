"""A folder with one subfolder of image files for each class."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from bnnc.runtime.data.class_folders import ClassFolders, find_class_folders, holds_more_files
from bnnc.runtime.data.dataset import Dataset, Split
from bnnc.runtime.data.image_notes import ImageNotes
from bnnc.runtime.data.image_stack import common_header, images_of_parts, some_of
from bnnc.runtime.data.source_files import SourceFiles
from bnnc.specs.data import AS_STORED, Reading
from bnnc.specs.sources import DataFacts

# What a check looks at of a folder: names are found in a few microseconds each.
MOST_FILES = 50_000


def load_image_folder(
    folder: Path,
    *,
    name: str,
    classes: Sequence[str] | None = None,
    reading: Reading = AS_STORED,
) -> Dataset:
    """Read a tree of images; class indices follow `classes` or the names of the class folders.

    `reading` gives the size and the channels. If it gives no channels, the images have one where
    every image is gray, otherwise three, with gray ones repeated.
    Images of 8 bits a channel are uint8, those of 16 bits float32 from 0 to 65535.
    Raises: DataError naming the folder or the file; OSError.
    """
    tree = find_class_folders(folder, classes=classes)
    notes = ImageNotes()
    files = _files_and_labels(tree)
    paths = {part: of_part for part, (of_part, _) in files.items()}
    images = images_of_parts(paths, notes, reading, where=folder)
    splits = {part: Split(images[part], labels) for part, (_, labels) in files.items()}
    return Dataset.of_parts(
        splits,
        name=name,
        class_names=tree.class_names,
        origin=f"images in {folder}",
        notes=(*tree.notes, *notes.sentences(where=folder)),
    )


def image_folder_facts(
    folder: Path,
    *,
    name: str,
    classes: Sequence[str] | None = None,
    reading: Reading = AS_STORED,
) -> DataFacts:
    """Facts from the names of the files, and from the headers of some images.

    Of a folder with very many files nothing is known: a check may take milliseconds.
    Raises: as `load_image_folder`, as far as it can be seen so.
    """
    if holds_more_files(folder, MOST_FILES):
        return DataFacts(name=name)
    tree = find_class_folders(folder, classes=classes)
    paths = [path for part in tree.parts for _, path in tree.files(part)]
    some = some_of(paths)
    header = common_header(some, ImageNotes(), reading, where=folder)
    # Where any image has colour, all are read in colour.
    known = reading.channels or header.channels > 1 or len(some) == len(paths)
    counts = tree.counts("train")
    return DataFacts(
        name=name,
        rows=sum(counts),
        shape=header.shape if known else None,
        dtype=header.dtype,
        classes=len(tree.class_names),
        class_names=tree.class_names,
        label_columns=1,
        label_counts=counts,
        has_validation="validation" in tree.parts,
        has_test="test" in tree.parts,
    )


def image_folder_files(
    folder: Path, *, classes: Sequence[str] | None = None, reading: Reading = AS_STORED
) -> SourceFiles:
    """The files and labels of `load_image_folder`, without reading a file. Raises: as it does."""
    unread: list[Path] = []
    tree = find_class_folders(folder, classes=classes, unread=unread)
    return SourceFiles(
        folder=folder,
        parts=_files_and_labels(tree),
        class_names=tree.class_names,
        unread=tuple(unread),
        notes=tree.notes,
    )


def _files_and_labels(tree: ClassFolders) -> dict[str, tuple[list[Path], npt.NDArray[np.int64]]]:
    """The files of each part, class by class, and the class indices."""
    rows = {part: list(tree.files(part)) for part in tree.parts}
    return {
        part: ([path for _, path in pairs], np.array([index for index, _ in pairs], np.int64))
        for part, pairs in rows.items()
    }
