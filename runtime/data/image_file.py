"""Read one image file, completely or not at all.

Pixels are taken as they are stored, 8 or 16 bits a channel: nothing is resized. How a camera was
held (EXIF orientation) is not applied, as in Keras; Pillow applies it to TIFF alone.
"""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from threading import Lock
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from PIL import Image, PngImagePlugin, TiffImagePlugin, UnidentifiedImageError

from bnnc.runtime.data.dicom import dicom_header, read_dicom
from bnnc.runtime.data.errors import DataError
from bnnc.runtime.data.file_kinds import FORMATS, is_dicom, is_nifti
from bnnc.runtime.data.image_header import ImageHeader
from bnnc.runtime.data.image_notes import ImageNotes
from bnnc.runtime.data.nifti import nifti_header, read_nifti
from bnnc.runtime.data.sixteen_bits import gray_of, on_white, png_pixels
from bnnc.system.reading import open_file, read_beginning

Pixels = npt.NDArray[Any]
"""uint8 of up to 8 bits a channel, uint16 of 16 bits, float32 of real numbers."""

GRAY_MODES: Final = frozenset(("1", "L", "LA", "La"))
COLOR_MODES: Final = frozenset(
    ("P", "PA", "RGB", "RGBA", "RGBa", "RGBX", "CMYK", "YCbCr", "LAB", "HSV"),
)
ALPHA_MODES: Final = frozenset(("LA", "La", "PA", "RGBA", "RGBa"))
_GRAY_16_MODES: Final = frozenset(("I;16", "I;16B", "I;16L", "I;16N"))

# Pillow looks through all bytes of a JPEG or a GIF for the next part: a sparse file takes hours. The
# largest image that it takes for no decompression bomb has 89 million pixels, 358 MB as a BMP.
_MAX_BYTES: Final = 2**29

# The formats are named so that no file reaches a decoder that starts other programs.
_DECODERS: Final = ("PNG", "JPEG", "BMP", "GIF", "WEBP", "TIFF")

_OPENING: Final = Lock()

# In the header of a PNG, where the depth and the kind of its colours are, and the kinds of gray.
_PNG_DEPTH, _PNG_KIND, _PNG_GRAY = 24, 25, (0, 4)
# Tags of TIFF: what a page is for, bits and meaning of the samples.
_SUBFILE_TYPE, _BITS_PER_SAMPLE, _PHOTOMETRIC, _SAMPLE_FORMAT = 254, 258, 262, 339
_ORIENTATION = 0x0112  # of EXIF
# Markers of a JPEG frame are 0xFFC0 to 0xFFCF, without those of tables.
_JPEG_FRAMES: Final = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
# Cameras put previews and colour profiles before the frame, of 64 KiB each at most.
_JPEG_BEGINNING = 2**20


def read_header(
    path: Path, notes: ImageNotes | None = None, *, content: bytes | None = None
) -> ImageHeader:
    """Read size, channels and bits, and note what is not read of the file.

    `content` are the bytes of an image that is within another file; `path` is its place then.
    Raises: DataError for a file that is no image of 8 or 16 bits a channel.
    """
    if content is None and is_nifti(path):
        return nifti_header(path)
    if content is None and is_dicom(path):
        return dicom_header(path)
    with _opened(path, content) as image:
        return _header(image, path, notes)


def read_image(
    path: Path,
    *,
    channels: int | None = None,
    notes: ImageNotes | None = None,
    content: bytes | None = None,
) -> tuple[ImageHeader, Pixels]:
    """Read the header and the pixels [height, width, channels], of an animation the first frame.

    The pages of a TIFF, the frames of a DICOM file and the slices of a NIfTI file are a volume
    [depth, height, width, channels]. uint8 of up to 8 bits a channel, float32 of real numbers,
    otherwise uint16; in the file's own channels if none are given.
    Gray is repeated into colour and colour weighted into gray (ITU-R 601-2, as Pillow does).
    Transparent pixels are laid on white, and the alpha channel is dropped. What is not read of the
    file is noted. `content` is that of `read_header`.
    Raises: DataError for a file that is no image of 8 or 16 bits a channel, or cannot be decoded to
        its end.
    """
    if content is None and (is_nifti(path) or is_dicom(path)):
        header, stored = read_nifti(path) if is_nifti(path) else read_dicom(path)
        return header, _with_channels(stored, channels or header.channels)
    with _opened(path, content) as image:
        header = _header(image, path, notes)
        channels = channels or header.channels
        if header.depth is None:
            return header, _pixels(image, path, channels, notes)
        pages = []
        for page in _pages(image):
            image.seek(page)
            pages.append(_pixels(image, path, channels, notes))
        return header, np.stack(pages)


