"""Findings as text: where, what, why and the way out, character by character."""

from __future__ import annotations

import re
import subprocess
import sys
from textwrap import dedent

import click
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import bnnc
from bnnc.compiler.diagnostics.diagnostic import Diagnostic, Label, Severity
from bnnc.compiler.diagnostics.render import render, summary
from bnnc.compiler.text.source import Source, Span


def span(source: Source, text: str, occurrence: int = 0) -> Span:
    start = -1
    for _ in range(occurrence + 1):
        start = source.text.index(text, start + 1)
    return Span(source, start, start + len(text))


def finding(
    where: Span,
    label: str = "",
    *related: Label,
    severity: Severity = "error",
    notes: tuple[str, ...] = (),
    help: tuple[str, ...] = (),
) -> Diagnostic:
    return Diagnostic("BNN999", "test", severity, "it is so", where, label, related, notes, help)


def expected(text: str) -> str:
    return dedent(text).strip("\n")


def test_two_places_that_contradict_each_other_stand_in_one_picture() -> None:
    source = Source(
        "specs/mnist.yaml",
        "\n" * 11
        + "  - {type: dense, units: 10, name: head, activation: softmax}\n"
        + "\n" * 4
        + "  parameterization: logits\n",
    )
    diagnostic = Diagnostic(
        code="BNN301",
        name="softmax-output-read-as-logits",
        severity="error",
        message="a softmax output is read as logits",
        span=span(source, "activation: softmax"),
        label="outputs probabilities",
        related=(Label(span(source, "parameterization: logits"), "reads logits"),),
        notes=("the softmax is applied twice; with 10 classes, the loss is at least 1.461 nats",),
        help=("delete `activation: softmax`, or set `parameterization: probs`",),
    )
    assert render([diagnostic]) == expected("""
        error[BNN301]: a softmax output is read as logits
         --> specs/mnist.yaml:12:42
           |
        12 |   - {type: dense, units: 10, name: head, activation: softmax}
           |                                          ^^^^^^^^^^^^^^^^^^^ outputs probabilities
        17 |   parameterization: logits
           |   ------------------------ reads logits
           = note: the softmax is applied twice; with 10 classes, the loss is at least 1.461 nats
           = help: delete `activation: softmax`, or set `parameterization: probs`
    """)


def test_lines_stand_in_file_order_whatever_the_order_of_the_labels() -> None:
    source = Source("s.yaml", "a: 1\nb: 2\nc: 3\n")
    labels = (Label(span(source, "c: 3"), "third"), Label(span(source, "a: 1"), "first"))
    assert render([finding(span(source, "b"), "second", *labels)]) == expected("""
        error[BNN999]: it is so
         --> s.yaml:2:1
          |
        1 | a: 1
          | ---- first
        2 | b: 2
          | ^ second
        3 | c: 3
          | ---- third
    """)


def test_labels_on_one_line_hang_below_each_other() -> None:
    source = Source("s.yaml", "{type: dense, units: 10, name: head}\n")
    labels = (Label(span(source, "type"), "one"), Label(span(source, "units: 10"), "two"))
    assert render([finding(span(source, "head"), "three", *labels)]) == expected("""
        error[BNN999]: it is so
         --> s.yaml:1:32
          |
        1 | {type: dense, units: 10, name: head}
          |  ----         ---------        ^^^^ three
          |  |            |
          |  |            two
          |  one
    """)


def test_a_mark_inside_another_keeps_its_own_sign() -> None:
    source = Source("s.yaml", "{a: {b: 1}}\n")
    label = Label(span(source, "a: {b: 1}"), "outer")
    assert render([finding(span(source, "b: 1"), "inner", label)]) == expected("""
        error[BNN999]: it is so
         --> s.yaml:1:6
          |
        1 | {a: {b: 1}}
          |  ----^^^^- outer
          |      |
          |      inner
    """)


def test_two_labels_of_one_place_are_both_shown() -> None:
    source = Source("s.yaml", "a: 1\n")
    label = Label(span(source, "a"), "second")
    assert render([finding(span(source, "a"), "first", label)]) == expected("""
        error[BNN999]: it is so
         --> s.yaml:1:1
          |
        1 | a: 1
          | ^ first
          | |
          | second
    """)


def test_a_span_of_several_lines_names_the_last() -> None:
    source = Source("s.yaml", "layers:\n  - a  # c\n  - b\n  - c\nx: 1\n")
    assert render([finding(span(source, "- a  # c\n  - b\n  - c"), "three items")]) == expected("""
        error[BNN999]: it is so
         --> s.yaml:2:3
          |
        2 |   - a  # c
          |   ^^^^^^^^ three items (through line 4)
    """)
    assert render([finding(span(source, "- a  # c\n  - b"))]) == expected("""
        error[BNN999]: it is so
         --> s.yaml:2:3
          |
        2 |   - a  # c
          |   ^^^^^^^^ through line 3
    """)


