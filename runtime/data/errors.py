"""The errors for data that is refused."""

from bnnc.errors import DataError

__all__ = ["DataError", "SizesDifferError", "SpecDataError"]


class SpecDataError(DataError):
    """Data that a part of the spec cannot be used with; `path` is that part, from the spec's top."""

    def __init__(self, message: str, *path: str) -> None:
        super().__init__(message)
        self.path = path


class SizesDifferError(DataError):
    """Image files of several sizes that the spec does not resize."""
