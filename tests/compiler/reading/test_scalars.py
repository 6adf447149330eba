"""Plain scalars are resolved by YAML 1.2, and numbers that would change are refused."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bnnc.compiler.diagnostics.diagnostic import Diagnostic
from bnnc.compiler.reading.reader import read as read_source
from bnnc.compiler.text.scalars import EXACT_INTEGERS, OutOfRange, resolve
from bnnc.compiler.text.source import Source
from bnnc.compiler.text.tree import Mapping, Scalar, find, to_json

Read = Callable[[str], tuple[Mapping | None, tuple[Diagnostic, ...]]]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        *[(word, word) for word in ("yes", "no", "on", "off", "y", "n", "tRUE", "nULL", "NaN")],
        *[(word, True) for word in ("true", "True", "TRUE")],
        *[(word, False) for word in ("false", "False", "FALSE")],
        *[(word, None) for word in ("null", "Null", "NULL", "~")],
        ("10", 10),
        ("-10", -10),
        ("+10", 10),
        ("010", 10),
        ("0o17", 15),
        ("0x1F", 31),
        ("-0x1F", "-0x1F"),
        ("0o8", "0o8"),
        ("0b1", "0b1"),
        ("1_000", "1_000"),
        ("1:30", "1:30"),
        ("2026-01-01", "2026-01-01"),
        ("1e-3", 0.001),
        ("1E+3", 1000),
        (".5", 0.5),
        ("-.5", -0.5),
        ("1.", 1),
        ("1.5", 1.5),
        ("10.0", 10),
        ("1e20", 1e20),
        (".", "."),
        ("+", "+"),
        ("-", "-"),
        ("e3", "e3"),
        ("1e", "1e"),
        ("inf", "inf"),
        ("nan", "nan"),
        ("9007199254740991", 2**53 - 1),
        ("0" * 5000 + "7", 7),
        ("١", "١"),
    ],
)
def test_plain_scalars_have_the_values_of_yaml_1_2(text: str, value: object) -> None:
    assert resolve(text) == value
    assert type(resolve(text)) is type(value)


@pytest.mark.parametrize(
    "text",
    [".inf", "-.inf", "+.INF", ".Inf", ".nan", ".NaN", ".NAN", "1e400", "-1e400", "9" * 400 + "."],
)
def test_numbers_that_are_not_finite_have_no_value(text: str) -> None:
    assert resolve(text) is OutOfRange.NOT_FINITE


@pytest.mark.parametrize(
    "text",
    [
        "9007199254740992",
        "-9007199254740992",
        "0x20000000000000",
        "0o400000000000000000",
        "1" * 5000,
        "0x" + "f" * 5000,
    ],
)
def test_integers_from_two_to_the_53_on_have_no_value(text: str) -> None:
    assert resolve(text) is OutOfRange.NOT_EXACT


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_float_written_by_python_is_read_as_itself(number: float) -> None:
    value = resolve(repr(number))
    assert value == number
    assert isinstance(value, int) == (number.is_integer() and abs(number) < EXACT_INTEGERS)


@given(st.integers(-(EXACT_INTEGERS - 1), EXACT_INTEGERS - 1))
def test_an_exact_integer_is_read_as_itself_in_every_base(number: int) -> None:
    assert resolve(str(number)) == number
    if number >= 0:
        assert resolve(hex(number)) == number
        assert resolve(oct(number)) == number


def test_quoted_scalars_are_text(read: Read) -> None:
    tree, findings = read("a: '1'\nb: \"true\"\nc: ''\nd: '~'\ne: |\n  5\n")
    assert not findings
    assert tree is not None
    assert to_json(tree) == {"a": "1", "b": "true", "c": "", "d": "~", "e": "5\n"}


def test_a_written_null_is_a_value_and_an_unwritten_one_is_marked_as_reported() -> None:
    tree, findings = read_source(Source("spec.yaml", "a: null\nb: ~\nc:\n"))
    assert tree is not None
    reported = [find(tree, (key,)) for key in "abc"]
    assert [node.reported for node in reported if isinstance(node, Scalar)] == [False, False, True]
    assert [finding.code for finding in findings] == ["BNN003"]


def test_no_value_of_a_tree_is_infinite_or_undefined() -> None:
    tree, findings = read_source(Source("spec.yaml", "a: .inf\nb: [.nan, 1e999]\nc: 1e308\n"))
    assert tree is not None
    assert to_json(tree) == {"a": None, "b": [None, None], "c": 1e308}
    assert [finding.code for finding in findings] == ["BNN004"] * 3
    assert math.isfinite(1e308)
