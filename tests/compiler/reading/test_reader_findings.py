"""What can be wrong with a text: each is found at its place, and reading goes on where it can."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from bnnc.compiler.diagnostics.diagnostic import Diagnostic
from bnnc.compiler.text.tree import Mapping, Scalar, find, to_json, walk

Read = Callable[[str], tuple[Mapping | None, tuple[Diagnostic, ...]]]


def places(findings: tuple[Diagnostic, ...]) -> list[tuple[str, str]]:
    return [(finding.code, finding.span.text) for finding in findings]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a: 1\nb: 2\na: 3\n", [("BNN002", "a")]),
        ('{"a": 1, b: {c: 1, "c": 2}}', [("BNN002", '"c"')]),
        ("a:\nb: 1\n", [("BNN003", "a")]),
        ("a: {b, c: 1}\n", [("BNN003", "b")]),
        ("a: &x\nb: *x\n", [("BNN003", "a")]),
        ("a:\n  -\n  - 1\n", [("BNN003", "-")]),
        ("a: [&x , 1]\n", [("BNN003", "&x")]),
        ("a: .inf\nb: [1, -.inf]\n", [("BNN004", ".inf"), ("BNN004", "-.inf")]),
        ("a: 1e999 # c\n", [("BNN004", "1e999")]),
        ("a: 9007199254740993\n", [("BNN005", "9007199254740993")]),
        ("a: !!str 1\nb: !x {c: 1}\n", [("BNN009", "!!str"), ("BNN009", "!x")]),
        ("a: &y ! 1\n", [("BNN009", "!")]),
        ("a: !<tag:x> 1\n", [("BNN009", "!<tag:x>")]),
        ("%TAG !e! tag:e:\n---\na: 1\n", [("BNN009", "%TAG !e! tag:e:")]),
        ("a: &x [1, *x]\n", [("BNN010", "*x")]),
        ("a: &x {b: {c: *x}}\n", [("BNN010", "*x")]),
        ("a: 1\n---\nb: 2\n", [("BNN011", "---")]),
        ("a: 1\n---\n", [("BNN011", "---")]),
        ("1: a\n", [("BNN012", "1")]),
        ("true: a\n", [("BNN012", "true")]),
        ("~: a\n", [("BNN012", "~")]),
        (".inf: a\n", [("BNN012", ".inf")]),
        ("? [a, b]\n: c\n", [("BNN012", "[a, b]")]),
        ("{: a}\n", [("BNN001", ":")]),
        ("?\n: b\n", [("BNN012", "")]),
        ("a: {{ b }}\n", [("BNN012", "{ b }")]),
        ("a: &x 1\n*x : 2\n", [("BNN012", "*x")]),
        ("", [("BNN013", "")]),
        ("# only this\n\n", [("BNN013", "")]),
        ("---\n# c\n", [("BNN013", "")]),
        ("- a\n- b\n", [("BNN014", "- a\n- b")]),
        ("bnnc:1\n", [("BNN014", "bnnc:1")]),
        ("null\n", [("BNN014", "null")]),
        ("a: &x {b: 1}\nc: {<<: *x, d: 2}\n", [("BNN016", "<<")]),
        ("a: *x\nb: &x 1\n", [("BNN017", "*x")]),
        ("*x : 1\n", [("BNN017", "*x")]),
        ("a: x\x1by\n", [("BNN018", "\x1b")]),
        ("a: \x00\n", [("BNN018", "\x00")]),
        ("a: \x85\n", [("BNN018", "\x85")]),
        ("a: \ud83d\n", [("BNN018", "\ud83d")]),
        ('a: "\\ud83d"\n', [("BNN001", "\\ud83d")]),
    ],
)
def test_a_finding_stands_at_its_place(
    read: Read, text: str, expected: list[tuple[str, str]]
) -> None:
    _, findings = read(text)
    assert places(findings) == expected


def test_all_findings_are_reported_at_once_in_file_order(read: Read) -> None:
    tree, findings = read("z:\na: .inf\nb: *x\nc: !t 1\na: 2\n3: 4\nd: {<<: {e: 5}}\n")
    assert [finding.code[-2:] for finding in findings] == ["03", "04", "17", "09", "02", "12", "16"]
    assert tree is not None
    assert to_json(tree) == {"z": None, "a": None, "b": None, "c": 1, "d": {"e": 5}}


def test_values_that_were_reported_are_marked(read: Read) -> None:
    tree, _ = read("a:\nb: .inf\nc: *x\nd: !t 1\ne: 99999999999999999999\nf: [1, null]\n")
    assert tree is not None
    marked = [path for path, node in walk(tree) if isinstance(node, Scalar) and node.reported]
    assert marked == [("a",), ("b",), ("c",), ("d",), ("e",)]


def test_a_duplicate_key_names_both_places_and_the_first_counts(read: Read) -> None:
    tree, findings = read("a: 1\nb: 2\na: 3\n")
    (finding,) = findings
    assert finding.span.position == (3, 1)
    assert [label.span.position for label in finding.related] == [(1, 1)]
    assert tree is not None
    assert to_json(tree) == {"a": 1, "b": 2}


def test_an_alias_has_the_span_of_its_use_and_its_parts_those_of_the_anchor(read: Read) -> None:
    text = "a: &x {b: 1}\nc: *x\n"
    tree, findings = read(text)
    assert not findings
    assert tree is not None
    alias, inside = find(tree, ("c",)), find(tree, ("c", "b"))
    assert alias is not None
    assert inside is not None
    assert alias.span.start == text.index("*x")
    assert inside.span.start == text.index("1")


def test_the_last_anchor_of_a_name_counts(read: Read) -> None:
    tree, findings = read("a: &x 1\nb: *x\nc: &x 2\nd: *x\n")
    assert not findings
    assert tree is not None
    assert to_json(tree) == {"a": 1, "b": 1, "c": 2, "d": 2}


def test_merging_goes_on_as_yaml_1_1_meant_it(read: Read) -> None:
    tree, findings = read("a: {<<: [{b: 1, c: 1}, {c: 2, d: 2}], b: 3}\n")
    assert [finding.code for finding in findings] == ["BNN016"]
    assert tree is not None
    assert to_json(tree) == {"a": {"b": 3, "c": 1, "d": 2}}


def test_a_quoted_merge_sign_and_yaml_1_1_truth_words_are_keys_like_others(read: Read) -> None:
    tree, findings = read('"<<": 1\nno: 2\non: 3\n$schema: x\nx-y: 4\n')
    assert not findings
    assert tree is not None
    assert to_json(tree) == {"<<": 1, "no": 2, "on": 3, "$schema": "x", "x-y": 4}


def test_the_first_of_several_documents_is_read(read: Read) -> None:
    tree, _ = read("%YAML 1.2\n---\na: 1\n...\n---\nb: 2\n")
    assert tree is not None
    assert to_json(tree) == {"a": 1}


def test_a_document_may_begin_with_a_marker_and_end_with_one(read: Read) -> None:
    tree, findings = read("---\na: 1\n...\n")
    assert not findings
    assert tree is not None


def test_a_finding_inside_a_refused_key_is_not_reported_again(read: Read) -> None:
    _, findings = read("a: {{ b: , c: .inf }}\n")
    assert [finding.code for finding in findings] == ["BNN012"]
