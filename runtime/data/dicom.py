"""DICOM files, read by pydicom: an image, or the frames of one as a volume."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from bnnc.runtime.data.errors import DataError
from bnnc.runtime.data.image_header import ImageHeader
from bnnc.system.reading import open_file


def dicom_header(path: Path) -> ImageHeader:
    """Size, channels and bits of a DICOM file. Raises: DataError."""
    return _header(_data_set(path, pixels=False), path)


def read_dicom(path: Path) -> tuple[ImageHeader, npt.NDArray[Any]]:
    """The header and the pixels [height, width, channels] or [frames, height, width, channels].

    uint8 of 8 bits in gray or colour. All other values are float32 in the units of the file:
    stored × RescaleSlope + RescaleIntercept, such as Hounsfield units. MONOCHROME1, whose lowest
    value is white, is turned around first. A window (VOI LUT) is not applied.
    Raises: DataError for a file that holds no such image, or cannot be decoded.
    """
    data = _data_set(path, pixels=True)
    header = _header(data, path)
    from pydicom.pixels import apply_modality_lut

    try:
        pixels = np.asarray(data.pixel_array)
        if data.PhotometricInterpretation == "MONOCHROME1":
            low = -(2 ** (data.BitsStored - 1)) if data.PixelRepresentation else 0
            pixels = (2 * low + 2**data.BitsStored - 1) - pixels.astype(np.int64)
        if header.bits == 8:
            pixels = pixels.astype(np.uint8)
        else:
            pixels = np.asarray(apply_modality_lut(pixels, data)).astype(np.float32)
        return header, pixels.reshape(header.shape)
    except Exception as error:  # decoders raise what they meet: RuntimeError, AttributeError, …
        raise DataError(
            f"{path}: its pixels cannot be decoded ({error}). Expected a whole DICOM file that "
            "pydicom can decode. Replace the file, or convert it to an uncompressed transfer syntax."
        ) from error


def _data_set(path: Path, *, pixels: bool) -> Any:
    try:
        import pydicom
    except ImportError as error:
        raise DataError(
            f"{path}: a DICOM file is read by pydicom, which is not installed. Install it with "
            "`pip install 'bnnc[dicom]'`, or convert the images to PNG."
        ) from error
    try:
        with open_file(path) as file:
            return pydicom.dcmread(file, stop_before_pixels=not pixels)
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror or error}).") from error
    except Exception as error:  # InvalidDicomError, and what its parsers meet
        raise DataError(
            f"{path}: cannot be read as DICOM ({error}). Expected a whole DICOM file. Replace the "
            "file or remove it."
        ) from error


def _header(data: Any, path: Path) -> ImageHeader:
    try:
        kind = str(data.PhotometricInterpretation)
        channels, allocated = int(data.SamplesPerPixel), int(data.BitsAllocated)
        height, width = int(data.Rows), int(data.Columns)
        frames = int(data.get("NumberOfFrames") or 1)
    except (AttributeError, TypeError, ValueError) as error:
        raise DataError(
            f"{path}: is a DICOM file without an image ({error}). Remove the file."
        ) from error
    is_gray = kind in ("MONOCHROME1", "MONOCHROME2")
    if not (is_gray and channels == 1) and not (channels == 3 and allocated == 8):
        raise DataError(
            f"{path}: expected gray pixels, or colours of 8 bits. Received: {kind} with {channels} × "
            f"{allocated} bits. Convert the image to PNG."
        )
    rescaled = data.get("RescaleSlope", 1) != 1 or data.get("RescaleIntercept", 0) != 0
    rescaled |= bool(data.get("ModalityLUTSequence")) or bool(data.get("PixelRepresentation"))
    is_byte = allocated == 8 and not (is_gray and rescaled)
    depth = frames if frames > 1 else None
    return ImageHeader(height, width, channels, 8 if is_byte else 32, depth)
