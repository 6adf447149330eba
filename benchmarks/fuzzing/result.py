"""What the parent and the child processes of `benchmarks/fuzz.py` share: the account of a source."""

from __future__ import annotations

import struct
from dataclasses import dataclass, field

SAVED_OF_A_KIND = 3

LARGEST = 4 * 2**20
CURRENT = struct.Struct("<QQ")
"""How many inputs were tried, and the length of the one being tried, which follows."""


@dataclass
class Result:
    """What a source's inputs gave; times in seconds, memory in bytes."""

    source: str
    inputs: int = 0
    accepted: int = 0
    fixed: int = 0
    failures: dict[str, int] = field(default_factory=dict)
    saved: list[str] = field(default_factory=list)
    slowest: float = 0.0
    slowest_name: str = ""
    growth: int = 0
    peak: int = 0
    seconds: float = 0.0
    covered: str = ""

    def add(self, part: Result) -> None:
        """Put the account of a part of the inputs to this one."""
        self.inputs += part.inputs
        self.accepted += part.accepted
        self.fixed += part.fixed
        self.saved += part.saved
        for kind, count in part.failures.items():
            self.failures[kind] = self.failures.get(kind, 0) + count
        if part.slowest > self.slowest:
            self.slowest, self.slowest_name = part.slowest, part.slowest_name
        self.growth = max(self.growth, part.growth)
        self.peak = max(self.peak, part.peak)
        self.seconds += part.seconds
        self.covered = self.covered or part.covered
