"""Files that are dropped onto the page: images, arrays and tables, read as `bnnc predict` does."""

from __future__ import annotations

import tempfile
from pathlib import Path, PurePosixPath
from typing import Final

from bnnc.errors import DataError
from bnnc.printable import harmless
from bnnc.runtime.data.dataset import size_text
from bnnc.runtime.data.prediction_images import ImagesToPredict, read_images
from bnnc.serving.protocol import RefusedError
from bnnc.serving.served import ServedModel

# Compressed archives are left out: a small one may hold more than fits in memory. Image files are
# refused by their header if they do.
_IMAGES: Final = (
    *(".png", ".apng", ".jpg", ".jpeg", ".jpe", ".jfif", ".bmp", ".gif", ".webp", ".tif", ".tiff"),
)
_ARRAYS: Final = (".npy",)
_TABLES: Final = (".csv", ".tsv")


def suffixes(model: ServedModel) -> tuple[str, ...]:
    """Suffixes of the files that a model is given."""
    if model.value_range is None:
        return (*_TABLES, *_ARRAYS)
    has_files = len(model.shape) in (3, 4) and model.shape[-1] in (1, 3)
    return (*_IMAGES, *_ARRAYS) if has_files else _ARRAYS


def expected(model: ServedModel) -> str:
    """What a file should hold, in words."""
    if model.value_range is None:
        names = model.feature_names
        columns = ": " + ", ".join(names) if names else ""
        return f"a CSV or TSV file, or an array in .npy, with {model.shape[0]} columns{columns}"
    what = "an image file, or an array in .npy" if ".png" in suffixes(model) else "an array in .npy"
    if model.resize is not None:
        return f"{what}, of any size"
    return f"{what}, of {size_text(model.shape)}"


def read_upload(name: str, content: bytes, model: ServedModel, max_rows: int) -> ImagesToPredict:
    """Read the rows of a file. Raises: RefusedError for a file that the model does not take."""
    # Only the last part of the name counts, and of that what a file system can have.
    called = harmless(PurePosixPath(name.replace("\\", "/")).name)[-60:] or "file"
    suffix = Path(called).suffix.lower()
    if suffix not in suffixes(model):
        raise RefusedError(
            f"{called}: expected {expected(model)}. Received: {suffix or 'a file without a suffix'}",
            415,
        )
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / f"file{suffix}"
        file.write_bytes(content)
        try:
            found = read_images(
                file, shape=model.shape, resize=model.resize, feature_names=model.feature_names
            )
            if len(found.images) > max_rows:
                raise RefusedError(
                    f"{called}: expected at most {max_rows} {model.noun}. Received: "
                    f"{len(found.images)}"
                )
            rows = model.checked(found.images)
        except DataError as error:
            raise RefusedError(_named(str(error), file, called)) from error
    names = [called] if found.names == [file.name] else [f"{called}, {one}" for one in found.names]
    return ImagesToPredict(rows, names, tuple(_named(one, file, called) for one in found.notes))


def _named(message: str, file: Path, called: str) -> str:
    return (
        message.replace(str(file), called)
        .replace(f"{file.parent}: ", "")
        .replace(str(file.parent), ".")
        .replace(file.name, called)
    )
