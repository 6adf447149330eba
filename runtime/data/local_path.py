"""Recognise the layout of the data at a path."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from bnnc.runtime.data.dataset import Dataset
from bnnc.runtime.data.errors import DataError
from bnnc.runtime.data.idx import holds_idx, idx_facts, load_idx_folder
from bnnc.runtime.data.image_folder import image_folder_facts, load_image_folder
from bnnc.runtime.data.npz import load_npz, npz_facts
from bnnc.specs.sources import DataFacts

KINDS = (
    "a folder of IDX files, a folder with one subfolder of images for each class, or an .npz "
    "archive with x_train and y_train"
)


class _Load(Protocol):
    def __call__(self, path: Path, /, *, name: str, classes: Sequence[str] | None) -> Dataset: ...


class _Facts(Protocol):
    def __call__(self, path: Path, /, *, name: str, classes: Sequence[str] | None) -> DataFacts: ...


@dataclass(frozen=True, slots=True)
class _Layout:
    """A way of storing data: how it is loaded, and how it is looked into without loading it."""

    load: _Load
    facts: _Facts


_IDX = _Layout(load_idx_folder, idx_facts)
_IMAGE_FOLDER = _Layout(load_image_folder, image_folder_facts)
_NPZ = _Layout(load_npz, npz_facts)


def load_path(path: Path, *, name: str, classes: Sequence[str] | None = None) -> Dataset:
    """Load the data at an existing path.

    `classes` are the names of the classes in their order: those of the class folders, or of the
    indices of other labels.
    Raises: DataError for what bnnc does not read; ClassesDifferError for other class folders.
    """
    with _system_errors(path):
        return _layout(path).load(path, name=name, classes=classes)


def path_facts(path: Path, *, name: str, classes: Sequence[str] | None = None) -> DataFacts:
    """Look into the data at an existing path, in milliseconds and without TensorFlow.

    Raises: as `load_path`, as far as it can be seen without reading the images.
    """
    with _system_errors(path):
        return _layout(path).facts(path, name=name, classes=classes)


def refuse_other_kinds(path: Path) -> None:
    """Raise DataError for an existing path that has none of the layouts."""
    with _system_errors(path):
        _layout(path)


def _layout(path: Path) -> _Layout:
    if path.is_dir():
        return _IDX if holds_idx(path) else _IMAGE_FOLDER
    if path.suffix.lower() == ".npz" and path.is_file():
        return _NPZ
    received = f"a file called {path.name}" if path.is_file() else "a pipe or a device"
    raise DataError(
        f"{path}: expected {KINDS}. Received: {received}. A single IDX file is "
        "given by the folder that it is in."
    )


@contextmanager
def _system_errors(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise DataError(
            f"{error.filename or path}: cannot be read ({error.strerror or error})."
        ) from error
