"""Texts made to exhaust memory, stack or time end in a finding at the place.

`tests/compiler/checking/test_growth.py` counts how the work grows with the length of such texts.
"""

from __future__ import annotations

import pytest

from bnnc.compiler.diagnostics.render import render
from bnnc.compiler.reading.reader import read, read_bytes
from bnnc.compiler.text.limits import MAX_BYTES, MAX_DEPTH, MAX_NODES
from bnnc.compiler.text.source import Source

BOMB = "a0: &a0 [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]\n" + "".join(
    f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]\n" for i in range(1, 10)
)
LADDER = "a0: &a0 [1]\n" + "".join(f"a{i}: &a{i} [*a{i - 1}]\n" for i in range(1, 100))


@pytest.mark.parametrize(
    ("text", "code", "column"),
    [
        ("[" * 50_000, "BNN007", MAX_DEPTH + 1),
        ("{a: " * 50_000, "BNN007", 4 * MAX_DEPTH + 1),
        ("- " * 50_000, "BNN007", 2 * MAX_DEPTH + 1),
        ("? " * 50_000, "BNN007", 2 * MAX_DEPTH + 1),
        (LADDER, "BNN007", 12),
        (BOMB, "BNN008", None),
        ("a: [" + "1," * (MAX_BYTES // 2 - 10) + "]", "BNN008", None),
        ("a: &a {b: 1}\nc: [" + "*a," * (MAX_BYTES // 4) + "]", "BNN008", None),
        ("".join(f"a{i}:\n" for i in range(100_000)), "BNN003", 1),
        ("k" * (MAX_BYTES - 3) + ": 1", "BNN001", MAX_BYTES - 2),
        ('{"' + "k" * (MAX_BYTES - 9) + '": 1}', "BNN001", MAX_BYTES - 5),
        ("a: " + "1" * (MAX_BYTES - 10), "BNN005", 4),
        ("a: " + "1" * (MAX_BYTES - 20) + ".5e-3", "BNN004", 4),
        ("".join(f"%TAG !{i}! x\n" for i in range(60_000)) + "---\na: 1\n", "BNN009", 1),
        ("a: 1\n...\n" + "".join(f"%TAG !{i}! x\n" for i in range(60_000)), "BNN009", 1),
        ('a: "' + "x\n" * (MAX_BYTES // 2 - 10), "BNN001", 4),
        ('"' + "\\" * (MAX_BYTES - 1), "BNN001", MAX_BYTES),
        ("#\n" * (MAX_BYTES // 2), "BNN013", 1),
        ("a: 1 " + "\n" * (MAX_BYTES - 100) + " b: 2", "BNN001", 3),
        ("a: {" + "b: 1, " * 20_000 + "}", "BNN002", 11),
        ("x" * (MAX_BYTES + 1), "BNN006", MAX_BYTES + 1),
        ("é" * (MAX_BYTES // 2 + 1), "BNN006", MAX_BYTES // 2 + 1),
    ],
)
def test_a_hostile_text_ends_in_a_finding(text: str, code: str, column: int | None) -> None:
    _, findings = read(Source("spec.yaml", text))
    assert findings[0].code == code
    assert column is None or findings[0].span.position[1] == column
    render(findings[:1000], color=True)


@pytest.mark.parametrize(
    "text",
    [
        "a: " + "x" * (MAX_BYTES - 3),
        "a: " + "\u2028" * ((MAX_BYTES - 3) // 3),
        'a: "' + "\\ud83d\\ude00" * (MAX_BYTES // 12 - 10) + '"',
        "a: |\n" + " x\n" * (MAX_BYTES // 3 - 10),
        "\n" * (MAX_BYTES - 10) + "a: 1",
        "a: [" + "1," * (MAX_NODES - 4) + "1]",
        "a: " + "[" * (MAX_DEPTH - 1) + "]" * (MAX_DEPTH - 1),
        "a: &a " + "[" * 31 + "]" * 31 + "\nb: " + "[" * 32 + "*a" + "]" * 32,
    ],
)
def test_a_text_just_within_the_limits_is_read(text: str) -> None:
    tree, findings = read(Source("spec.yaml", text))
    assert not findings
    assert tree is not None


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("a: [" + "1," * (MAX_NODES - 3) + "1]", "BNN008"),
        ("a: " + "[" * MAX_DEPTH + "]" * MAX_DEPTH, "BNN007"),
        ("a: &a " + "[" * 31 + "]" * 31 + "\nb: " + "[" * 33 + "*a" + "]" * 33, "BNN007"),
    ],
)
def test_one_more_than_a_limit_is_found(text: str, code: str) -> None:
    tree, findings = read(Source("spec.yaml", text))
    assert tree is None
    assert [finding.code for finding in findings] == [code]


def test_a_billion_values_by_aliases_are_found_at_the_alias() -> None:
    _, findings = read(Source("spec.yaml", BOMB))
    (finding,) = findings
    assert finding.span.text == "*a3"
    assert "alias" in finding.label


def test_brackets_that_libyaml_does_not_read_are_found_at_the_one_too_many() -> None:
    text = "a: 1\nb: {c: [\n" + "[" * 10 + '"[[", # [[\n' + "{" * 2000
    _, findings = read(Source("spec.yaml", text))
    assert [finding.code for finding in findings] == ["BNN007"]
    # The mapping of the text, `{`, `[` and ten more are 13 levels: 51 of the others fit.
    assert findings[0].span.position == (4, 52)
    assert findings[0].span.text == "{"


def test_findings_before_a_limit_are_kept() -> None:
    _, findings = read(Source("spec.yaml", "a: 1\na: 2\nb: " + "[" * 100))
    assert [finding.code for finding in findings] == ["BNN002", "BNN007"]


@pytest.mark.parametrize("tail", [b"x", "é".encode(), "😀".encode(), b"\x80"])
def test_no_more_of_a_large_file_is_decoded_than_is_needed(tail: bytes) -> None:
    data = b"a: " + tail * (MAX_BYTES // len(tail) + 10)
    source, encoding = read_bytes("spec.yaml", data)
    if tail == b"\x80":
        assert [finding.code for finding in encoding] == ["BNN015"]
        return
    assert not encoding
    assert len(source.text.encode()) <= MAX_BYTES + 8
    _, findings = read(source)
    assert [finding.code for finding in findings] == ["BNN006"]
    before = source.text[: findings[0].span.start].encode()
    assert MAX_BYTES - 4 < len(before) <= MAX_BYTES
