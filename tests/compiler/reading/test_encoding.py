"""Bytes become text as UTF-8, and everything else is said."""

from __future__ import annotations

import codecs

import pytest

from bnnc.compiler.reading.reader import read, read_bytes
from bnnc.compiler.text.source import Source, Span
from bnnc.compiler.text.tree import to_json


def test_utf_8_is_read_and_its_mark_dropped() -> None:
    for mark in (b"", codecs.BOM_UTF8):
        source, findings = read_bytes("spec.yaml", mark + "a: Größe 😀\r\n".encode())
        assert not findings
        assert source == Source("spec.yaml", "a: Größe 😀\r\n")
        tree, findings = read(source)
        assert not findings
        assert tree is not None
        assert to_json(tree) == {"a": "Größe 😀"}


@pytest.mark.parametrize(
    ("data", "offset", "byte"),
    [
        (b"a: Gr\xf6\xdfe\n", 5, "0xf6"),
        ("é: ".encode() + b"\xff", 3, "0xff"),
        (b"\xc3", 0, "0xc3"),
        (b"a: \xed\xa0\xbd\n", 3, "0xed"),
        (b"a: \xc0\x80\n", 3, "0xc0"),
    ],
)
def test_bytes_that_are_not_utf_8_are_found_at_their_place(
    data: bytes, offset: int, byte: str
) -> None:
    source, findings = read_bytes("spec.yaml", data)
    (finding,) = findings
    assert finding.code == "BNN015"
    assert finding.span == Span(source, offset, offset + 1)
    assert finding.span.text == "\ufffd"
    assert byte in finding.message


def test_a_letter_of_an_older_encoding_is_named() -> None:
    _, findings = read_bytes("spec.yaml", b"a: Gr\xf6\xdfe\n")
    assert findings[0].notes == ("in the older encoding Windows-1252 it is `ö`",)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-32"])
def test_other_encodings_are_named_and_their_text_is_shown(encoding: str) -> None:
    source, findings = read_bytes("spec.yaml", "a: é\n".encode(encoding))
    assert [finding.code for finding in findings] == ["BNN015"]
    assert encoding.upper() in findings[0].message
    assert source.text == "a: é\n"


@pytest.mark.parametrize("text", ["a: 1\nb: 2\n", "a: 1\r\nb: 2\r\n", "a: 1\rb: 2"])
def test_every_line_ending_of_yaml_ends_a_line(text: str) -> None:
    source = Source("spec.yaml", text)
    assert source.line(1) == "a: 1"
    assert source.line(2) == "b: 2"
    assert source.position(text.index("2")) == (2, 4)
