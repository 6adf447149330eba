"""The mistakes that people make in YAML are named at the place where they were made."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from bnnc.compiler.diagnostics.diagnostic import Diagnostic
from bnnc.compiler.reading.reader import read as read_source
from bnnc.compiler.text.source import Source
from bnnc.compiler.text.tree import Mapping

Read = Callable[[str], tuple[Mapping | None, tuple[Diagnostic, ...]]]


@pytest.mark.parametrize(
    ("text", "place", "marked", "message"),
    [
        ("a:\n\tb: 1\n", (2, 1), "\t", "a tab indents this line"),
        ("a:\n  b: 1\n\tc: 2\n", (3, 1), "\t", "a tab indents this line"),
        ("a: |\n\tb\n", (2, 1), "\t", "a tab indents this line"),
        ("a:\n  -\tb: 1\n\t  c: 2\n", (2, 4), "\t", "there is a tab where YAML needs a space"),
        ("a:1\nb: 2\n", (1, 2), ":", "a space is missing after the colon"),
        ("a: 1\nb:2\nc: 3\n", (2, 2), ":", "a space is missing after the colon"),
        ("a:\n  - b: 1\n    c:2\n    d: 3\n", (3, 6), ":", "a space is missing after the colon"),
        ("a: Note: this\n", (1, 8), ":", "a line has a second colon"),
        ("a: 1\n  b: 2\n", (2, 3), "b: 2", "this line is indented below a line that already has a value"),
        ("a\n  b: 1\n", (1, 1), "a", "a key has no colon"),
        ("a\nb: 1\n", (1, 1), "a", "a key has no colon"),
        ("a:\n  -b\n  - c: 1\n", (2, 3), "-", "a space is missing after the dash"),
        ("a: 1\nb\nc: 1\n", (2, 1), "b", "a key has no colon"),
        ("'a\n b': 1\n", (1, 1), "'a", "a key cannot span several lines"),
        ("a:\n  b: 1\n c: 2\n", (3, 2), "c", "this line is indented by 1 space, unlike all open levels above it"),
        ("a:\n  - b\n - c\n", (3, 2), "-", "this line is indented by 1 space, unlike all open levels above it"),
        ("a:\n    b: 1\n  c: 2\n", (3, 3), "c", "this line is indented by 2 spaces, unlike all open levels above it"),
        ("a:\n  - b\n  c: 1\n", (3, 3), "c: 1", "a key among list items"),
        ("a: 1\n- b\n", (2, 1), "- b", "a list item among keys"),
        ("a:\n  - b: 1\n  -c: 2\n", (3, 3), "-", "a space is missing after the dash"),
        ("a: - b\n", (1, 4), "-", "a list cannot start on the line of its key"),
        ("a: ?\n", (1, 4), "?", "a question mark and a space start a key, and no key is allowed here"),
        ("a: [1, 2\nb: 3\n", (1, 4), "[", "`[` is never closed"),
        ("a: [1, 2\n", (1, 4), "[", "`[` is never closed"),
        ("a: [1, # 2]\n", (1, 4), "[", "`[` is never closed"),
        ("a: {b: 1, c: {d: 2}", (1, 4), "{", "`{` is never closed"),
        ("a: {b: 1]\n", (1, 9), "]", "`{` is closed by `]`"),
        ("a: [1]]\n", (1, 7), "]", "`]` does not close any bracket"),
        ("a: }\n", (1, 4), "}", "`}` does not close any bracket"),
        ('a: ["x" "y"]\n', (1, 9), '"', "a comma is missing before this value"),
        ('{"a": 1 "b": 2}', (1, 12), ":", "a comma is missing before this key"),
        ("a: [1,,2]\n", (1, 7), ",", "a value is missing before this comma"),
        ("a: , b\n", (1, 4), ",", "a value is missing before this comma"),
        ("a: b\n: c\n", (2, 1), ":", "a key is missing before this colon"),
        ('a: "abc\nb: 1\n', (1, 4), '"', "this quote is never closed"),
        ('a: "abc\n--- \n"\n', (1, 4), '"', "this quote is never closed"),
        ('a: "abc\nb: "x"\n', (1, 4), '"', "the text in these quotes continues to line 2"),
        ("a: 'it's'\n", (1, 8), "s", "there is text after the closing quote"),
        ('{"a": 1} x\n', (1, 10), "x", "there is text after the end of a value"),
        ('a: "C:\\path"\n', (1, 7), "\\p", "`\\p` is not an escape of YAML"),
        ('a: "\\x1"\n', (1, 5), "\\x1", "`\\x` needs 2 hexadecimal digits"),
        ('a: "\\ud83d"\n', (1, 5), "\\ud83d", "`\\ud83d` is half of a character"),
        ("a: @b\n", (1, 4), "@", "a value cannot begin with `@`"),
        ("a: `b`\n", (1, 4), "`", 'a value cannot begin with "`"'),
        ("a: 100\nb: %x\n", (2, 4), "%", "a value cannot begin with `%`"),
        ("a: & b\n", (1, 4), "& ", "`&` starts an anchor, and no name follows"),
        ("a: *b.c\n", (1, 4), "*b.", "`.` is not allowed in the name of an alias"),
        ("a: &x &y 1\n", (1, 7), "&", "a value can have only one anchor, and an alias cannot have an anchor"),
        ("a: !<foo\n", (1, 4), "!<foo", "an exclamation mark starts a tag, and a spec cannot have tags"),
        ("a: !foo!bar x\n", (1, 4), "!foo!bar", "an exclamation mark starts a tag, and a spec cannot have tags"),
        ("a: |x\n  b\n", (1, 5), "x", "no text is allowed on the line of `|`"),
        ("%YAML 3.0\n---\na: 1\n", (1, 1), "%YAML 3.0", "a line that starts with `%` is a directive, and this one is unknown"),
        ("k" * 1100 + ": 1\n", (1, 1101), ":", "a key has more than 1,024 characters"),
        ('{"' + "k" * 1100 + '": 1}\n', (1, 1104), ":", "a key has more than 1,024 characters"),
    ],
)  # fmt: skip
def test_a_mistake_is_named_at_its_place(
    read: Read, text: str, place: tuple[int, int], marked: str, message: str
) -> None:
    tree, findings = read(text)
    assert tree is None
    (finding,) = findings
    assert (finding.code, finding.message) == ("BNN001", message)
    assert finding.span.position == place
    assert finding.span.text == marked
    assert finding.help


def test_libyaml_stops_at_a_colon_without_space_in_brackets() -> None:
    # PyYAML's own scanner reads `b:` as a key here.
    _, findings = read_source(Source("spec.yaml", "a: {b:[1, 2]}\n"))
    assert [finding.message for finding in findings] == ["a space is missing after the colon"]
    assert findings[0].span.position == (1, 6)


def test_a_character_beyond_unicode_is_found(read: Read) -> None:
    _, findings = read('a: "\\UFFFFFFFF"\n')
    assert [finding.code for finding in findings] == ["BNN001"]
    assert "is not a character" in findings[0].message


def test_an_unknown_mistake_is_told_in_the_words_of_the_parser(read: Read) -> None:
    tree, findings = read("%YAML 1.2\n")
    assert tree is None
    (finding,) = findings
    assert finding.message.startswith("the text is not valid YAML: ")
    assert "document start" in finding.message
    assert finding.span.position == (2, 1)


def test_after_a_syntax_error_nothing_else_is_reported(read: Read) -> None:
    tree, findings = read("a: .inf\na: 2\nb: [1\n")
    assert tree is None
    assert [finding.code for finding in findings] == ["BNN001"]


def test_the_ways_out_name_what_to_write(read: Read) -> None:
    helps = {
        "a: Note: this\n": "if the value is text, put it in quotes: `'Note: this'`",
        "a:1\nb: 2\n": "write `a: 1`",
        "a\n  b: 1\n": "write `a:`, or make it a comment with `# `",
        "a:\n  b: 1\n c: 2\n": "indent it by 0 or 2 spaces, like the lines above",
        "a: @b c # d\n": "put the value in quotes: `'@b c'`",
        "a: [@b c, d]\n": "put the value in quotes: `'@b c'`",
        "a: %it's\n": "put the value in quotes: `'%it''s'`",
        "a:\n  - b: 1\n  -c: 2\n": "write `- c: 2`",
    }
    for text, help in helps.items():
        _, findings = read(text)
        assert findings[0].help[0] == help
