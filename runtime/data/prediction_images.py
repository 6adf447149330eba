"""Images without labels, to predict for."""

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from bnnc.runtime.data.dataset import as_images, size_text
from bnnc.runtime.data.errors import DataError
from bnnc.runtime.data.image_file import SUFFIXES, is_image_file, read_header, read_pixels
from bnnc.runtime.data.image_folder import visible
from bnnc.runtime.data.images import check_shape, with_channels
from bnnc.runtime.data.memory import refuse_beyond_memory_limit
from bnnc.runtime.data.npz import array_names, read_npy, read_npz_array
from bnnc.specs.shapes import Shape, axes_text

ARRAY_KEYS = ("images", "x", "x_test")


def read_images(path: Path, *, shape: Shape) -> tuple[npt.NDArray[Any], list[str]]:
    """Read images and the names of their rows.

    `path` is one image file, a folder of images (with its subfolders, sorted), a `.npy` file, or
    an `.npz` archive with a single array or one called `images`, `x` or `x_test`. Image files are
    converted to the channels of `shape`, that of one image: gray and colour as Pillow does,
    transparency laid on white. Rows of arrays are named by their number, image files by
    their path within the folder.
    Shapes: -> images [N, *shape], uint8 or float32, and N names.
    Raises: DataError naming the file, for images of another size among others.
    """
    try:
        if path.is_dir():
            files = _image_files(path)
            return _read_files(files, shape), [file.relative_to(path).as_posix() for file in files]
        if not path.exists():
            raise DataError(
                f"{path}: does not exist. Expected an image file, a folder of images, or an array "
                "in .npy or .npz."
            )
        if path.suffix.lower() in (".npy", ".npz"):
            images = _read_array(path, shape)
            return images, [str(row) for row in range(len(images))]
        if is_image_file(path):
            return _read_files([path], shape), [path.name]
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror or error}).") from error
    raise DataError(
        f"{path}: expected an image file ({', '.join(SUFFIXES)}), a folder of images, or an array "
        f"in .npy or .npz. Received: {path.suffix or 'a file without a suffix'}."
    )


def _image_files(folder: Path) -> list[Path]:
    files: list[Path] = []
    waiting = [folder]
    while waiting:
        entries = visible(waiting.pop())
        # A link to a folder is not followed: it may lead back up, and never end.
        waiting += [entry for entry in entries if entry.is_dir() and not entry.is_symlink()]
        files += [entry for entry in entries if not entry.is_dir() and is_image_file(entry)]
    if not files:
        raise DataError(f"{folder}: holds no images. Expected {', '.join(SUFFIXES)} files.")
    return sorted(files, key=lambda file: file.relative_to(folder).as_posix())


def _read_files(files: list[Path], shape: Shape) -> npt.NDArray[np.uint8]:
    if len(shape) != 3:
        raise DataError(
            f"{files[0]}: an image file has height, width and channels. Expected "
            f"{axes_text(len(shape))}, as the model does. Give an array in .npy or .npz."
        )
    height, width, channels = shape
    if channels not in (1, 3):
        raise DataError(
            f"{files[0]}: image files have 1 or 3 channels. Expected {channels}, as the model "
            "does. Give the images as an array in .npy or .npz."
        )
    for file in files:
        header = read_header(file)
        if (header.height, header.width) != (height, width):
            raise DataError(
                f"{file}: is {size_text((header.height, header.width))} (height × width). "
                f"Expected {size_text((height, width))}, as the model does. Resize the image."
            )
    refuse_beyond_memory_limit(len(files) * height * width * channels, where=str(files[0].parent))
    images = np.empty((len(files), height, width, channels), dtype=np.uint8)
    for row, file in enumerate(files):
        images[row] = read_pixels(file, channels=channels)
    return images


def _read_array(path: Path, shape: Shape) -> npt.NDArray[Any]:
    array, where = _find_array(path)
    # A single image needs no axis of rows, and a gray one no axis of channels.
    if array.shape == shape or (shape[-1] == 1 and array.shape == shape[:-1]):
        array = array.reshape(1, *shape)
    array = with_channels(array, shape)
    check_shape(array.shape, shape=shape, where=where)
    return as_images(array, where=where)


def _find_array(path: Path) -> tuple[npt.NDArray[Any], str]:
    if path.suffix.lower() == ".npy":
        return read_npy(path), str(path)
    names = array_names(path)
    key = names[0] if len(names) == 1 else next((k for k in ARRAY_KEYS if k in names), None)
    if key is None:
        listed = ", ".join(f"`{name}`" for name in names) or "no arrays at all"
        raise DataError(
            f"{path}: expected a single array, or one called `images`, `x` or `x_test`. "
            f"Received: {listed}."
        )
    return read_npz_array(path, key), f"{path}, `{key}`"
