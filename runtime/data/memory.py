"""Limit the data that one process holds in memory."""

import os
from typing import Final

from bnnc.runtime.data.errors import DataError

# ImageNet's 1.28 million images at 64 × 64 × 3 take 14.6 GiB: what is larger would end in the
# operating system killing the process without a word.
MEMORY_LIMIT_BYTES = 16 * 2**30

# The images may be held twice, as they were read and as tensors, and the model needs memory too.
_SHARE: Final = 4


def refuse_beyond_memory_limit(
    size: int,
    *,
    where: str,
    way_out: str = "Use smaller images or fewer rows, or pass a tf.data.Dataset to fit().",
) -> None:
    """Raise DataError when `size` bytes, uncompressed, are more than bnnc loads into memory."""
    if size > MEMORY_LIMIT_BYTES:
        raise DataError(
            f"{where}: holds {size / 2**30:,.1f} GiB uncompressed. Expected at most "
            f"{MEMORY_LIMIT_BYTES / 2**30:,.0f} GiB, because all rows are kept in memory. {way_out}"
        )


def fits_in_memory(size: int) -> bool:
    """Whether images of so many bytes are kept in memory where the spec does not say it.

    That is a quarter of the machine's memory, 16 GiB at most.
    """
    physical = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return size <= min(MEMORY_LIMIT_BYTES, physical // _SHARE)
