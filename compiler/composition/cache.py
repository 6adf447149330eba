"""Files that were read in one call, and what they compose to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bnnc.compiler.diagnostics.diagnostic import Diagnostic
from bnnc.compiler.text.source import Source
from bnnc.compiler.text.tree import Mapping

if TYPE_CHECKING:  # a check of a spec that extends nothing needs no more of this package
    from bnnc.compiler.composition.files import File


@dataclass(frozen=True, slots=True)
class Composed:
    """A tree put together, or None where a part of it is missing, with what was found on the way.

    `files` are the texts that it is made of, from the last one extended to the spec itself, each
    with its bytes and its nodes.
    """

    tree: Mapping | None
    findings: tuple[Diagnostic, ...]
    files: dict[Source, tuple[int, int]]


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
