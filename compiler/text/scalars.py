"""Resolve plain scalars by the core schema of YAML 1.2.

PyYAML resolves by YAML 1.1, where `no` is false, `1e-3` is a string and `010` is 8.

References: YAML 1.2.2, section 10.3.2; RFC 7493, section 2.2.
"""

from __future__ import annotations

import math
import re
from enum import Enum


class OutOfRange(Enum):
    """Why a number that is written well has no value here."""

    NOT_FINITE = "not finite"
    NOT_EXACT = "not exact"


# Above 2**53 neighbouring integers fall on one float64: JSON tools, and NumPy and TensorFlow
# wherever they compute in floating point, would read another number than the one written.
EXACT_INTEGERS = 2**53

_WORDS: dict[str, bool | None] = {
    "": None,
    "~": None,
    **dict.fromkeys(("null", "Null", "NULL"), None),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_INTEGERS = (
    (10, re.compile(r"[-+]?([0-9]+)")),
    (8, re.compile(r"0o([0-7]+)")),
    (16, re.compile(r"0x([0-9a-fA-F]+)")),
)
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_NOT_FINITE = re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")


def resolve(text: str) -> bool | int | float | str | OutOfRange | None:
    """The value of a plain scalar.

    An integral float below 2**53 in size is an int: JSON, and so the schema, has one kind of
    number, and `10.0` is as good a count as `10`.
    """
    if text in _WORDS:
        return _WORDS[text]
    for base, form in _INTEGERS:
        if found := form.fullmatch(text):
            return _integer(found[1], base, negative=text.startswith("-"))
    if _FLOAT.fullmatch(text):
        number = float(text)
        if not math.isfinite(number):
            return OutOfRange.NOT_FINITE
        if number.is_integer() and abs(number) < EXACT_INTEGERS:
            return int(number)
        return number
    return OutOfRange.NOT_FINITE if _NOT_FINITE.fullmatch(text) else text


def _integer(digits: str, base: int, *, negative: bool) -> int | OutOfRange:
    digits = digits.lstrip("0") or "0"
    # 2**53 has 18 octal digits; int() itself refuses texts of more than 4,300 decimal digits.
    if len(digits) > 18 or int(digits, base) >= EXACT_INTEGERS:
        return OutOfRange.NOT_EXACT
    return -int(digits, base) if negative else int(digits, base)
