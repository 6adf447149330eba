"""Compare two evaluations, figure by figure."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import hypot

import numpy as np

from bnnc.runtime.evaluation.bootstrap import deviation
from bnnc.runtime.evaluation.result import Evaluation


@dataclass(frozen=True, slots=True)
class Difference:
    """The difference of a figure of two evaluations.

    Attributes:
        value: the second less the first, in the figure's units.
        standard_error: of the value; None where one of the two has none.
    """

    value: float
    standard_error: float | None


def have_same_rows(first: Evaluation, second: Evaluation) -> bool:
    """Whether both were made of the same labelled images; needs `keep_predictions=True`."""
    known = first.predictions, second.predictions
    return known[0] is not None and known[1] is not None and known[0].digest == known[1].digest


def differences(
    first: Evaluation, second: Evaluation, names: Sequence[str] | None = None
) -> dict[str, Difference]:
    """What the second evaluation has more than the first.

    Of the same rows, both models are evaluated on the same resamples, and the standard error is that
    of the differences (the paired bootstrap): what is hard for both models cancels out. Otherwise it
    is the root of the sum of the two squared standard errors.

    Args:
        first, second: evaluations with the same number of resamples.
        names: the figures; all that both have if None.
    """
    paired = have_same_rows(first, second)
    found = {}
    for name in [one for one in first if one in second and one != "rows"]:
        if names is None or name in names:
            error = _paired(first, second, name) if paired else _independent(first, second, name)
            found[name] = Difference(second[name] - first[name], error)
    return found


def _paired(first: Evaluation, second: Evaluation, name: str) -> float | None:
    values = first.resampled.get(name), second.resampled.get(name)
    if values[0] is None or values[1] is None or len(values[0]) != len(values[1]):
        return None
    error = float(deviation(values[1] - values[0]))
    return error if np.isfinite(error) else None


def _independent(first: Evaluation, second: Evaluation, name: str) -> float | None:
    errors = [one.standard_errors.get(name) for one in (first, second)]
    if errors[0] is None or errors[1] is None:
        return None
    return hypot(errors[0], errors[1])
