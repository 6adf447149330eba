"""Assign image files to classes and splits, without decoding them."""

import os
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bnnc.runtime.data.class_order import as_listed, in_order
from bnnc.runtime.data.errors import DataError
from bnnc.runtime.data.file_kinds import (
    FORMATS,
    FileKind,
    called,
    counts_text,
    entries,
    is_hidden,
    kind_of,
    passed_over_text,
    refuse_unreadable,
    visible,
)

LAYOUT: Final = (
    "Expected one subfolder for each class, with its images in it; or such folders under "
    "train/ and, optionally, val/ and test/"
)
PARTS: Final = ("train", "validation", "test")

# The plain names of their folders, and others that people give them, as in Train, training_set,
# imagesTr or test-data.
_NAMES: Final = ("train", "val", "valid", "validation", "test")
_FILLER: Final = "images?|imgs?|pictures?|data|dataset|sets?|split|samples?|folder|part"
_OTHER_NAMES: Final = {
    "train": re.compile(rf"(?:{_FILLER})*(?:train(?:ing|s|ed)?|trn|tr)(?:{_FILLER})*"),
    "validation": re.compile(rf"(?:{_FILLER})*(?:val(?:id(?:ation|ate)?)?|vld|dev)(?:{_FILLER})*"),
    "test": re.compile(rf"(?:{_FILLER})*(?:test(?:ing|s)?|tst|eval(?:uation)?)(?:{_FILLER})*"),
}


@dataclass(frozen=True, slots=True)
class ClassFolders:
    """The image files of a folder by part and class.

    Attributes:
        folder: the folder itself.
        class_names: the names of the classes in the order of their indices.
        parts: for `train`, `validation` and `test`, as far as they are there, the files of each
            class: classes in the order of their indices, files sorted by name.
        passed_over: how many files of which kind are no images, and do no harm.
    """

    folder: Path
    class_names: tuple[str, ...]
    parts: Mapping[str, tuple[tuple[Path, ...], ...]]
    passed_over: Mapping[str, int]

    def files(self, part: str) -> Iterator[tuple[int, Path]]:
        """Give the class index and the path of each image of a part, class by class."""
        for index, paths in enumerate(self.parts[part]):
            for path in paths:
                yield index, path

    def counts(self, part: str) -> tuple[int, ...]:
        """How many images of each class a part has."""
        return tuple(len(paths) for paths in self.parts[part])

    @property
    def notes(self) -> tuple[str, ...]:
        """Notes for the user about the files, one sentence each."""
        if not self.passed_over:
            return ()
        return (passed_over_text(self.passed_over, where=self.folder),)


def find_class_folders(
    folder: Path, *, classes: Sequence[str] | None = None, unread: list[Path] | None = None
) -> ClassFolders:
    """Find the images of each class and part.

    The class indices follow `classes` or, without it, the names of the class folders: by value if
    all of them are numbers, otherwise as text. Hidden files are passed over. Files that hold data
    which bnnc does not read are put into `unread`, where it is given, and are refused otherwise.
    Raises: DataError naming the folder or the file, for another layout, a class that is missing in
        a part or in `classes`, and files that hold data which bnnc does not read; OSError.
    """
    roots = _roots(folder)
    names = {part: _class_names(root) for part, root in roots.items()}
    _refuse_unlike_classes(roots, names)
    if len(names["train"]) == 1:
        raise DataError(_one_class(roots["train"] / names["train"][0]))
    passed_over: Counter[str] = Counter()
    trees = {
        part: {name: _images_of_class(root / name, passed_over) for name in names[part]}
        for part, root in roots.items()
    }
    others = [path for tree in trees.values() for _, paths in tree.values() for path in paths]
    if unread is None:
        refuse_unreadable(others, where=folder)
    else:
        unread.extend(others)
    for part, tree in trees.items():
        for name, (images, _) in tree.items():
            if not images:
                raise DataError(_no_images(roots[part] / name))
    where, found = str(folder), names["train"]
    ordered = (
        in_order(found, where=where) if classes is None else as_listed(found, classes, where=where)
    )
    return ClassFolders(
        folder=folder,
        class_names=ordered,
        parts={part: tuple(tree[name][0] for name in ordered) for part, tree in trees.items()},
        passed_over=passed_over,
    )


def holds_more_files(folder: Path, limit: int) -> bool:
    """Whether there are more files than a limit in a folder and the two levels below it."""
    count, level = 0, [os.fspath(folder)]
    for _ in range(3):
        below = []
        for place in level:
            with os.scandir(place) as entries_there:
                for entry in entries_there:
                    count += 1
                    if count > limit:
                        return True
                    if entry.is_dir():
                        below.append(entry.path)
        level = below
    return False


def meant_part(name: str) -> str | None:
    """The part, one of `PARTS`, that the name of a folder says it is."""
    letters = re.sub(r"[^a-z]", "", name.lower())
    return next((part for part, regex in _OTHER_NAMES.items() if regex.fullmatch(letters)), None)