@pytest.mark.parametrize(
    ("text", "start", "line", "marks"),
    [
        ("", 0, "1 |", "  | ^ here"),
        ("a:\nb: 1\n", 2, "1 | a:", "  |   ^ here"),
        ("a: 1\n", 5, "2 |", "  | ^ here"),
        ("a: 1", 4, "1 | a: 1", "  |     ^ here"),
        ("a: 1\r\nb: 2\r\n", 4, "1 | a: 1", "  |     ^ here"),
    ],
)
def test_an_empty_span_has_one_caret(text: str, start: int, line: str, marks: str) -> None:
    shown = render([finding(Span(Source("s.yaml", text), start, start), "here")])
    assert shown.split("\n")[3:] == [line, marks]


@pytest.mark.parametrize(
    ("text", "marked", "line", "marks"),
    [
        ("名前: 畳み込み x\n", "x", "名前: 畳み込み x", "               ^"),
        ("名前: 畳み込み x\n", "畳み", "名前: 畳み込み x", "      ^^^^"),
        ("Ｆ😀: x\n", "x", "Ｆ😀: x", "      ^"),
        ("e\u0301\u0302a: x\n", "x", "e\u0301\u0302a: x", "    ^"),
        ("e\u0301a: x\n", "\u0301", "e\u0301a: x", " ^"),
        ("a:\tb\n", "b", "a:    b", "      ^"),
        ("\ta: b\n", "\t", "    a: b", "^^^^"),
        ("a: \x1b[2Jb\n", "b", "a: \\x1b[2Jb", "          ^"),
        ("a: \x1b[2Jb\n", "\x1b", "a: \\x1b[2Jb", "   ^^^^"),
        ("a: \u202eb\n", "b", "a: \\u202eb", "         ^"),
        ("a: \u2028\U000e0001b\n", "b", "a: \\u2028\\U000e0001b", "                   ^"),
        ("a: \ud800b\n", "b", "a: \\ud800b", "         ^"),
        ("a: \rb: c\n", "c", "b: c", "   ^"),
    ],
)
def test_carets_stand_under_the_cells_of_the_terminal(
    text: str, marked: str, line: str, marks: str
) -> None:
    source = Source("s.yaml", text)
    shown = render([finding(span(source, marked))]).split("\n")
    assert shown[3] in (f"1 | {line}", f"2 | {line}")
    assert shown[4] == f"  | {marks}"


def test_a_long_line_is_cropped_around_the_span() -> None:
    source = Source("s.yaml", "a: [" + "1, " * 200 + "bad, " + "2, " * 200 + "3]\n")
    assert render([finding(span(source, "bad"), "this one")]) == expected("""
        error[BNN999]: it is so
         --> s.yaml:1:605
          |
        1 | ..., 1, 1, 1, 1, 1, 1, bad, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, ...
          |                        ^^^ this one
    """)


def test_a_long_line_is_shown_from_its_beginning_where_the_span_is_near_it() -> None:
    source = Source("s.yaml", "bad: [" + "1, " * 200 + "3]\n")
    shown = render([finding(span(source, "bad"))]).split("\n")
    assert shown[3].startswith("1 | bad: [1, 1,")
    assert shown[3].endswith("...")
    assert shown[4] == "  | ^^^"


def test_a_long_line_is_shown_to_its_end_where_the_span_is_near_it() -> None:
    source = Source("s.yaml", "a: [" + "1, " * 200 + "bad]\n")
    shown = render([finding(span(source, "bad"))]).split("\n")
    assert shown[3].startswith("1 | ...")
    assert shown[3].endswith("1, bad]")
    assert len(shown[3]) == len("1 | ...") + 100
    assert shown[4].index("^") == shown[3].index("bad")


def test_two_places_far_apart_on_one_line_are_shown_on_two_copies_of_it() -> None:
    source = Source("s.json", '{"a": 1, ' + '"b": [' + "1, " * 200 + '2], "a": 3}')
    first, second = span(source, '"a"'), span(source, '"a"', 1)
    shown = render([finding(second, "again", Label(first, "first"))]).split("\n")
    assert shown[3].startswith('1 | {"a": 1, "b"')
    assert shown[4] == "  |  --- first"
    assert shown[5].endswith('2], "a": 3}')
    assert shown[6].endswith("^^^ again")
    assert shown[6].index("^") == shown[5].index('"a"')


def test_a_span_longer_than_the_window_is_marked_to_its_end() -> None:
    source = Source("s.yaml", "a: " + "x" * 1000 + "\n")
    shown = render([finding(span(source, "x" * 1000), "long")]).split("\n")
    assert len(shown[3]) < 120
    assert shown[4].endswith("^ long")
    assert shown[4].index("^") == 7


