"""Limit the data that one process holds in memory."""

from bnnc.runtime.data.errors import DataError

# ImageNet's 1.28 million images at 64 × 64 × 3 take 14.6 GiB: what is larger needs a pipeline that
# streams, and would otherwise end in the operating system killing the process without a word.
MEMORY_LIMIT_BYTES = 16 * 2**30


def refuse_beyond_memory_limit(size: int, *, where: str) -> None:
    """Raise DataError when `size` bytes, uncompressed, are more than bnnc loads into memory."""
    if size > MEMORY_LIMIT_BYTES:
        raise DataError(
            f"{where}: holds {size / 2**30:,.1f} GiB uncompressed. Expected at most "
            f"{MEMORY_LIMIT_BYTES / 2**30:,.0f} GiB, because all rows are kept in memory. "
            "Use smaller images or fewer rows, or pass a tf.data.Dataset to fit()."
        )