def _with_channels(pixels: Pixels, channels: int) -> Pixels:
    """Gray repeated into colour, or colour weighed into gray."""
    if pixels.shape[-1] == channels:
        return pixels
    if channels == 3:
        return np.repeat(pixels, 3, axis=-1)
    return gray_of(pixels).astype(pixels.dtype)


def _header(image: Image.Image, path: Path, notes: ImageNotes | None) -> ImageHeader:
    bits = _bits(image, path)
    if notes is not None:
        _note(image, path, notes)
    channels, pages = _channels(image, bits), len(_pages(image))
    if pages > 1:
        _refuse_unlike_pages(image, path)
    return ImageHeader(image.height, image.width, channels, bits, pages if pages > 1 else None)


def _pixels(image: Image.Image, path: Path, channels: int, notes: ImageNotes | None) -> Pixels:
    bits = _bits(image, path)
    if bits == 32:
        image.load()
        real = np.asarray(image, np.float32)[..., np.newaxis]
        if not np.isfinite(real).all():
            raise DataError(
                f"{path}: has pixels that are NaN or infinite. Expected finite numbers."
            )
        return _with_channels(real, channels)
    if bits == 16:
        deep = _read_16_bits(image, path, notes)
        if channels == 1:
            return gray_of(deep)
        return np.repeat(deep, 3, axis=-1) if deep.shape[-1] == 1 else deep
    image.load()
    opaque: Image.Image = image
    if image.mode in ALPHA_MODES or "transparency" in image.info:
        with_alpha = image.convert("RGBA")
        if notes is not None and np.asarray(with_alpha.getchannel("A")).min() < 255:
            notes.add("transparent", path)
        white = Image.new("RGBA", with_alpha.size, (255, 255, 255, 255))
        opaque = Image.alpha_composite(white, with_alpha)
    pixels = np.asarray(opaque.convert("L" if channels == 1 else "RGB"), dtype=np.uint8)
    return pixels.reshape(image.height, image.width, channels)


def _read_16_bits(
    image: Image.Image, path: Path, notes: ImageNotes | None
) -> npt.NDArray[np.uint16]:
    """Pixels [height, width, 1 or 3], transparent ones laid on white."""
    if image.format != "PNG":
        image.load()
        return np.asarray(image).astype(np.uint16)[..., np.newaxis]
    assert isinstance(image, PngImagePlugin.PngImageFile)
    assert image.fp is not None
    image.fp.seek(0)
    pixels, alpha = png_pixels(image.fp.read(), transparent=image.info.get("transparency"))
    if alpha is None:
        return pixels
    if notes is not None and alpha.min() < 65535:
        notes.add("transparent", path)
    return on_white(pixels, alpha)


def _bits(image: Image.Image, path: Path) -> int:
    """Bits a channel by the file's own header, 8, 16 or 32. Raises: DataError for any other pixels."""
    if image.format == "PNG":
        return 16 if _png_byte(image, _PNG_DEPTH) == 16 else 8
    if isinstance(image, TiffImagePlugin.TiffImageFile):
        return _tiff_bits(image, path)
    if image.mode not in GRAY_MODES | COLOR_MODES:
        raise _other_pixels(path, f"pixels of mode {image.mode}")
    return 8


def _png_byte(image: Image.Image, place: int) -> int:
    """A byte of a PNG's header, which has its place in the file; Pillow keeps none of it."""
    assert isinstance(image, PngImagePlugin.PngImageFile)
    assert image.fp is not None
    position = image.fp.tell()
    image.fp.seek(place)
    byte = image.fp.read(1)[0]
    image.fp.seek(position)
    return byte


def _tiff_bits(image: TiffImagePlugin.TiffImageFile, path: Path) -> int:
    tags = image.tag_v2
    depths = tuple(tags.get(_BITS_PER_SAMPLE, (1,)))
    formats = tuple(tags.get(_SAMPLE_FORMAT, (1,)))
    if set(formats) == {1} and max(depths) <= 8 and image.mode in GRAY_MODES | COLOR_MODES:
        return 8
    is_gray_16 = depths == (16,) and formats == (1,) and image.mode in _GRAY_16_MODES
    if is_gray_16 and tags.get(_PHOTOMETRIC) == 1:  # 0 is black
        return 16
    if depths == (32,) and formats == (3,) and image.mode == "F":
        return 32
    kind = {1: "whole numbers", 2: "signed numbers", 3: "real numbers"}.get(formats[0], "numbers")
    raise _other_pixels(path, f"a TIFF file with {len(depths)} × {max(depths)} bits of {kind}")


