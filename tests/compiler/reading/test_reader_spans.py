"""Every value, key and entry knows the exact characters that it was read from."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from bnnc.compiler.diagnostics.diagnostic import Diagnostic
from bnnc.compiler.text.tree import Mapping, Path, find, find_entry

Read = Callable[[str], tuple[Mapping | None, tuple[Diagnostic, ...]]]


def value_text(read: Read, text: str, *path: str | int) -> str:
    tree, _ = read(text)
    assert tree is not None
    node = find(tree, path)
    assert node is not None
    assert node.span.text == text[node.span.start : node.span.end]
    return node.span.text


@pytest.mark.parametrize(
    ("text", "path", "expected"),
    [
        ("a: 10\nb: 2\n", ("a",), "10"),
        ("é: 日本 語\nb: 😀\n", ("é",), "日本 語"),
        ("é: 日本 語\nb: 😀x\n", ("b",), "😀x"),
        ("a: 1\r\nb: two\r\nc: 3\r\n", ("b",), "two"),
        ("a: 1\rb: two\rc: 3\r", ("b",), "two"),
        ("\ufeffa: 1\nb: two\n", ("b",), "two"),
        ("a: 'it''s'\n", ("a",), "'it''s'"),
        ('a: "x\\ty"  # c\n', ("a",), '"x\\ty"'),
        ('a: "\\ud83d\\ude00" # c\n', ("a",), '"\\ud83d\\ude00"'),
        ("a: one\n  two\n\nb: 1\n", ("a",), "one\n  two"),
        ('a: "one\n  two"\n', ("a",), '"one\n  two"'),
        ("a: |  # c\n  x\n  y\n\n\n# d\nb: 1\n", ("a",), "|  # c\n  x\n  y"),
        ("a: >-\r\n  x\r\n  y\r\n\r\nb: 1\r\n", ("a",), ">-\r\n  x\r\n  y"),
        ("a: [1, 2,\n    3]  # c\nb: 1\n", ("a",), "[1, 2,\n    3]"),
        ("a: [1, [2, 3 ] ]\n", ("a", 1), "[2, 3 ]"),
        ("a: {b: 1, c: {d: x}}\n", ("a", "c"), "{d: x}"),
        ("a: [b: 1 , c]\n", ("a", 0), "b: 1"),
        ("a: [{b: 1} , c]\n", ("a", 0), "{b: 1}"),
        ("a:\n  b: 1\n  c: 2\n\n# comment\n\nd: 3\n", ("a",), "b: 1\n  c: 2"),
        ("a:\n  - 1\n  - x: 2\n    y: 3\n\n\nd: 3\n", ("a",), "- 1\n  - x: 2\n    y: 3"),
        ("a:\n- 1\n- 2\n# c\nd: 3\n", ("a",), "- 1\n- 2"),
        ("a:\n  - x: 2\n    y: 3\n  - z\n", ("a", 0), "x: 2\n    y: 3"),
        ("a:\n  b:\n    c: 1\n\nd: 2\n\n\n", (), "a:\n  b:\n    c: 1\n\nd: 2"),
        ("# c\n\na: 1\n# d\n", (), "a: 1"),
        ("a: &x {b: 1}\n", ("a",), "{b: 1}"),
        ("a: &x # c\n  b: 1\nc: 2\n", ("a",), "b: 1"),
        ("a: &x\n  - 1\n  - 2\nc: 2\n", ("a",), "- 1\n  - 2"),
        ("a: &x 12 # c\n", ("a",), "12"),
        ("a: !!str  12\n", ("a",), "12"),
        ("a: !!str &x 12\n", ("a",), "12"),
        ("a: &x [1, {b: 2}]\nc: *x\n", ("c",), "*x"),
        ("a: &x [1, {b: 2}]\nc: *x\n", ("c", 1, "b"), "2"),
        ('{\n\t"a": [1,\n2]\n}', ("a",), "[1,\n2]"),
        ('{"a"\n: 1}', ("a",), "1"),
        ("a: x\u2028b\nc: 1\n", ("a",), "x\u2028b"),
        ('{"a": "x \u2028\u2029 y"}', ("a",), '"x \u2028\u2029 y"'),
    ],
)
def test_a_span_is_the_value_as_written(read: Read, text: str, path: Path, expected: str) -> None:
    assert value_text(read, text, *path) == expected


@pytest.mark.parametrize(
    ("text", "path", "before"),
    [
        ("a:\nb: 1\n", ("a",), "a:"),
        ("a:   # c\nb: 1\n", ("a",), "a:"),
        ("a: {b: , c: 1}\n", ("a", "b"), "a: {b:"),
        ("a: {b , c: 1}\n", ("a", "b"), "a: {b"),
        ("a: {b}\n", ("a", "b"), "a: {b"),
        ("a: &x\nb: 1\n", ("a",), "a:"),
        ('{"a" : , "b": 1}', ("a",), '{"a" :'),
        ("? a # c\n: \nb: 1\n", ("a",), "? a # c\n:"),
    ],
)
def test_an_empty_value_stands_right_behind_the_colon(
    read: Read, text: str, path: Path, before: str
) -> None:
    tree, _ = read(text)
    assert tree is not None
    node = find(tree, path)
    assert node is not None
    assert (node.span.start, node.span.end) == (len(before), len(before))


@pytest.mark.parametrize(
    ("text", "path", "key", "entry"),
    [
        ("a: 1\nbb:   two  # c\n", ("bb",), "bb", "bb:   two"),
        ("a: 1\n'b b':   [1]\n", ("b b",), "'b b'", "'b b':   [1]"),
        ('{"é": {"b" : 1 }}', ("é",), '"é"', '"é": {"b" : 1 }'),
        ("a:\n  b: 1\n\nc: 2\n", ("a",), "a", "a:\n  b: 1"),
        ("a:\nc: 2\n", ("a",), "a", "a:"),
        ("a: &x k\n*x : 2\n", ("k",), "*x", "*x : 2"),
        ("a: &x k\n&y b: *x\n", ("b",), "b", "b: *x"),
    ],
)
def test_an_entry_runs_from_its_key_to_the_end_of_its_value(
    read: Read, text: str, path: Path, key: str, entry: str
) -> None:
    tree, _ = read(text)
    assert tree is not None
    found = find_entry(tree, path)
    assert found is not None
    assert found.key_span.text == key
    assert found.span.text == entry


def test_lines_and_columns_are_counted_in_characters(read: Read) -> None:
    tree, _ = read("a: 1\r\né: {日本: x}\r\n")
    assert tree is not None
    node = find(tree, ("é", "日本"))
    assert node is not None
    assert node.span.position == (2, 9)
