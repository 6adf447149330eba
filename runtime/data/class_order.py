"""The order of classes, and their names: of numbers by value, of other names as text.

No file is read here, and no array is needed.
"""

import difflib
import re
from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise
from typing import Final

from bnnc.runtime.data.errors import DataError

_NUMBER: Final = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?")

# Names that a message lists before it says how many more there are.
SHOWN: Final = 10


def number_of(name: str) -> Fraction | None:
    """The number that a class name is, exactly; None for any other name.

    `0`, `01`, `-1`, `1.5` and `2e3` are numbers; `nan`, `1_000` and `1/2` are not.
    """
    return Fraction(name) if len(name) <= 255 and _NUMBER.fullmatch(name) else None


def are_numbers(names: Sequence[str]) -> bool:
    """Whether every name is a number."""
    return all(number_of(name) is not None for name in names)


def in_order(names: Sequence[str], *, where: str) -> tuple[str, ...]:
    """Sort class names: by value if all of them are numbers, otherwise as text.

    Raises: DataError if two of the numbers are equal.
    """
    numbers = {name: number for name in names if (number := number_of(name)) is not None}
    if len(numbers) < len(names):
        return tuple(sorted(names))
    ordered = sorted(names, key=lambda name: (numbers[name], name))
    for one, other in pairwise(ordered):
        if numbers[one] == numbers[other]:
            raise DataError(
                f"{where}: the class names {one} and {other} are the same number. Expected each "
                "number once. Merge the two classes, or list all classes in their order as "
                "`data.classes`."
            )
    return tuple(ordered)


def as_listed(names: Sequence[str], classes: Sequence[str], *, where: str) -> tuple[str, ...]:
    """Put class names into the order of `classes`, which must list exactly these names.

    Raises: DataError naming what is missing on either side.
    """
    unlisted = [name for name in names if name not in set(classes)]
    unknown = [name for name in classes if name not in set(names)]
    if not unlisted and not unknown:
        return tuple(classes)
    parts, free = [], list(unlisted)
    for name in unknown:
        close = difflib.get_close_matches(name, free, n=1) or [
            one for one in free if one.casefold() == name.casefold()
        ]
        if close:
            free.remove(close[0])
            parts.append(f"there is no class `{name}`; did you mean `{close[0]}`?")
    unmatched = [name for name in unknown if not any(f"`{name}`;" in part for part in parts)]
    if unmatched:
        parts.append(f"there is no class {listed([f'`{name}`' for name in unmatched])}")
    if free:
        parts.append(f"`data.classes` does not list {listed([f'`{name}`' for name in free])}")
    raise DataError(
        f"{where}: `data.classes` and the classes of the data differ. {'. '.join(parts)}. "
        f"Expected exactly the classes of the data, in their order: {listed(sorted(names))}.".replace(
            "?.", "?"
        )
    )


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
