"""Look at every row of the data of a spec, for the rules that need `survey`."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

from bnnc.compiler.analysis.data_facts import Look, Looking, find_in_rows
from bnnc.compiler.analysis.view import View
from bnnc.specs.data import READING_KEYS

_ZERO = 1e-9  # what rounding leaves of a difference of equal numbers
_ONE_CLASS = frozenset({"integer", "one_hot", "binary"})


def look_at_rows(view: View, how: Looking) -> None:
    """Look at every row of the data: `view.survey` and `view.found` then say what they show.

    Nothing is looked at where the spec names no data, or does not say how it is read.

    Args:
        view: a spec, as far as it is right.
        how: how they are looked at.
    """
    keys = ("source", "classes", *READING_KEYS)
    if not all(view.has(f"data.{key}") for key in keys) or view.data is None:
        return
    kind = view.output.labels if view.has("output.labels") else None
    shape = view.input.shape if view.has("input.shape") else None
    look = Look(
        view.data.source,
        view.value_span("data", "source").source.folder,
        view.data.validation_split if view.has("data.validation_split") else 0.0,
        view.training.seed if view.has("training.seed") else 0,
        view.data.classes,
        view.data.reading(kind, len(shape) if shape is not None else None),
        shape,
        _output_classes(view),
    )
    survey, view.found = find_in_rows(look, how, view.found)
    if survey is not None:
        view.survey = survey


def _output_classes(view: View) -> int | None:
    """The classes that a label may be; None for labels that are no single class."""
    if not view.has("output.labels") or view.output.labels not in _ONE_CLASS:
        return None
    return getattr(view.output, "classes", 2) if view.has("output.classes") else None


def numbers_text(numbers: Sequence[float]) -> str:
    """Numbers as a spec has them, with four digits: one by itself, several as a list."""
    written = [f"{0.0 if abs(one) < _ZERO else one:.4g}" for one in numbers]
    return written[0] if len(written) == 1 else f"[{', '.join(written)}]"


def range_text(low: float, high: float) -> str:
    """The lowest and the highest value as a spec has them: rounded outward, to four digits."""
    return f"[{_bound(low, ROUND_FLOOR)}, {_bound(high, ROUND_CEILING)}]"


def _bound(number: float, rounding: str) -> str:
    if float(number).is_integer():
        return f"{number:.0f}"
    exact = Decimal(number)
    last = Decimal(1).scaleb(exact.adjusted() - 3)
    return f"{float(exact.quantize(last, rounding=rounding)):.15g}"


def listed(texts: Sequence[str], most: int = 5) -> str:
    """The first of some texts, and how many more there are."""
    more = [f"and {len(texts) - most:,} more"] if len(texts) > most else []
    return ", ".join([*texts[:most], *more])
