"""Read one image file, completely or not at all.

Pixels are taken as they are stored, 8 or 16 bits a channel: nothing is resized. How a camera was
held (EXIF orientation) is not applied, as in Keras; Pillow applies it to TIFF alone.
"""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from threading import Lock
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from PIL import Image, PngImagePlugin, TiffImagePlugin, UnidentifiedImageError

from bnnc.runtime.data.errors import DataError
from bnnc.runtime.data.file_kinds import FORMATS
from bnnc.runtime.data.image_notes import ImageNotes
from bnnc.runtime.data.sixteen_bits import gray_of, on_white, png_pixels
from bnnc.system.reading import open_file, read_beginning

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


@dataclass(frozen=True, slots=True)
class ImageHeader:
    """Header of an image file, read before any pixel."""

    height: int
    width: int
    channels: int  # 1 for gray, 3 for colour; a palette counts as its colours
    bits: int  # 8 or 16 bits a channel; fewer are scaled to 8


def read_header(
    path: Path, notes: ImageNotes | None = None, *, content: bytes | None = None
) -> ImageHeader:
    """Read size, channels and bits, and note what is not read of the file.

    `content` are the bytes of an image that is within another file; `path` is its place then.
    Raises: DataError for a file that is no image of 8 or 16 bits a channel.
    """
    with _opened(path, content) as image:
        return _header(image, path, notes)


def read_image(
    path: Path,
    *,
    channels: int | None = None,
    notes: ImageNotes | None = None,
    content: bytes | None = None,
) -> tuple[ImageHeader, npt.NDArray[np.uint8] | npt.NDArray[np.uint16]]:
    """Read the header and the pixels [height, width, channels], of an animation the first frame.

    uint8 of up to 8 bits a channel, otherwise uint16; in the file's own channels if none are given.
    Gray is repeated into colour and colour weighted into gray (ITU-R 601-2, as Pillow does).
    Transparent pixels are laid on white, and the alpha channel is dropped. What is not read of the
    file is noted. `content` is that of `read_header`.
    Raises: DataError for a file that is no image of 8 or 16 bits a channel, or cannot be decoded to
        its end.
    """
    with _opened(path, content) as image:
        header = _header(image, path, notes)
        return header, _pixels(image, path, channels or header.channels, notes)


def _header(image: Image.Image, path: Path, notes: ImageNotes | None) -> ImageHeader:
    bits = _bits(image, path)
    if notes is not None:
        _note(image, path, notes)
    return ImageHeader(
        height=image.height, width=image.width, channels=_channels(image, bits), bits=bits
    )


def _pixels(
    image: Image.Image, path: Path, channels: int, notes: ImageNotes | None
) -> npt.NDArray[np.uint8] | npt.NDArray[np.uint16]:
    if _bits(image, path) == 16:
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
    """Bits a channel by the file's own header, 8 or 16. Raises: DataError for any other pixels."""
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
    kind = {1: "whole numbers", 2: "signed numbers", 3: "real numbers"}.get(formats[0], "numbers")
    raise _other_pixels(path, f"a TIFF file with {len(depths)} × {max(depths)} bits of {kind}")


def _other_pixels(path: Path, received: str) -> DataError:
    return DataError(
        f"{path}: expected 8 bits a channel, or 16 as PNG or as gray TIFF. Received: {received}, "
        "which would be clipped. Convert the image to PNG of 8 or 16 bits, or store the pixels as "
        "numbers in an .npz archive and write their `value_range`."
    )


def _channels(image: Image.Image, bits: int) -> int:
    if bits == 16 and image.format == "PNG":
        return 1 if _png_byte(image, _PNG_KIND) in _PNG_GRAY else 3
    if image.mode in ("P", "PA"):
        return 1 if _palette_is_gray(image) else 3
    return 1 if image.mode in GRAY_MODES | _GRAY_16_MODES else 3


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
    """Note what is not read of a file. Raises: DataError for a TIFF of several images."""
    if image.format == "TIFF":
        pages = _tiff_pages(image)
        if pages > 1:
            raise DataError(
                f"{path}: holds {pages} images. Expected one image a file. Save each as a file, or "
                "give volumes and series as arrays in an .npz archive."
            )
        return
    if image.format in ("GIF", "PNG", "WEBP") and getattr(image, "is_animated", False):
        notes.add("animated", path)
    if "exif" in image.info and image.getexif().get(_ORIENTATION, 1) not in (0, 1):
        notes.add("turned", path)


def _tiff_pages(image: TiffImagePlugin.TiffImageFile) -> int:
    """Count the images of a file, without previews at a lower resolution and masks."""
    pages = 0
    for page in range(image.n_frames):
        image.seek(page)
        pages += not image.tag_v2.get(_SUBFILE_TYPE, 0) & 5
    image.seek(0)
    return pages


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