def _other_pixels(path: Path, received: str) -> DataError:
    return DataError(
        f"{path}: expected 8 bits a channel, 16 as PNG or as gray TIFF, or 32 of real numbers as "
        f"gray TIFF. Received: {received}, which would be clipped. Convert the image to PNG of 8 or "
        "16 bits, or store the pixels as numbers in an .npz archive and write their `value_range`."
    )


def _channels(image: Image.Image, bits: int) -> int:
    if bits == 16 and image.format == "PNG":
        return 1 if _png_byte(image, _PNG_KIND) in _PNG_GRAY else 3
    if image.mode in ("P", "PA"):
        return 1 if _palette_is_gray(image) else 3
    return 1 if image.mode in GRAY_MODES | _GRAY_16_MODES | {"F"} else 3


def _palette_is_gray(image: Image.Image) -> bool:
    palette = image.palette
    if palette is None:
        return False
    width = len(palette.rawmode or palette.mode)
    colours = np.frombuffer(bytes(palette.palette), dtype=np.uint8)
    if width not in (3, 4) or len(colours) == 0 or len(colours) % width:
        return False
    colours = colours.reshape(-1, width)[:, :3]  # the fourth is alpha, or nothing
    return bool((colours == colours[:, :1]).all())


def _note(image: Any, path: Path, notes: ImageNotes) -> None:
    """Note what is not read of a file."""
    if image.format == "TIFF":
        return
    if image.format in ("GIF", "PNG", "WEBP") and getattr(image, "is_animated", False):
        notes.add("animated", path)
    if "exif" in image.info and image.getexif().get(_ORIENTATION, 1) not in (0, 1):
        notes.add("turned", path)


def _pages(image: Image.Image) -> list[int]:
    """The pages of a TIFF, without previews at a lower resolution and masks; one of other files."""
    if not isinstance(image, TiffImagePlugin.TiffImageFile) or image.n_frames == 1:
        return [0]
    pages = []
    for page in range(image.n_frames):
        image.seek(page)
        if not image.tag_v2.get(_SUBFILE_TYPE, 0) & 5:
            pages.append(page)
    image.seek(0)
    return pages


def _refuse_unlike_pages(image: Image.Image, path: Path) -> None:
    """Refuse pages that are no slices of one volume."""
    first, pages = (*image.size, image.mode), _pages(image)
    for page in pages:
        image.seek(page)
        if (*image.size, image.mode) != first:
            raise DataError(
                f"{path}: holds {len(pages)} images, and image {page + 1} has another size or other "
                "colours than the first. Expected one image a file, or the slices of a volume. Save "
                "each image as a file."
            )
    image.seek(0)


def _jpeg_bits(data: bytes) -> int | None:
    """Bits a channel of a JPEG by its frame header, from its first bytes; None for another file."""
    if not data.startswith(b"\xff\xd8"):
        return None
    place = 2
    while place + 4 < len(data) and data[place] == 0xFF:
        marker = data[place + 1]
        if marker in _JPEG_FRAMES:
            return data[place + 4]
        place += 2 + int.from_bytes(data[place + 2 : place + 4], "big")
    return None


@contextmanager
def _opened(path: Path, content: bytes | None = None) -> Iterator[Image.Image]:
    try:
        with open_file(path, limit=_MAX_BYTES) if content is None else BytesIO(content) as file:
            # The filters of warnings are the whole process's: one thread at a time changes them.
            with _OPENING, warnings.catch_warnings():
                warnings.simplefilter("error", Image.DecompressionBombWarning)
                image = Image.open(file, formats=_DECODERS)
            with image:
                yield image
    except DataError:
        raise
    except Exception as error:  # Pillow's decoders raise what they meet: OSError, SyntaxError, …
        bits = None
        if content is not None:
            bits = _jpeg_bits(content[:_JPEG_BEGINNING])
        elif not (isinstance(error, OSError) and error.errno):
            bits = _jpeg_bits(read_beginning(path, _JPEG_BEGINNING))
        if bits not in (None, 8):
            raise _other_pixels(path, f"a JPEG file of {bits} bits") from error
        unknown = isinstance(error, UnidentifiedImageError)  # which names the stream, not the file
        reason = "its content is not that of an image" if unknown else error
        raise DataError(
            f"{path}: cannot be read as an image ({reason}). Expected a whole {FORMATS} "
            "file. Replace the file or remove it."
        ) from error
