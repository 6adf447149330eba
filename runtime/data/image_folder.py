"""A folder with one subfolder of image files for each class."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from bnnc.runtime.data.class_folders import ClassFolders, find_class_folders, holds_more_files
from bnnc.runtime.data.dataset import Dataset, Split, size_text
from bnnc.runtime.data.errors import DataError
from bnnc.runtime.data.image_file import ImageHeader, read_header
from bnnc.runtime.data.image_notes import ImageNotes
from bnnc.runtime.data.image_stack import read_stack, refuse_unlike_bits
from bnnc.specs.sources import DataFacts

# What a check looks at of a folder: names are found in a few microseconds each, headers in a tenth
# of a millisecond.
MOST_FILES = 50_000
MOST_HEADERS = 200


def load_image_folder(folder: Path, *, name: str, classes: Sequence[str] | None = None) -> Dataset:
    """Read a tree of images; class indices follow `classes` or the names of the class folders.

    If every image is gray, the images have one channel, otherwise three, with gray ones repeated.
    Images of 8 bits a channel are uint8, those of 16 bits float32 from 0 to 65535.
    Raises: DataError naming the folder or the file; OSError.
    """
    tree = find_class_folders(folder, classes=classes)
    notes = ImageNotes()
    paths = [path for part in tree.parts for _, path in tree.files(part)]
    header = _common_header(paths, notes)
    splits = {part: _read_part(tree, part, header, notes) for part in tree.parts}
    return Dataset(
        name=name,
        train=splits["train"],
        test=splits.get("test"),
        validation=splits.get("validation"),
        class_names=tree.class_names,
        origin=f"images in {folder}",
        notes=(*tree.notes, *notes.sentences(where=folder)),
    )


def image_folder_facts(
    folder: Path, *, name: str, classes: Sequence[str] | None = None
) -> DataFacts:
    """Facts from the names of the files, and from the headers of some images.

    Of a folder with very many files nothing is known: a check may take milliseconds.
    Raises: as `load_image_folder`, as far as it can be seen so.
    """
    if holds_more_files(folder, MOST_FILES):
        return DataFacts(name=name)
    tree = find_class_folders(folder, classes=classes)
    paths = [path for part in tree.parts for _, path in tree.files(part)]
    # Of many images, some from everywhere.
    some = paths[:: max(len(paths) // MOST_HEADERS, 1)]
    header = _common_header(some, ImageNotes())
    # Where any image has colour, all are read in colour.
    known = header.channels > 1 or len(some) == len(paths)
    counts = tree.counts("train")
    return DataFacts(
        name=name,
        rows=sum(counts),
        shape=(header.height, header.width, header.channels) if known else None,
        dtype="uint8" if header.bits <= 8 else "float32",
        classes=len(tree.class_names),
        class_names=tree.class_names,
        label_columns=1,
        label_counts=counts,
        has_validation="validation" in tree.parts,
    )


def _common_header(paths: Sequence[Path], notes: ImageNotes) -> ImageHeader:
    """Size, channels and bits of images together, read before any pixel."""
    headers = [read_header(path, notes) for path in paths]
    first = headers[0]
    for path, header in zip(paths, headers, strict=True):
        if (header.height, header.width) != (first.height, first.width):
            raise DataError(
                f"{path}: is {size_text((header.height, header.width))} (height × width), but "
                f"{paths[0]} is {size_text((first.height, first.width))}. Expected one size for "
                "all images. Resize them to the spec's."
            )
    refuse_unlike_bits(paths, headers)
    channels = max(header.channels for header in headers)
    return ImageHeader(first.height, first.width, channels, first.bits)


def _read_part(tree: ClassFolders, part: str, header: ImageHeader, notes: ImageNotes) -> Split:
    rows = list(tree.files(part))
    images = read_stack([path for _, path in rows], header, where=tree.folder, notes=notes)
    return Split(images=images, labels=np.array([index for index, _ in rows], dtype=np.int64))
