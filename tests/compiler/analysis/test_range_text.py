"""Ranges as they are written into a spec hold the values that they are of."""

import pytest

from bnnc.compiler.analysis.data_survey import range_text


@pytest.mark.parametrize(
    ("low", "high", "text"),
    [
        (0, 65535, "[0, 65535]"),
        (-3.89942, 3.06604, "[-3.9, 3.067]"),
        (0.00012345, 12345.678, "[0.0001234, 12350]"),
        (-0.5, 16.0, "[-0.5, 16]"),
    ],
)
def test_a_range_is_rounded_outward(low: float, high: float, text: str) -> None:
    assert range_text(low, high) == text
