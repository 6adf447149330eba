"""NIfTI files, read by nibabel: a volume, or a single slice as an image."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, cast

import numpy as np
import numpy.typing as npt

from bnnc.runtime.data.dataset import size_text
from bnnc.runtime.data.errors import DataError
from bnnc.runtime.data.image_header import ImageHeader
from bnnc.system.reading import open_file

_SECOND_VERSION: Final = 540  # bytes of its header
_BEGINNING: Final = 4


def nifti_header(path: Path) -> ImageHeader:
    """Size and bits of a NIfTI file. Raises: DataError."""
    with _opened(path) as image:
        return _header(image, path)


def read_nifti(path: Path) -> tuple[ImageHeader, npt.NDArray[Any]]:
    """The header and the pixels [depth, height, width, 1], or [height, width, 1] of one slice.

    The axes of the file, x, y and z, become width, height and depth; the orientation in space is
    not applied. uint8 without a scale stays; all other values are float32 in the units of the
    file: stored × scl_slope + scl_inter.
    Raises: DataError for a file that holds no such volume, is cut short, or has NaN or infinity.
    """
    with _opened(path) as image:
        header = _header(image, path)
        stored = np.asanyarray(image.dataobj)
    dtype = np.uint8 if header.bits == 8 else np.float32
    pixels = stored.reshape(header.size[::-1]).T.astype(dtype)[..., np.newaxis]
    if header.bits != 8 and not np.isfinite(pixels).all():
        raise DataError(
            f"{path}: has values that are NaN or infinite. Expected finite numbers. Write 0, or the "
            "value of the background, instead."
        )
    return header, np.ascontiguousarray(pixels)


@contextmanager
def _opened(path: Path) -> Iterator[Any]:
    try:
        import nibabel
    except ImportError as error:
        raise DataError(
            f"{path}: a NIfTI file is read by nibabel, which is not installed. Install it with "
            "`pip install 'bnnc[nifti]'`, or give the volumes as arrays in .npy files."
        ) from error
    try:
        with open_file(path) as raw:
            is_packed = path.name.lower().endswith(".gz")
            file = cast("Any", gzip.GzipFile(fileobj=raw) if is_packed else raw)
            size = file.read(_BEGINNING)
            file.seek(0)
            sizes = {int.from_bytes(size, order) for order in ("little", "big")}
            kind: Any = nibabel.Nifti2Image if _SECOND_VERSION in sizes else nibabel.Nifti1Image
            yield kind.from_stream(file)
    except DataError:
        raise
    except Exception as error:  # what its parsers meet: HeaderDataError, EOFError, zlib.error, …
        raise DataError(
            f"{path}: cannot be read as NIfTI ({error}). Expected a whole NIfTI file. Replace the "
            "file or remove it."
        ) from error


def _header(image: Any, path: Path) -> ImageHeader:
    sizes = tuple(map(int, image.shape))
    while len(sizes) > 2 and sizes[-1] == 1:  # axes of one step: of time, or a single slice
        sizes = sizes[:-1]
    dtype = image.get_data_dtype()
    if len(sizes) not in (2, 3) or dtype.kind not in "iuf":
        what = f"{size_text(sizes)} numbers of {dtype}"
        raise DataError(
            f"{path}: expected a volume of x, y and z, or a slice of it. Received: {what}. Save each "
            "volume of a series as a file of its own."
        )
    is_byte = dtype == np.uint8 and image.dataobj.slope == 1 and image.dataobj.inter == 0
    depth = sizes[2] if len(sizes) == 3 else None
    return ImageHeader(sizes[1], sizes[0], 1, 8 if is_byte else 32, depth)
