"""PNG files with 16 bits a channel, which Pillow cuts to 8 bits if they have colour or alpha."""

from typing import Any

import numpy as np
import numpy.typing as npt

_MOST = 65535

Pixels = npt.NDArray[np.uint16]


def png_pixels(data: bytes, *, transparent: Any = None) -> tuple[Pixels, Pixels | None]:
    """Read pixels [height, width, 1 or 3] and their alpha [height, width, 1], if there is any.

    Args:
        data: a PNG file of 16 bits a channel.
        transparent: the gray value or the colour that is transparent, or None.

    Raises: ValueError for damaged data.
    """
    # Here rather than above: images of 8 bits are read without TensorFlow.
    import tensorflow as tf

    try:
        decoded = tf.io.decode_png(data, dtype=tf.uint16)
    except tf.errors.InvalidArgumentError as error:
        raise ValueError("its PNG data is damaged or cut short") from error
    pixels: Pixels = decoded.numpy()
    if pixels.shape[-1] in (2, 4):
        return pixels[..., :-1], pixels[..., -1:]
    if transparent is None:
        return pixels, None
    hidden = (pixels == np.asarray(transparent)).all(axis=-1, keepdims=True)
    return pixels, np.where(hidden, 0, _MOST).astype(np.uint16)


def on_white(pixels: Pixels, alpha: Pixels) -> Pixels:
    """Lay pixels on white by their alpha."""
    share = alpha.astype(np.float64) / _MOST
    return np.rint(pixels * share + _MOST * (1 - share)).astype(np.uint16)


def gray_of(pixels: Pixels) -> Pixels:
    """Weigh colours into gray, [height, width, 1 or 3] -> [height, width, 1].

    The weights of ITU-R 601-2 in whole numbers, as Pillow has them for 8 bits.
    """
    if pixels.shape[-1] == 1:
        return pixels
    weighed = pixels.astype(np.uint64) @ np.array([19595, 38470, 7471], dtype=np.uint64)
    return ((weighed + 0x8000) >> 16).astype(np.uint16)[..., np.newaxis]
