"""The one exception by which data is refused."""

from bnnc.errors import DataError

__all__ = ["DataError"]
