"""Text is broken between words, at every width, and nothing of it is lost."""

from __future__ import annotations

import re
import textwrap

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bnnc.system.table import Table
from bnnc.system.wrapping import definitions, filled, page, wrapped

WORDS = st.text("abcdefghij.,-", min_size=1, max_size=12)
LINES = st.lists(WORDS, max_size=30).map(" ".join)
WIDTHS = st.integers(20, 140)


@given(st.lists(LINES, max_size=4).map("\n".join), WIDTHS)
def test_a_text_has_the_same_words_in_lines_that_fit(text: str, columns: int) -> None:
    received = wrapped(text, columns, indent="  ")
    assert received.split() == text.split()
    assert all(len(line) <= columns for line in received.split("\n"))
    assert wrapped(text, None) == text


@given(LINES, WIDTHS)
def test_a_paragraph_is_filled_as_the_standard_library_does(text: str, columns: int) -> None:
    most = min(columns, 100)
    expected = textwrap.wrap(text, most, break_on_hyphens=False, break_long_words=False)
    assert wrapped(text, columns).split("\n") == (expected or [""])


def test_a_quoted_command_stays_on_one_line() -> None:
    text = "go on with `bnnc train --resume runs/digits-flipout`, or train its spec anew"
    for columns in range(20, 100):
        lines = wrapped(text, columns).split("\n")
        assert sum("`bnnc train --resume runs/digits-flipout`" in line for line in lines) == 1


def test_code_is_left_as_it_is() -> None:
    command = "    bnnc train --resume a-folder-with-a-long-name-for-a-narrow-terminal"
    assert wrapped(f"Go on with:\n\n{command}", 30).split("\n")[2] == command
    code = "```yaml\nname: example of a line that is far longer than the terminal is wide\n```"
    made = page(f"A line of text that is longer than\nthe terminal is wide\n\n{code}", 30)
    assert made == f"A line of text that is longer\nthan the terminal is wide\n\n{code}"


def test_items_of_a_page_keep_their_indentation() -> None:
    assert page("- one that goes on\n  and on\n- two\n# a heading that is longer", 14) == (
        "- one that\n  goes on and\n  on\n- two\n# a heading that is longer"
    )


@given(st.lists(st.tuples(WORDS, LINES), max_size=6), WIDTHS)
def test_definitions_keep_their_words_and_fit(rows: list[tuple[str, str]], columns: int) -> None:
    received = definitions(rows, columns)
    assert received.split() == " ".join(f"{name} {meaning}" for name, meaning in rows).split()
    assert all(len(line) <= columns for line in received.split("\n"))


@given(st.lists(WORDS, min_size=1, max_size=12), WIDTHS)
def test_parts_are_never_broken(parts: list[str], columns: int) -> None:
    received = filled(parts, columns)
    assert re.split(r"\s{2,}", received.strip()) == parts
    assert all(len(line) <= columns for line in received.split("\n"))


@pytest.mark.parametrize("evil", ["<script>alert(1)</script>", '"><img src=x>', "a\x1b[31mb\x07"])
def test_a_table_obeys_nothing_that_it_shows(evil: str) -> None:
    table = Table(evil, (evil, "n"), ((evil, "1"),), values=((evil, evil),), below=(evil,))
    assert not re.search(r"<(?!/?(p|b|table|thead|tbody|tr|th|td)\b)", table.html())
    for shown in (table.html(), table.text()):
        assert "\x1b" not in shown
        assert "\x07" not in shown


def test_a_table_is_aligned_as_it_says() -> None:
    table = Table("title", ("name", "number"), (("a", "1"), ("long", "1,000")), below=("end",))
    assert table.text() == "title\n\nname  number\na          1\nlong   1,000\n\nend"
