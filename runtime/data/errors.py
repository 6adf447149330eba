"""The error for data that is refused."""

from bnnc.errors import DataError

__all__ = ["DataError"]
