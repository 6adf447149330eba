"""Bytes to text, and the characters that a spec cannot have."""

from __future__ import annotations

import codecs
import os
import re

from bnnc.compiler.diagnostics.diagnostic import Diagnostic
from bnnc.compiler.reading.findings.bnn006_text_too_large import text_too_large
from bnnc.compiler.reading.findings.bnn015_invalid_encoding import invalid_encoding
from bnnc.compiler.reading.findings.bnn018_control_character import control_character
from bnnc.compiler.text.limits import MAX_BYTES, most_bytes
from bnnc.compiler.text.source import Source, Span

# UTF-32's little-endian mark begins with UTF-16's, so it is asked for first.
_OTHER_ENCODINGS = (
    (codecs.BOM_UTF32_LE, "UTF-32"),
    (codecs.BOM_UTF32_BE, "UTF-32"),
    (codecs.BOM_UTF16_LE, "UTF-16"),
    (codecs.BOM_UTF16_BE, "UTF-16"),
)
# All controls but tab, line feed and carriage return; halves of characters; and the two
# noncharacters that libyaml refuses.
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")


def read_bytes(name: str, data: bytes) -> tuple[Source, tuple[Diagnostic, ...]]:
    """Decode a file's bytes as UTF-8; a byte order mark is dropped. `name` is the file's path.

    Of a file, no more than `most_bytes(name) + 1` bytes need to be given: more is not looked at, and
    `read` reports the size. Bytes that are not UTF-8 are a finding, and U+FFFD in the text, which
    is then there to be shown, not to be read.
    """
    folder = os.path.dirname(name)
    for mark, encoding in _OTHER_ENCODINGS:
        if data.startswith(mark):
            text = data[: most_bytes(name)].decode(encoding, "replace").removeprefix("\ufeff")
            source = Source(name, text, folder)
            return source, (invalid_encoding(Span(source, 0, 0), encoding=encoding),)
    data = data.removeprefix(codecs.BOM_UTF8)
    if len(data) > most_bytes(name):
        data = _whole_characters(data[: most_bytes(name) + 8])
    try:
        return Source(name, data.decode(), folder), ()
    except UnicodeDecodeError as error:
        source = Source(name, data.decode("utf-8", "replace"), folder)
        offset = len(data[: error.start].decode())
        span = Span(source, offset, offset + 1)
        return source, (invalid_encoding(span, byte=data[error.start]),)


def _whole_characters(data: bytes) -> bytes:
    """The bytes without the last character, which a cut may have gone through."""
    for length in range(1, 5):
        if data[-length] & 0xC0 != 0x80:
            return data[:-length]
    return data


def refuse_text(source: Source) -> Diagnostic | None:
    """A finding where the text is too long or has a character that no spec can have."""
    text = source.text
    # A character takes four bytes at most, so short texts need not be encoded to be counted.
    if len(text) * 4 > MAX_BYTES:
        data = text[: MAX_BYTES + 1].encode("utf-8", "surrogatepass")
        if len(data) > MAX_BYTES:
            offset = len(data[:MAX_BYTES].decode("utf-8", "ignore"))
            return text_too_large(Span(source, offset, offset), MAX_BYTES)
    if found := _CONTROL.search(text):
        return control_character(Span(source, found.start(), found.end()), text)
    return None
