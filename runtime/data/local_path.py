"""A path to data: which of the readable kinds stands there, and its reading."""

from collections.abc import Sequence
from pathlib import Path

from bnnc.runtime.data.dataset import Dataset
from bnnc.runtime.data.errors import DataError
from bnnc.runtime.data.idx import holds_idx, load_idx_folder
from bnnc.runtime.data.image_folder import load_image_folder
from bnnc.runtime.data.npz import load_npz

KINDS = (
    "a folder of IDX files, a folder with one subfolder of images for each class, or an .npz "
    "archive with x_train and y_train"
)


def load_path(path: Path, *, name: str, classes: Sequence[str] | None = None) -> Dataset:
    """Load the data at an existing path.

    `classes` are the names of the classes in their order: those of the class folders, or of the
    indices of other labels.
    Raises: DataError for what bnnc does not read; ClassesDifferError for other class folders.
    """
    try:
        if path.is_dir():
            if holds_idx(path):
                return load_idx_folder(path, name=name, classes=classes)
            return load_image_folder(path, name=name, classes=classes)
        if path.suffix.lower() == ".npz":
            return load_npz(path, name=name, classes=classes)
    except OSError as error:
        raise DataError(
            f"{error.filename or path}: cannot be read ({error.strerror or error})."
        ) from error
    raise DataError(
        f"{path}: expected {KINDS}. Received: a file called {path.name}. A single IDX file is "
        "given by the folder that it is in."
    )
