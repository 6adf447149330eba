"""Tell image files from files that may be ignored and from those that must not.

A file is judged by its suffix or, if the suffix is unknown, by its first bytes.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from enum import Enum
from pathlib import Path
from typing import Final

from bnnc.runtime.data.errors import DataError
from bnnc.system.reading import read_beginning

# Files with these suffixes are opened as images, whatever is in them.
SUFFIXES: Final = (
    *(".png", ".apng", ".jpg", ".jpeg", ".jpe", ".jfif", ".jif"),
    *(".bmp", ".dib", ".gif", ".webp", ".tif", ".tiff", ".dcm", ".dicom"),
)
NIFTI_SUFFIXES: Final = (".nii", ".nii.gz")
FORMATS: Final = "PNG, JPEG, BMP, GIF, WebP, TIFF, DICOM or NIfTI"

# The first bytes of these formats.
_SIGNATURES: Final = (
    *(b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"GIF87a", b"GIF89a"),
    *(b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"),
)
_PEEKED: Final = 512

# What an operating system, an annotation tool or a person leaves next to images.
_HARMLESS_SUFFIXES: Final = frozenset(
    [
        *(".csv", ".html", ".ini", ".json", ".jsonl", ".log", ".md", ".rst", ".tsv", ".txt"),
        *(".toml", ".url", ".xml", ".xmp", ".yaml", ".yml", ".py", ".ipynb", ".lnk", ".sha256"),
    ]
)
_HARMLESS_NAMES: Final = frozenset(["thumbs.db", "ehthumbs.db", "desktop.ini", "icon\r"])

# Text files that hold images all the same, and copies that an interrupted program left.
_REFUSED_SUFFIXES: Final = frozenset(
    [
        *(".svg", ".pbm", ".pgm", ".pnm", ".ppm", ".mhd", ".hdr", ".npy", ".npz"),
        *(".bak", ".orig", ".part", ".crdownload", ".tmp"),
    ]
)

# Folders that systems make by themselves.
_SYSTEM_FOLDERS: Final = frozenset(["__MACOSX", "@eaDir", "$RECYCLE.BIN", "lost+found"])


class FileKind(Enum):
    """Kind of a file: image, ignored, or refused."""

    IMAGE = "image"
    HARMLESS = "harmless"
    UNREADABLE = "unreadable"


def kind_of(path: Path) -> FileKind:
    """Tell what a file is to a reader of images. Raises: OSError if it cannot be opened."""
    suffix, name = path.suffix.lower(), path.name.lower()
    if is_hidden(path) or suffix in _HARMLESS_SUFFIXES or name in _HARMLESS_NAMES:
        return FileKind.HARMLESS
    if not path.is_file():  # a broken link, a pipe, a device
        return FileKind.UNREADABLE
    if suffix in SUFFIXES or is_nifti(path):
        return FileKind.IMAGE
    if suffix in _REFUSED_SUFFIXES or path.name.endswith("~"):
        return FileKind.UNREADABLE
    start = read_beginning(path, _PEEKED)
    if begins_as_image(start) or _begins_as_dicom(start):
        return FileKind.IMAGE
    return FileKind.HARMLESS if _is_text(start) else FileKind.UNREADABLE


def is_nifti(path: Path) -> bool:
    """Whether a file is called as NIfTI files are."""
    return path.name.lower().endswith(NIFTI_SUFFIXES)


def is_dicom(path: Path) -> bool:
    """Whether a file is called as DICOM files are or, called like no other, begins as one."""
    suffix = path.suffix.lower()
    if suffix in SUFFIXES:
        return suffix in (".dcm", ".dicom")
    try:
        return _begins_as_dicom(read_beginning(path, _PEEKED))
    except OSError:
        return False


def _begins_as_dicom(start: bytes) -> bool:
    return start[128:132] == b"DICM"  # after a preamble


def begins_as_image(start: bytes) -> bool:
    """Whether bytes are the beginning of an image file of a format that is read."""
    if start.startswith(_SIGNATURES) or (start[:4] == b"RIFF" and start[8:12] == b"WEBP"):
        return True
    return start.startswith(b"BM") and start[6:10] == b"\0\0\0\0"


def called(path: Path) -> str:
    """How a message counts a file: by its suffix, two of them before `.gz`, or its whole name."""
    if is_hidden(path):
        return "hidden"
    if not path.is_file():
        return "links to nothing" if path.is_symlink() else "pipes or devices"
    if not path.suffix or path.name.lower() in _HARMLESS_NAMES:
        return path.name
    if path.suffix.lower() in (".gz", ".bz2", ".xz", ".zst"):
        return "".join(path.suffixes[-2:]).lower()
    return path.suffix.lower()


def is_hidden(path: Path) -> bool:
    """Whether a file is hidden, as .DS_Store and macOS's resource forks are."""
    return path.name.startswith(".")


def entries(folder: Path) -> list[Path]:
    """Give a folder's entries sorted by name, without the folders that systems make."""
    found = (entry for entry in folder.iterdir() if entry.name not in _SYSTEM_FOLDERS)
    return sorted(found, key=lambda entry: entry.name)


def visible(folder: Path) -> list[Path]:
    """Give a folder's entries sorted by name, without hidden ones too."""
    return [entry for entry in entries(folder) if not is_hidden(entry)]


def refuse_unreadable(paths: Iterable[Path], *, where: Path) -> None:
    """Raise DataError if there are files among the images that hold data which nobody reads."""
    paths = list(paths)
    if not paths:
        return
    counted = Counter(called(path) for path in paths)
    first = paths[0].relative_to(where) if paths[0].is_relative_to(where) else paths[0]
    raise DataError(
        f"{where}: {_files(len(paths))} among the images cannot be read: {counts_text(counted)}; "
        f"the first is {first}. Expected {FORMATS} files. Convert the files, or move "
        "them out of the folder."
    )


def passed_over_text(counted: Mapping[str, int], *, where: Path) -> str:
    """Say how many files that are no images were passed over, and of which kind."""
    total = sum(counted.values())
    are = "is no image and was" if total == 1 else "are no images and were"
    return f"{where}: {_files(total)} {are} passed over: {counts_text(counted)}"


def counts_text(counted: Mapping[str, int]) -> str:
    """Write counts, the largest first, as in `20 .dcm, 1 .nii.gz`; at most eight of them."""
    ordered = sorted(counted.items(), key=lambda item: (-item[1], item[0]))
    shown = [f"{number:,} {name}" for name, number in ordered[:8]]
    rest = sum(number for _, number in ordered[8:])
    return ", ".join([*shown, f"{rest:,} others"] if rest else shown)


def _files(number: int) -> str:
    return "1 file" if number == 1 else f"{number:,} files"


def _is_text(start: bytes) -> bool:
    if b"\0" in start:
        return False
    try:
        start.decode("utf-8")
    except UnicodeDecodeError as error:
        # A character may be cut in two by the end of what was read.
        return len(start) == _PEEKED and error.start >= _PEEKED - 3
    return True
