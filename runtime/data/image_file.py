"""One image file, read whole or not at all.

Pixels are taken as they are stored, 8 bits a channel: nothing is resized, and a camera's note on
how it was held (EXIF orientation) is not applied, as in Keras.
"""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image

from bnnc.runtime.data.errors import DataError

SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp", ".gif")

# Passing over such files without a word would train on a part of the data.
OTHER_IMAGE_SUFFIXES = frozenset(
    [
        ".avif",
        ".heic",
        ".heif",
        ".ico",
        ".jp2",
        ".pbm",
        ".pgm",
        ".pnm",
        ".ppm",
        ".svg",
        ".tga",
        ".tif",
        ".tiff",
        ".webp",
    ]
)

GRAY_MODES = frozenset(("1", "L", "LA", "La"))
COLOR_MODES = frozenset(
    ("P", "PA", "RGB", "RGBA", "RGBa", "RGBX", "CMYK", "YCbCr", "LAB", "HSV"),
)
ALPHA_MODES = frozenset(("LA", "La", "PA", "RGBA", "RGBa"))


@dataclass(frozen=True, slots=True)
class ImageHeader:
    """What an image file says of itself before any pixel is read."""

    height: int
    width: int
    channels: int  # 1 for gray, 3 for colour; a palette counts as colour


def is_image_file(path: Path) -> bool:
    """Say by its name whether the file is an image that bnnc reads.

    Raises: DataError for the name of an image in a format that bnnc does not read.
    """
    suffix = path.suffix.lower()
    if suffix in OTHER_IMAGE_SUFFIXES:
        raise DataError(
            f"{path}: expected one of {', '.join(SUFFIXES)}. Received: {suffix}. "
            "Convert the image, or move it out of the folder."
        )
    return suffix in SUFFIXES


def read_header(path: Path) -> ImageHeader:
    """Read size and channels. Raises: DataError for a file that is no 8-bit image."""
    with _opened(path) as image:
        if image.mode not in GRAY_MODES | COLOR_MODES:
            raise DataError(
                f"{path}: expected 8 bits a channel. Received: pixels of mode {image.mode}, which "
                "would be clipped. Convert the image to 8 bits, or store the pixels as numbers in "
                "an .npz archive and say their `value_range`."
            )
        return ImageHeader(
            height=image.height, width=image.width, channels=1 if image.mode in GRAY_MODES else 3
        )


def read_pixels(path: Path, *, channels: int) -> npt.NDArray[np.uint8]:
    """Read the pixels [height, width, channels], of an animation the first frame.

    Gray is repeated into colour and colour weighted into gray (ITU-R 601-2, as Pillow does).
    Transparent pixels are laid on white, and the alpha channel is dropped.
    Raises: DataError for a file that cannot be decoded to its end.
    """
    with _opened(path) as image:
        image.load()
        opaque: Image.Image = image
        if image.mode in ALPHA_MODES or "transparency" in image.info:
            with_alpha = image.convert("RGBA")
            white = Image.new("RGBA", with_alpha.size, (255, 255, 255, 255))
            opaque = Image.alpha_composite(white, with_alpha)
        pixels = np.asarray(opaque.convert("L" if channels == 1 else "RGB"), dtype=np.uint8)
        return pixels.reshape(image.height, image.width, channels)


@contextmanager
def _opened(path: Path) -> Iterator[Image.Image]:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            # The formats are named so that no file reaches a decoder that starts other programs.
            with Image.open(path, formats=("PNG", "JPEG", "BMP", "GIF")) as image:
                yield image
    except DataError:
        raise
    except Exception as error:  # Pillow's decoders raise what they meet: OSError, SyntaxError, …
        raise DataError(
            f"{path}: cannot be read as an image ({error}). Expected a whole PNG, JPEG, BMP or "
            "GIF file. Replace the file or remove it."
        ) from error