def _roots(folder: Path) -> dict[str, Path]:
    """Give the folders that hold class folders, by part; the folder itself if it has no parts."""
    folders = _folders(folder)
    names = [child.name for child in folders]
    parts: dict[str, list[str]] = {}
    for child in folders:
        part = meant_part(child.name)
        # A class may be called train, too: its folder holds images, that of a part holds folders.
        if part is not None and not _holds_images(child) and _is_part(child):
            parts.setdefault(part, []).append(child.name)
    if not parts:
        _refuse_parts_without_classes(folder, names)
        return {"train": folder}
    if "train" not in parts:
        raise DataError(f"{folder}: there is no train/. {LAYOUT}. Received: {_listed(names)}.")
    for part, of_part in parts.items():
        if len(of_part) > 1:
            kind = "training" if part == "train" else part
            raise DataError(
                f"{folder}: {_listed(of_part)} are all folders of {kind} images. Expected one of "
                "them. Merge them, or move the others away."
            )
    train = parts["train"][0]
    for name in names:
        if [name] not in parts.values():
            raise DataError(
                f"{folder / name}: is next to {train}/, but it is no part of the data. {LAYOUT}. "
                f"Received: {_listed(names)}. Move it away."
            )
    return {part: folder / parts[part][0] for part in PARTS if part in parts}


def _is_part(folder: Path) -> bool:
    """Whether a folder without images is a part: one with another name may be an empty class."""
    return folder.name in _NAMES or bool(_folders(folder))


def _refuse_parts_without_classes(folder: Path, names: list[str]) -> None:
    """Refuse train/ and test/ that hold images: as classes they would be told apart."""
    visible_parts = [name for name in names if meant_part(name) is not None]
    if len(names) < 2 or visible_parts != names:
        return
    raise DataError(
        f"{folder}: {_listed(names)} hold images, but no class folders, so the images have no "
        f"class. {LAYOUT}. Move each image into the folder of its class, as in "
        f"{names[0]}/CLASS/."
    )


def _refuse_unlike_classes(roots: Mapping[str, Path], names: Mapping[str, list[str]]) -> None:
    """Refuse parts that do not have the same class folders."""
    everywhere = " and ".join(f"{root.name}/" for root in roots.values())
    for part, root in roots.items():
        for other, of_other in names.items():
            missing = [name for name in of_other if name not in names[part]]
            if missing:
                raise DataError(
                    f"{root}: the class folder {missing[0]}/ is missing, but {roots[other]} has "
                    f"it. Expected the same class folders in {everywhere}."
                )


def _class_names(root: Path) -> list[str]:
    """Give the names of the class folders. Raises: DataError for images that have no class."""
    for entry in visible(root):
        if not entry.is_dir() and kind_of(entry) is FileKind.IMAGE:
            raise DataError(
                f"{entry}: is next to the class folders, so it has no class. {LAYOUT}. "
                "Move it into the folder of its class."
            )
    folders = _folders(root)
    if not folders:
        raise DataError(f"{root}: holds no class folders. {LAYOUT}.")
    return [folder.name for folder in folders]


def _one_class(folder: Path) -> str:
    inside = [child.name for child in _folders(folder)]
    way_out = "Point at the folder that has one subfolder for each class."
    if inside:
        way_out = f"Point at {folder}, which holds {_listed(inside)}."
    return (
        f"{folder.parent}: holds one class folder only, {folder.name}/. Expected at least two "
        f"classes. {way_out}"
    )


def _images_of_class(
    folder: Path, passed_over: Counter[str]
) -> tuple[tuple[Path, ...], list[Path]]:
    inside = entries(folder)
    if all(is_hidden(entry) for entry in inside):
        raise DataError(
            f"{folder}: the class folder is empty. Expected at least one image. "
            "Add images or remove the folder."
        )
    images, unread = [], []
    for entry in inside:
        if entry.is_dir():
            if is_hidden(entry):
                continue
            raise DataError(
                f"{entry}: is a folder inside a class folder. {LAYOUT}. "
                "Move its images up into the class folder."
            )
        kind = kind_of(entry)
        if kind is FileKind.IMAGE:
            images.append(entry)
        elif kind is FileKind.UNREADABLE:
            unread.append(entry)
        else:
            passed_over[called(entry)] += 1
    return tuple(images), unread


def _no_images(folder: Path) -> str:
    counted = Counter(called(entry) for entry in visible(folder))
    return (
        f"{folder}: the class folder holds no images, only other files: {counts_text(counted)}. "
        f"Expected {FORMATS} files."
    )


def _holds_images(folder: Path) -> bool:
    return any(
        not is_hidden(entry) and kind_of(entry) is FileKind.IMAGE for entry in folder.iterdir()
    )


def _folders(folder: Path) -> list[Path]:
    return [entry for entry in visible(folder) if entry.is_dir()]


def _listed(names: list[str]) -> str:
    if not names:
        return "no folders"
    shown = ", ".join(f"{name}/" for name in names[:10])
    return shown if len(names) <= 10 else f"{shown}, … ({len(names)} in all)"
