"""Quote the user's text and count nouns in messages."""

from __future__ import annotations

from bnnc.printable import harmless


def quoted(text: str, limit: int = 60) -> str:
    """The text in backticks, on one line; the middle of a long text is left out.

    Text that contains a backtick is put in double quotes.
    """
    if len(text) > limit:
        half = (limit - 3) // 2
        text = f"{text[:half]}...{text[-half:]}"
    sign = '"' if "`" in text else "`"
    return f"{sign}{harmless(text)}{sign}"


def counted(count: int, noun: str, plural: str = "") -> str:
    """A number with its noun: `1 error`, `2 errors`."""
    return f"{count:,} {noun if count == 1 else plural or noun + 's'}"
