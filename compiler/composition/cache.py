"""What was read of the files that specs extend, kept for the specs of one call."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bnnc.compiler.composition.bases import Composed
    from bnnc.compiler.composition.files import File


class Cache:
    """Files as they were read, and as they were put together with what they extend themselves.

    Keys are what is the same for all names of a file.
    """

    def __init__(self) -> None:
        self.files: dict[str, File] = {}
        self.composed: dict[str, Composed] = {}

    def forget(self) -> None:
        """Read everything again: a file was written."""
        self.files.clear()
        self.composed.clear()
