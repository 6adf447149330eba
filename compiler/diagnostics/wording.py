"""How a message shows a piece of the user's text: short, on one line, and harmless."""

from __future__ import annotations

import unicodedata

# Control, format and surrogate characters, and the two line separators: what a terminal would
# obey instead of show, or what would reorder the text around it.
_UNSHOWN = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})


def escaped(character: str) -> str:
    """The character itself, or its escape where a terminal would not show it as written."""
    if " " <= character <= "~":
        return character
    if unicodedata.category(character) not in _UNSHOWN:
        return character
    code = ord(character)
    if code <= 0xFF:
        return {"\t": "\\t", "\n": "\\n", "\r": "\\r"}.get(character, f"\\x{code:02x}")
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"


def harmless(text: str) -> str:
    """The text with every character escaped that a terminal would obey."""
    return text if text.isascii() and text.isprintable() else "".join(map(escaped, text))


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