def test_notes_and_helps_stand_below_in_order_and_go_on_below_their_first_word() -> None:
    source = Source("s.yaml", "a: 1\n")
    diagnostic = finding(span(source, "1"), notes=("one", "two\nmore"), help=("do:\n  a: 2", "or"))
    assert render([diagnostic]) == expected("""
        error[BNN999]: it is so
         --> s.yaml:1:4
          |
        1 | a: 1
          |    ^
          = note: one
          = note: two
                  more
          = help: do:
                    a: 2
          = help: or
    """)


def test_a_place_in_another_file_has_its_own_heading() -> None:
    source, other = Source("s.yaml", "a: 1\n"), Source("<--set #1>", "\n" * 9 + "a=2")
    label = Label(span(other, "a=2"), "overrules it")
    assert render([finding(span(source, "1"), "written here", label)]) == expected("""
        error[BNN999]: it is so
         --> s.yaml:1:4
           |
         1 | a: 1
           |    ^ written here
         ::: <--set #1>:10:1
           |
        10 | a=2
           | --- overrules it
    """)


def test_findings_are_separated_by_an_empty_line() -> None:
    source = Source("s.yaml", "a: 1\n")
    one = finding(span(source, "a"))
    assert render([one, one]) == render([one]) + "\n\n" + render([one])
    assert render([]) == ""


def test_what_the_user_wrote_cannot_write_to_the_terminal() -> None:
    evil = "\x1b[2J\x9b31m\u202e\r\n\x07"
    source = Source(f"s{evil}.yaml", f"a: {evil}\n")
    diagnostic = Diagnostic(
        "BNN999", "test", "error", evil, Span(source, 0, 1), evil,
        (Label(Span(source, 3, 4), evil),), (evil,), (evil,),
    )  # fmt: skip
    assert not set(render([diagnostic])) & set("\x1b\x9b\u202e\r\x07")


@pytest.mark.parametrize(
    ("severity", "code"), [("error", "31"), ("warning", "33"), ("information", "36")]
)
def test_colors_are_those_of_the_severity_and_change_nothing_else(
    severity: Severity, code: str
) -> None:
    source = Source("s.yaml", "a: 1\nb: 2\n")
    label = Label(span(source, "b"), "other")
    diagnostic = finding(
        span(source, "a"), "here", label, severity=severity, notes=("n",), help=("h",)
    )
    colored = render([diagnostic], color=True)
    assert click.unstyle(colored) == render([diagnostic])
    assert colored.startswith(
        f"\x1b[{code}m\x1b[1m{severity}[BNN999]\x1b[0m\x1b[1m: it is so\x1b[0m"
    )
    assert f"\x1b[{code}m\x1b[1m^\x1b[0m" in colored
    assert "\x1b[34m\x1b[1m-\x1b[0m" in colored
    assert "\x1b[34m\x1b[1m1 |\x1b[0m" in colored


@settings(deadline=None, max_examples=200)
@given(
    st.text("ab\t\n\r é日\u0301😀\x1b" + "x" * 40, max_size=300),
    st.lists(st.tuples(st.integers(0, 300), st.integers(0, 300)), min_size=1, max_size=4),
)
def test_any_spans_of_any_text_can_be_shown(text: str, places: list[tuple[int, int]]) -> None:
    source = Source("s.yaml", text)
    spans = [Span(source, min(place), max(place)) for place in places]
    labels = tuple(Label(one, f"label {i}") for i, one in enumerate(spans[1:]))
    shown = render([finding(spans[0], "the first", *labels)])
    assert "^" in shown
    for word in ("the first", *(label.text for label in labels)):
        assert word in shown
    assert "\x1b" not in shown
    assert len(re.findall(r"^ --> s\.yaml:\d+:\d+$", shown, re.MULTILINE)) == 1


def test_a_summary_counts_what_was_found() -> None:
    one, two = Source("a.yaml", "x"), Source("b.yaml", "x")
    error = finding(Span(one, 0, 1))
    warning = finding(Span(two, 0, 1), severity="warning")
    remark = finding(Span(two, 0, 1), severity="information")
    assert summary([]) == "no errors and no warnings"
    assert summary([error]) == "1 error in 1 file"
    assert summary([error, error, finding(Span(one, 0, 1), severity="warning")]) == (
        "2 errors and 1 warning in 1 file"
    )
    assert summary([warning, warning]) == "2 warnings in 1 file"
    assert summary([error, warning, remark, remark]) == (
        "1 error, 1 warning and 2 remarks in 2 files"
    )
    assert summary([error] * 1200) == "1,200 errors in 1 file"


def test_reading_and_rendering_import_nothing_heavy() -> None:
    # The package's front door imports more: it is left out, and only its folder is given.
    program = f"""
import sys, types
package = sys.modules["bnnc"] = types.ModuleType("bnnc")
package.__path__ = {list(bnnc.__path__)!r}
import bnnc.compiler.reading.reader, bnnc.compiler.diagnostics.render
heavy = {{"rich", "pydantic", "numpy", "keras", "tensorflow", "jsonschema", "difflib"}}
print(sorted(heavy & set(sys.modules)))
"""
    result = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert result.stdout.strip() == "[]"
