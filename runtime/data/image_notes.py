"""Count what is not read of image files."""

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Final

_SENTENCES: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        "animated": (
            "1 file is an animation, of which the first frame is read",
            "{} files are animations, of which the first frame is read",
        ),
        "transparent": (
            "1 image has transparent pixels, which are laid on white",
            "{} images have transparent pixels, which are laid on white",
        ),
        "turned": (
            "1 photograph is stored turned (EXIF orientation), and is read as it is stored",
            "{} photographs are stored turned (EXIF orientation), and are read as they are stored",
        ),
    }
)


class ImageNotes:
    """Counts of images of which something is not read, with the first of each kind."""

    def __init__(self) -> None:
        self._paths: dict[str, set[Path]] = {}
        self._said: list[str] = []

    def say(self, sentence: str) -> None:
        """Note something of the images as a whole."""
        self._said.append(sentence)

    def add(self, kind: str, path: Path) -> None:
        """Count a file as `animated`, `transparent` or `turned`, once however often it is read."""
        self._paths.setdefault(kind, set()).add(path)

    def sentences(self, *, where: Path) -> tuple[str, ...]:
        """What was said, and a sentence for each kind that was met, with the first file."""
        found = list(self._said)
        for kind, (one, many) in _SENTENCES.items():
            paths = sorted(self._paths.get(kind, ()))
            if paths:
                text = one if len(paths) == 1 else many.format(f"{len(paths):,}")
                found.append(f"{where}: {text} (the first is {paths[0].name})")
        return tuple(found)
