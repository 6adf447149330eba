"""Find rows with the same pixels, by a hash of 128 bits."""

from hashlib import blake2b

import numpy as np
import numpy.typing as npt

Digests = npt.NDArray[np.uint64]


def digests(images: npt.NDArray[np.generic]) -> Digests:
    """A hash of the pixels and the shape of each row, [rows, 2].

    A million images have two with the same hash by chance with a probability of 1.5e-27.
    """
    shape = repr((images.shape[1:], images.dtype.str)).encode()
    images = np.ascontiguousarray(images)
    hashed = b"".join(
        blake2b(image.data, digest_size=16, key=shape[:64]).digest() for image in images
    )
    return np.frombuffer(hashed, dtype=np.uint64).reshape(-1, 2)


def equal_rows(hashes: Digests) -> list[npt.NDArray[np.int64]]:
    """The groups of two and more rows with the same hash, each in increasing order."""
    order = np.lexsort((hashes[:, 1], hashes[:, 0]))
    ordered = hashes[order]
    begins = np.flatnonzero(np.r_[True, (ordered[1:] != ordered[:-1]).any(axis=1)])
    sizes = np.diff(np.r_[begins, len(ordered)])
    groups = [
        np.sort(order[start : start + size])
        for start, size in zip(begins[sizes > 1], sizes[sizes > 1], strict=True)
    ]
    return sorted(groups, key=lambda group: int(group[0]))
