"""How a message shows a piece of the user's text: short, on one line, and harmless."""

from __future__ import annotations

from bnnc.printable import harmless


def quoted(text: str, limit: int = 60) -> str:
    """The text in backquotes, on one line, its middle left out where it is long.

    Text that has a backquote stands in double quotes.
    """
    if len(text) > limit:
        half = (limit - 3) // 2
        text = f"{text[:half]}...{text[-half:]}"
    sign = '"' if "`" in text else "`"
    return f"{sign}{harmless(text)}{sign}"


def counted(count: int, noun: str, plural: str = "") -> str:
    """A number with its noun: `1 error`, `2 errors`."""
    return f"{count:,} {noun if count == 1 else plural or noun + 's'}"
