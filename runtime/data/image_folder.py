"""A folder with one subfolder of image files for each class."""

from math import prod
from pathlib import Path

import numpy as np

from bnnc.runtime.data.dataset import Dataset, Split, size_text
from bnnc.runtime.data.errors import DataError
from bnnc.runtime.data.image_file import is_image_file, read_header, read_pixels
from bnnc.runtime.data.memory import refuse_beyond_memory_limit

LAYOUT = (
    "Expected one subfolder for each class, with its images in it; or such folders under "
    "train/ and, optionally, test/"
)
VALIDATION_NAMES = frozenset(("val", "valid", "validation"))


def load_image_folder(folder: Path, *, name: str) -> Dataset:
    """Read a tree of images; class indices follow the class folders sorted by name.

    If every image is gray, the images have one channel, otherwise three, with gray ones repeated.
    Hidden files and files that are no images are passed over.
    Raises: DataError naming the folder or the file.
    """
    roots = _parts(folder)
    splits, class_names = _read_trees(roots)
    return Dataset(
        name=name,
        train=splits[0],
        test=splits[1] if len(splits) > 1 else None,
        class_names=class_names,
        origin=f"images in {folder}",
    )


def visible(folder: Path) -> list[Path]:
    """Give a folder's entries sorted by name, without hidden ones and macOS's resource forks."""
    entries = (e for e in folder.iterdir() if not e.name.startswith(".") and e.name != "__MACOSX")
    return sorted(entries, key=lambda entry: entry.name)


def _parts(folder: Path) -> list[Path]:
    """Give the folders that hold class folders: train/ and test/, train/, or the folder itself."""
    names = [child.name for child in _folders(folder)]
    parts = {child.name for child in _folders(folder) if not _holds_images(child)}
    if not parts & {"train", "test", *VALIDATION_NAMES}:
        return [folder]
    if "train" not in names:
        raise DataError(f"{folder}: there is no train/. {LAYOUT}. Received: {_listed(names)}.")
    for name in names:
        if name in VALIDATION_NAMES:
            raise DataError(
                f"{folder / name}: bnnc takes the validation rows out of train/, as many as "
                "`data.validation_split` says. Expected train/ and, optionally, test/. Merge "
                f"{name}/ into train/, rename it to test/, or move it away."
            )
        if name not in ("train", "test"):
            raise DataError(
                f"{folder / name}: stands beside train/. {LAYOUT}. Received: {_listed(names)}."
            )
    if "test" not in names:
        return [folder / "train"]
    train, test = folder / "train", folder / "test"
    for root, other in ((train, test), (test, train)):
        missing = [child.name for child in _folders(other) if not (root / child.name).is_dir()]
        if missing:
            raise DataError(
                f"{root}: the class folder {missing[0]}/ is missing, but {other} has it. "
                "Expected the same class folders in train/ and test/."
            )
    return [train, test]


def _read_trees(roots: list[Path]) -> tuple[list[Split], tuple[str, ...]]:
    """Read trees with the same class folders into splits with the same channels."""
    trees = [_class_files(root) for root in roots]
    paths = [path for tree in trees for files in tree.values() for path in files]
    # All headers first: what is refused is refused before memory is taken and time is spent.
    headers = [read_header(path) for path in paths]
    first = headers[0]
    for path, header in zip(paths, headers, strict=True):
        if (header.height, header.width) != (first.height, first.width):
            raise DataError(
                f"{path}: is {size_text((header.height, header.width))} (height × width), but "
                f"{paths[0]} is {size_text((first.height, first.width))}. Expected one size for "
                "all images. Resize them to the spec's."
            )
    shape = (first.height, first.width, max(header.channels for header in headers))
    refuse_beyond_memory_limit(len(paths) * prod(shape), where=str(roots[0].parent))
    return [_read_tree(tree, shape) for tree in trees], tuple(trees[0])


def _read_tree(tree: dict[str, list[Path]], shape: tuple[int, int, int]) -> Split:
    rows = [(index, path) for index, paths in enumerate(tree.values()) for path in paths]
    images = np.empty((len(rows), *shape), dtype=np.uint8)
    for row, (_, path) in enumerate(rows):
        images[row] = read_pixels(path, channels=shape[2])
    return Split(images=images, labels=np.array([index for index, _ in rows], dtype=np.int64))


def _class_files(root: Path) -> dict[str, list[Path]]:
    """Give the image files of each class, classes and files sorted by name."""
    for entry in visible(root):
        if not entry.is_dir() and is_image_file(entry):
            raise DataError(
                f"{entry}: stands beside the class folders, so it has no class. {LAYOUT}. "
                "Move it into the folder of its class."
            )
    folders = _folders(root)
    if not folders:
        raise DataError(f"{root}: holds no class folders. {LAYOUT}.")
    if len(folders) == 1:
        raise DataError(
            f"{root}: holds one class folder only, {folders[0].name}/. Expected at least two "
            "classes. Point at the folder that has one subfolder for each class."
        )
    return {folder.name: _images_of_class(folder) for folder in folders}


def _images_of_class(folder: Path) -> list[Path]:
    entries = visible(folder)
    if not entries:
        raise DataError(
            f"{folder}: the class folder is empty. Expected at least one image. "
            "Add images or remove the folder."
        )
    for entry in entries:
        if entry.is_dir():
            raise DataError(
                f"{entry}: is a folder inside a class folder. {LAYOUT}. "
                "Move its images up into the class folder."
            )
    images = [entry for entry in entries if is_image_file(entry)]
    if not images:
        raise DataError(
            f"{folder}: the class folder holds no images, only other files such as "
            f"{entries[0].name}. Expected .png, .jpg, .jpeg, .bmp or .gif files."
        )
    return images


def _holds_images(folder: Path) -> bool:
    """Tell a class that happens to be called train from the part train/: it holds images."""
    return any(not entry.is_dir() and is_image_file(entry) for entry in visible(folder))


def _folders(folder: Path) -> list[Path]:
    return [entry for entry in visible(folder) if entry.is_dir()]


def _listed(names: list[str]) -> str:
    return ", ".join(f"{name}/" for name in names) if names else "no folders"
