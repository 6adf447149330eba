"""Class names: which are numbers, and how to list many of them."""

import re
from collections.abc import Sequence
from fractions import Fraction
from typing import Final

_NUMBER: Final = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?")

# Names that a message lists before it says how many there are.
SHOWN: Final = 10


def number_of(name: str) -> Fraction | None:
    """The number that a class name is, exactly; None for any other name.

    `0`, `01`, `-1`, `1.5` and `2e3` are numbers; `nan`, `1_000` and `1/2` are not.
    """
    return Fraction(name) if len(name) <= 255 and _NUMBER.fullmatch(name) else None


def are_numbers(names: Sequence[str]) -> bool:
    """Whether every name is a number."""
    return all(number_of(name) is not None for name in names)


def listed(names: Sequence[str]) -> str:
    """Names in a row, shortened where there are many."""
    shown = ", ".join(names[:SHOWN])
    return shown if len(names) <= SHOWN else f"{shown}, … ({len(names)} in all)"


def order_text(names: Sequence[str]) -> str:
    """The indices of classes and their names, `0 = No DR, 1 = Mild`, shortened if there are many."""
    pairs = [f"{index} = {name}" for index, name in enumerate(names)]
    if len(pairs) > SHOWN:
        pairs = [*pairs[: SHOWN - 1], "…", pairs[-1]]
    return ", ".join(pairs)
