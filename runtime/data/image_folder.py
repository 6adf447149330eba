"""A folder with one subfolder of image files for each class."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from bnnc.runtime.data.class_folders import ClassFolders, find_class_folders
from bnnc.runtime.data.dataset import Dataset, Split, size_text
from bnnc.runtime.data.errors import DataError
from bnnc.runtime.data.image_file import ImageHeader, read_header
from bnnc.runtime.data.image_notes import ImageNotes
from bnnc.runtime.data.image_stack import read_stack, refuse_unlike_bits


def load_image_folder(folder: Path, *, name: str, classes: Sequence[str] | None = None) -> Dataset:
    """Read a tree of images; class indices follow `classes` or the names of the class folders.

    If every image is gray, the images have one channel, otherwise three, with gray ones repeated.
    Images of 8 bits a channel are uint8, those of 16 bits float32 from 0 to 65535.
    Raises: DataError naming the folder or the file; OSError.
    """
    tree = find_class_folders(folder, classes=classes)
    notes = ImageNotes()
    header = _common_header(tree, notes)
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


def _common_header(tree: ClassFolders, notes: ImageNotes) -> ImageHeader:
    """Size, channels and bits of all images together, read before any pixel."""
    paths = [path for part in tree.parts for _, path in tree.files(part)]
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
