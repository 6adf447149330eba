"""scikit-learn's digits and its `train_test_split`, as arrays of a named source."""

from __future__ import annotations

from bnnc.compiler.scripts.values import Call, Items, Known, Value
from bnnc.compiler.text.source import Span

LOAD = "sklearn.datasets.load_digits"
_SPLIT = "sklearn.model_selection.train_test_split"
_PIXELS = 64


def made(call: Call) -> Value | None:
    """The arrays that a call gives; None for any other call, and for one that gives an object."""
    if call.function == LOAD:
        is_pair = call.argument("return_X_y")
        if isinstance(is_pair, Known) and is_pair.value is True:
            return Items((_array("data", call.span), _array("target", call.span)), call.span)
    if call.function == _SPLIT and call.args:
        return Items(
            tuple(
                Call(part, (one,), call.keywords, one.span, call.function_span, {})
                for one in call.args
                for part in ("[train]", "[test]")
            ),
            call.span,
        )
    return None


def array_of(owner: Value, name: str, span: Span) -> Value | None:
    """An array of the object that `load_digits()` gives."""
    if isinstance(owner, Call) and owner.function == LOAD and name in ("images", "data", "target"):
        return _array(name, span)
    return None


def _array(name: str, span: Span) -> Value:
    number = 1 if name == "target" else 0
    images = Call(f"keras.datasets.digits.load_data[0][{number}]", (), {}, span, span, {})
    if name != "data":
        return images
    row = Items((Known(-1, span), Known(_PIXELS, span)), span)
    return Call(".reshape", (images, row), {}, span, span, {})
