"""Describe what an activation does to the numbers that a distribution reads."""

from __future__ import annotations

from dataclasses import replace
from math import exp, inf

from bnnc.specs.activations import Range


def effect(numbers: Range, noun: str, *, lowest: float = -inf) -> str:
    """Describe the range of numbers that may otherwise be any, in a few words.

    Args:
        numbers: what the activation gives.
        noun: one of the numbers, such as `logit`.
        lowest: what no such number is below, whatever the activation.
    """
    least, greatest = _short(numbers.least), _short(numbers.greatest)
    if numbers.sums_to_one:
        return f"makes the {noun}s sum to 1"
    if numbers.least > lowest and numbers.is_bounded_above:
        return f"keeps every {noun} within [{least}, {greatest}]"
    if numbers.is_bounded_above:
        return f"makes every {noun} " + (
            "negative" if numbers.greatest == 0 else f"less than {greatest}"
        )
    if numbers.least <= lowest:
        return f"distorts the {noun}s"
    if numbers.least == numbers.flat_below == 0:
        return f"cuts off every negative {noun}, and its gradient"
    if numbers.least == 0:
        return f"makes every {noun} positive" + (" or 0" if numbers.attained else "")
    return f"makes every {noun} {'at least' if numbers.attained else 'greater than'} {least}"


def exponential_of(numbers: Range) -> Range:
    """The range of the exponentials of numbers, as of rates by their logarithms."""
    greatest = exp(numbers.greatest) if numbers.is_bounded_above else inf
    return replace(numbers, least=exp(numbers.least), greatest=greatest, sums_to_one=False)


def _short(number: float) -> str:
    """At most two decimals and three digits: a bound is read, not computed with."""
    return f"{round(number, 2):.3g}"
