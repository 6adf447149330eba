"""Schedules of a learning rate: Keras counts their lengths in steps, a spec in epochs."""

from __future__ import annotations

from collections.abc import Mapping

from bnnc.compiler.scripts.nodes import Plain, mapping, node
from bnnc.compiler.scripts.values import UNKNOWN_ARGUMENTS, Call, Items, Known, Value
from bnnc.compiler.text.tree import Entry, Node, Scalar

_PACKAGE = "keras.optimizers.schedules."
# Positional arguments of Keras, and the names of a spec.
_ARGUMENTS: Mapping[str, tuple[str, ...]] = {
    "ExponentialDecay": ("initial_learning_rate", "decay_steps", "decay_rate", "staircase"),
    "PolynomialDecay": (
        *("initial_learning_rate", "decay_steps", "end_learning_rate", "power", "cycle"),
    ),
    "PiecewiseConstantDecay": ("boundaries", "values"),
    "CosineDecay": (
        *("initial_learning_rate", "decay_steps", "alpha", "name", "warmup_target"),
        "warmup_steps",
    ),
}
_TYPES = {
    "ExponentialDecay": "exponential_decay",
    "PolynomialDecay": "polynomial_decay",
    "PiecewiseConstantDecay": "piecewise_constant_decay",
    "CosineDecay": "cosine_decay",
}
_STEPS = {"decay_steps": "decay_epochs", "warmup_steps": "warmup_epochs"}
_ROUNDING = 0.02
"""A cosine over so nearly the whole training is one over the whole training."""


def schedule(value: Value, steps: float | None, epochs: object) -> Node | None:
    """A schedule as a spec has it; None if it has no such one, or a number of it is not known.

    Args:
        value: what the script gives as the learning rate.
        steps: of an epoch.
        epochs: of the training.
    """
    if not isinstance(value, Call) or not value.function.startswith(_PACKAGE) or not steps:
        return None
    name = value.function.removeprefix(_PACKAGE)
    if name not in _ARGUMENTS or UNKNOWN_ARGUMENTS in value.keywords:
        return None
    given = dict(zip(_ARGUMENTS[name], value.args, strict=False)) | dict(value.keywords)
    given.pop("name", None)
    entries = [Entry("type", value.function_span, Scalar(_TYPES[name], value.function_span))]
    lengths: dict[str, float] = {}
    for key, one in given.items():
        place = value.keyword_spans.get(key, one.span)
        known = _plain(one)
        if isinstance(known, list) and key == "boundaries":
            numbers = [one for one in known if isinstance(one, int | float)]
            known = [_rounded(number / steps) for number in numbers]
        elif isinstance(known, int | float) and key in _STEPS:
            lengths[key] = known
            known = _rounded(known / steps)
        if known is None:
            return None
        if name != "CosineDecay" or key != "decay_steps":
            entries.append(Entry(_STEPS.get(key, key), place, node(known, one.span)))
    if name == "CosineDecay" and not _is_whole(sum(lengths.values()), steps, epochs):
        return None
    return mapping(entries, value.span)


def _is_whole(length: float, steps: float, epochs: object) -> bool:
    """Whether a number of steps is that of the whole training."""
    if not isinstance(epochs, int):
        return False
    return abs(length - steps * epochs) <= _ROUNDING * length


def _plain(value: Value) -> bool | float | list[Plain] | None:
    """A number, a boolean, or a list of numbers; None if a part of it is not known."""
    match value:
        case Known() if isinstance(value.value, bool | int | float):
            return value.value
        case Items():
            numbers: list[Plain] = [
                one.value
                for one in value.items
                if isinstance(one, Known) and isinstance(one.value, int | float)
            ]
            return numbers if len(numbers) == len(value.items) else None
    return None


def _rounded(epochs: float) -> float:
    return float(f"{epochs:.4g}")
