"""A text of nothing but mistakes has no more findings than can be shown."""

from __future__ import annotations

import pytest

from bnnc.compiler.pipeline import check
from bnnc.compiler.text.limits import MAX_FINDINGS
from bnnc.compiler.text.source import Source
from tests.compiler.binding.test_bind import INPUT
from tests.support.findings import OUTPUT, VALID

HEAD = f"bnnc: 1\nname: example\n{INPUT}{OUTPUT}layers:\n"
MISTAKES = {
    "keys of a layer": HEAD + "  - {type: dense, unit: 10, activation: rleu}\n" * 2_000,
    "sizes of a layer": HEAD + "  - {type: conv2d, filters: 0, kernel_size: 0}\n" * 2_000,
    "keys of the spec": VALID + "".join(f"k{number}: 1\n" for number in range(24_000)),
    "keys said twice": VALID + "a: 1\n" * 24_000,
    "names said twice": HEAD + "  - {type: dense, units: 10, name: x}\n" * 2_000,
}


@pytest.mark.parametrize("text", MISTAKES.values(), ids=list(MISTAKES))
def test_thousands_of_mistakes_end_in_a_thousand_findings(text: str) -> None:
    report = check(Source("spec.yaml", text))
    assert not report.ok
    *found, last = report.diagnostics
    assert len(found) == MAX_FINDINGS
    assert (last.code, last.severity) == ("BNN604", "information")
    starts = [one.span.start for one in report.diagnostics]
    assert starts == sorted(starts)


def test_an_error_behind_a_thousand_warnings_is_shown() -> None:
    linear = "  - {type: dense, units: 10}\n"  # of two in a row, each is a warning
    text = HEAD + "  - {type: flatten}\n" + linear * 1_500 + "  - {type: dense, units: 3}\n"
    report = check(Source("spec.yaml", text))
    assert [one.code for one in report.diagnostics if one.severity == "error"] == ["BNN204"]
    assert len(report.diagnostics) == MAX_FINDINGS + 1
    assert not report.ok
