"""Make text safe to print: what a terminal would obey instead of show is escaped."""

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
    """The text on one line, with every character escaped that a terminal would obey."""
    return text if text.isascii() and text.isprintable() else "".join(map(escaped, text))
