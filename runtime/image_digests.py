"""Digests of single images, to find equal ones."""

import hashlib
from typing import Any

import numpy as np
import numpy.typing as npt


def image_digests(images: npt.NDArray[Any]) -> list[bytes]:
    """A digest of each image's values as the model reads them. Shapes: [images, ...] -> [images]."""
    return [
        hashlib.blake2b(np.asarray(one, np.float32).tobytes(), digest_size=16).digest()
        for one in images
    ]
