"""Pairs of antithetic draws: batches that cannot be divided among them, and what they cost."""

from __future__ import annotations

import pytest

from bnnc.compiler.diagnostics.diagnostic import Diagnostic
from bnnc.compiler.pipeline import check, plan
from bnnc.compiler.report import Report
from bnnc.compiler.text.source import Source


def checked(bayesian: str, batch_size: int = 8, head: str = "") -> Report:
    text = (
        "bnnc: 1\nname: pairs\ninput: {shape: [6, 6, 1]}\nlayers:\n"
        "  - {type: conv2d, filters: 3, kernel_size: 3, activation: relu}\n  - {type: flatten}\n"
        f"  - {{type: dense, units: 10{head}}}\nbayesian: {bayesian}\n"
        "output: {distribution: categorical, parameterization: logits, classes: 10, "
        f"labels: integer}}\ntraining: {{batch_size: {batch_size}}}\n"
    )
    return check(Source("pairs.yaml", text))


def found(report: Report, code: str) -> list[Diagnostic]:
    return [one for one in report.diagnostics if one.code == code]


@pytest.mark.parametrize(
    ("bayesian", "batch_size", "head", "related", "fix"),
    [
        ("{method: antithetic}", 1, "", "method: antithetic", "method: reparameterization"),
        ("{method: antithetic, pairs: 8}", 5, "", "pairs: 8", "pairs: 2"),
        ("{method: antithetic, pairs: 8}", 1, "", "pairs: 8", None),
        ("{method: antithetic}", 7, ", bayesian: {pairs: 4}", "pairs: 4", "pairs: 3"),
        (
            "{method: flipout}",
            1,
            ", bayesian: {method: antithetic}",
            "method: antithetic",
            "method: reparameterization",
        ),
    ],
)
def test_a_batch_with_fewer_rows_than_draws_is_found(
    bayesian: str, batch_size: int, head: str, related: str, fix: str | None
) -> None:
    report = checked(bayesian, batch_size, head)
    (one,) = found(report, "BNN462")
    assert [label.span.text for label in one.related] == [related]
    assert [edit.replacement for fix in one.fixes for edit in fix.edits] == (
        [] if fix is None else [fix.split(": ")[1]]
    )


@pytest.mark.parametrize(
    ("bayesian", "batch_size", "head"),
    [
        ("{method: antithetic}", 2, ""),
        ("{method: antithetic, pairs: 4}", 8, ""),
        ("{method: antithetic, pairs: 4, layers: last}", 3, ", bayesian: {method: flipout}"),
        ("{method: antithetic, pairs: 8, layers: last}", 8, ", bayesian: {pairs: 4}"),
        ("{method: flipout}", 2, ""),
    ],
)
def test_a_batch_that_can_be_divided_is_not_found(
    bayesian: str, batch_size: int, head: str
) -> None:
    report = checked(bayesian, batch_size, head)
    assert found(report, "BNN462") == []


def test_pairs_of_another_method_have_no_effect() -> None:
    (one,) = found(checked("{method: flipout, pairs: 2}"), "BNN461")
    assert one.span.text == "pairs: 2"
    assert found(checked("{method: flipout}", head=", bayesian: {method: antithetic, pairs: 2}"), "BNN461") == []  # fmt: skip


def test_every_draw_is_in_the_memory_of_a_step() -> None:
    one, four = (plan(checked(f"{{method: antithetic, pairs: {pairs}}}")) for pairs in (1, 4))
    single = plan(checked("{method: reparameterization}"))
    assert one.posterior == 3 * 3 * 3 + 48 * 10
    # Kernels of four bytes a weight: 2 and 8, where reparameterization has one.
    assert one.training_bytes - single.training_bytes == 4 * one.posterior
    assert four.training_bytes - single.training_bytes == 7 * 4 * one.posterior
    assert one.multiply_adds == four.multiply_adds == single.multiply_adds
