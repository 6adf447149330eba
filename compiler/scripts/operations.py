"""Operations on known values: arithmetic, comparisons, and Python's own functions."""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Mapping
from math import ceil, floor, isfinite, sqrt
from typing import Any

from bnnc.compiler.scripts.datasets import count_of
from bnnc.compiler.scripts.values import Call, Items, Known, Table, Unknown, Value
from bnnc.compiler.text.source import Span

MAX_ITEMS = 10_000
MAX_NUMBER = 10**12
"""Larger integers are not computed: a power would take all memory."""

_MAX_TEXT = 1_000
_MAX_RANGE = 1_000
_BINARY: Mapping[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.Pow: operator.pow,
}
_COMPARE: Mapping[type[ast.cmpop], Callable[[Any, Any], Any]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Is: operator.is_,
    ast.IsNot: operator.is_not,
}
_SIGNS: Mapping[type[ast.operator], str] = {
    ast.Add: "+",
    ast.Sub: "-",
    ast.Mult: "*",
    ast.Div: "/",
}
_FUNCTIONS: Mapping[str, Callable[..., Any]] = {
    "abs": abs,
    "min": min,
    "max": max,
    "round": round,
    "ceil": ceil,
    "floor": floor,
    "sqrt": sqrt,
}
_NOT_KNOWN = "its value is not known before the script runs"


def constant(value: object, span: Span) -> Value:
    """A literal of the script; Unknown if it is too large, or nothing that a spec can have."""
    match value:
        case None | bool():
            return Known(value, span)
        case int() if abs(value) <= MAX_NUMBER:
            return Known(value, span)
        case float() if isfinite(value):
            return Known(value, span)
        case str() if len(value) <= _MAX_TEXT and value.isprintable():
            return Known(value, span)
    return Unknown("this literal is too large, or of another kind", span)


def binary(op: ast.operator, left: Value, right: Value, span: Span) -> Value:
    """The value of `left op right`; of unknown numbers a call of the sign, as in `/`."""
    compute = _BINARY.get(type(op))
    if isinstance(left, Known) or isinstance(right, Known):
        left, right = _counted(left), _counted(right)
    if compute and isinstance(left, Known) and isinstance(right, Known):
        return _computed(compute, left.value, right.value, span)
    if isinstance(op, ast.Add) and isinstance(left, Items) and isinstance(right, Items):
        if len(left.items) + len(right.items) > MAX_ITEMS:
            return Unknown("the list is too long to be computed", span)
        return Items((*left.items, *right.items), span)
    if isinstance(op, ast.Mult) and isinstance(left, Items) and isinstance(right, Known):
        count = right.value
        if isinstance(count, int) and 0 <= count * len(left.items) <= MAX_ITEMS:
            return Items(left.items * count, span)
    sign = _SIGNS.get(type(op))
    return Call(sign, (left, right), {}, span, span, {}) if sign else Unknown(_NOT_KNOWN, span)


def _counted(value: Value) -> Value:
    """The number of rows of a data set as a number: `len(x_train) // 128` is computed."""
    rows = count_of(value)
    return value if rows is None else Known(rows, value.span)


def unary(op: ast.unaryop, value: Value, span: Span) -> Value:
    """The value of `not value` or `-value`."""
    if isinstance(value, Known) and isinstance(op, ast.Not):
        return Known(not value.value, span)
    if isinstance(value, Known) and isinstance(value.value, int | float):
        return Known(-value.value if isinstance(op, ast.USub) else value.value, span)
    if isinstance(op, ast.USub):
        return Call("-", (value,), {}, span, span, {})
    return Unknown(_NOT_KNOWN, span)


def comparison(op: ast.cmpop, left: Value, right: Value, span: Span) -> Value:
    """The value of a comparison of two values."""
    compare = _COMPARE.get(type(op))
    if compare and isinstance(left, Known) and isinstance(right, Known):
        return _computed(compare, left.value, right.value, span)
    return Unknown(_NOT_KNOWN, span)


def either(op: ast.boolop, values: list[Value], span: Span) -> Value:
    """The value of `a or b`, `a and b`, where all of them are known."""
    if not all(isinstance(one, Known) for one in values):
        return Unknown(_NOT_KNOWN, span)
    ends = isinstance(op, ast.Or)
    for one in values:
        if isinstance(one, Known) and bool(one.value) == ends:
            return one
    return values[-1]


def _computed(compute: Callable[[Any, Any], Any], left: Any, right: Any, span: Span) -> Value:
    texts = [one for one in (left, right) if isinstance(one, str)]
    if compute is operator.pow and any(abs(one) > 1000 for one in (left, right) if _is_number(one)):
        return Unknown("the number is too large to be computed", span)
    is_sum = compute is operator.add and all(len(one) <= _MAX_TEXT for one in texts)
    if texts and not is_sum and compute not in _COMPARE.values():
        return Unknown("the text is not computed", span)
    try:
        value = compute(left, right)
    except (TypeError, ValueError, ArithmeticError):
        return Unknown("it cannot be computed", span)
    return constant(value, span)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float)


def builtin(call: Call) -> Value | None:
    """The value of a call of one of Python's own functions; None for any other."""
    items = [one.items for one in call.args if isinstance(one, Items)]
    if call.function in ("len", "list", "tuple", "reversed", "enumerate") and items:
        return _of_items(call, items[0])
    if call.function == "zip" and len(items) == len(call.args):
        rows = zip(*items, strict=False)
        return Items(tuple(Items(row, call.span) for row in rows), call.span)
    if call.function == "dict" and not call.args:
        return Table(dict(call.keywords), call.span)
    known = [one.value for one in call.args if isinstance(one, Known)]
    if len(known) == len(call.args) and not call.keywords:
        return _of_known(call, known)
    return None


def _of_items(call: Call, items: tuple[Value, ...]) -> Value:
    match call.function:
        case "len":
            return Known(len(items), call.span)
        case "reversed":
            return Items(items[::-1], call.span)
        case "enumerate":
            pairs = (
                Items((Known(number, call.span), one), call.span)
                for number, one in enumerate(items)
            )
            return Items(tuple(pairs), call.span)
    return Items(items, call.span)


def _of_known(call: Call, known: list[Any]) -> Value | None:
    try:
        match call.function:
            case "range":
                numbers = range(*known)
                if len(numbers) <= _MAX_RANGE:
                    return Items(tuple(Known(one, call.span) for one in numbers), call.span)
            case "int":
                return constant(int(*known), call.span)
            case "float":
                return constant(float(*known), call.span)
            case "str":
                return constant(str(*known), call.span)
            case "abs" | "min" | "max" | "round":
                return constant(_FUNCTIONS[call.function](*known), call.span)
            case "math.ceil" | "math.floor" | "math.sqrt" | "np.ceil" | "np.floor" | "np.sqrt":
                return constant(_FUNCTIONS[call.function.partition(".")[2]](*known), call.span)
    except (TypeError, ValueError, OverflowError):
        return None
    return None
