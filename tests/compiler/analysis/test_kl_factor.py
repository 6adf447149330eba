"""The rules on how often the KL is counted: where each begins, and that one cause is found once."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import pytest

from bnnc.compiler.analysis.kl_factor import OVERCOUNT, UNDERCOUNT
from bnnc.compiler.diagnostics.diagnostic import Diagnostic
from bnnc.compiler.pipeline import check, check_bytes, fix
from bnnc.compiler.report import Report
from bnnc.compiler.text.source import Source
from bnnc.specs.sources import SOURCES, named_facts

GALLERY = Path(__file__).parents[3] / "specs" / "gallery"
DIGITS = 1_437
ON_THE_WEIGHT = {"BNN414", "BNN416", "BNN417", "BNN419", "BNN420"}
HEAD = """\
bnnc: 1
name: counted
input: {shape: [8, 8, 1], value_range: [0, 16]}
layers:
  - {type: flatten}
  - {type: dense, units: 10}
output: {distribution: categorical, parameterization: logits, classes: 10, labels: integer}
"""


def checked(
    weight: float | str = "per_example",
    temperature: float = 1.0,
    *,
    data: str = "{source: digits}",
    method: str = "flipout",
    more: str = "",
) -> Report:
    text = (
        f"{HEAD}bayesian: {{method: {method}}}\n"
        f"loss: {{kl: {{weight: {weight}, temperature: {temperature}}}}}\n"
        f"data: {data}\n{more}"
    )
    return check(Source("counted.yaml", text))


def counted(report: Report) -> list[str]:
    return [one.code for one in report.diagnostics if one.code in ON_THE_WEIGHT]


def only(report: Report) -> Diagnostic:
    (found,) = (one for one in report.diagnostics if one.code in ON_THE_WEIGHT)
    return found


@pytest.mark.parametrize(
    ("weight", "temperature", "codes"),
    [
        ("per_example", 1.0, []),
        ("per_example", 2.99, []),
        ("per_example", 3.0, ["BNN420"]),
        ("per_example", 1e6, ["BNN420"]),
        ("per_example", 1e-9, []),
        (1 / DIGITS, 1.0, []),
        (2.99 / DIGITS, 1.0, []),
        (3.01 / DIGITS, 1.0, ["BNN417"]),
        (0.999, 1.0, ["BNN417"]),
        (1.0, 1.0, ["BNN416"]),
        (1 / DIGITS, 10.0, ["BNN420"]),
        (2 / DIGITS, 2.0, ["BNN420"]),  # neither by itself, both together
        (10 / DIGITS, 10.0, ["BNN417"]),  # each by itself: one finding all the same
        (10 / DIGITS, 0.1, []),  # one makes up for the other
        (0.5, 2.0, ["BNN416"]),
        (1 / DIGITS, 2.0 * DIGITS, ["BNN416"]),
        (0, 1.0, ["BNN414"]),
        (0, 1e6, ["BNN414"]),
        (0.99e-3 / DIGITS, 1.0, ["BNN419"]),
        (1.01e-3 / DIGITS, 1.0, []),
        (1e-4 / DIGITS, 1e5, ["BNN420"]),
        (1e-4 / DIGITS, 100.0, []),
        (0.5 / DIGITS, 1e-9, []),  # the temperature's doing, which BNN405 notes
    ],
)
def test_each_rule_begins_where_its_page_says(
    weight: float | str, temperature: float, codes: list[str]
) -> None:
    assert counted(checked(weight, temperature)) == codes


def test_the_thresholds_are_those_of_the_pages() -> None:
    assert (OVERCOUNT, UNDERCOUNT) == (3.0, 1e-3)


def test_no_weight_and_temperature_are_found_twice_for_one_cause() -> None:
    scales = [0, 1e-9, 1e-6, 1e-5, 1e-4, 7e-4, 2e-3, 0.01, 0.1, 0.5, 1, 100]
    weights: list[float | str] = ["per_example", *scales]
    for weight, temperature in product(weights, scales[1:]):
        assert len(counted(checked(weight, temperature))) <= 1, (weight, temperature)


@pytest.mark.parametrize("method", ["none", "mc_dropout"])
def test_without_a_posterior_nothing_is_counted(method: str) -> None:
    assert counted(checked(0.5, 10.0, method=method)) == []


@pytest.mark.parametrize("data", ["{source: ./digits}", "{source: runs/train.npz}", "null"])
def test_where_the_rows_are_not_known_a_number_is_not_judged_by_them(data: str) -> None:
    assert counted(checked(0.5, data=data)) == []
    assert counted(checked(1e-9, data=data)) == []
    assert counted(checked(1.0, data=data)) == ["BNN416"]
    assert counted(checked("per_example", 10.0, data=data)) == ["BNN420"]


def test_the_rows_are_those_left_by_the_validation_split() -> None:
    half = "{source: digits, validation_split: 0.5}"
    assert counted(checked(4 / DIGITS)) == ["BNN417"]
    assert counted(checked(4 / DIGITS, data=half)) == []
    assert only(checked(8 / DIGITS, data=half)).related[0].text == "719 training rows"


# The rows of a table are so few that these weights are not far off.
@pytest.mark.parametrize("source", [one.name for one in SOURCES.values() if len(one.shape) == 3])
@pytest.mark.parametrize("batch_size", [32, 100, 128])
def test_the_weights_that_circulate_are_called_by_their_names(source: str, batch_size: int) -> None:
    rows = SOURCES[source].rows_train
    training = f"training: {{batch_size: {batch_size}}}\n"
    data = f"{{source: {source}}}"

    def found(weight: float) -> Diagnostic:
        report = checked(f"{weight:.3g}", data=data, more=training)
        return next(one for one in report.diagnostics if one.code == "BNN417")

    batches = -(-rows // batch_size)
    assert found(1 / batches).notes[0].startswith("it is 1 / batches")
    assert f"{batch_size} times" in found(1 / batches).notes[0]
    assert found(1 / batch_size).notes[0].startswith("it is 1 / batch size")
    assert not any(note.startswith("it is") for note in found(7.7 / batches).notes)


def test_the_finding_says_how_many_times_the_kl_is_counted() -> None:
    assert only(checked(0.1)).message == "a KL weight of 0.1 counts the KL 144 times"
    assert "at a temperature of 2 counts the KL 287 times" in only(checked(0.1, 2.0)).message
    assert "counts the KL 30 times" in only(checked("per_example", 30.0)).message
    assert "is only 0.00014 of 1/N" in only(checked(1e-7)).message


@pytest.mark.parametrize(
    ("weight", "temperature"),
    [
        *((0.1, 1.0), (0.05, 10.0), (1e-9, 1.0), ("per_example", 30.0), (2 / DIGITS, 2.0)),
        *((5.0, 1.0), (1e-3, 1e4), (0, 1.0), (0, 10.0)),
    ],
)
def test_the_fixes_together_leave_nothing_to_find(weight: float | str, temperature: float) -> None:
    fixed = fix(checked(weight, temperature), unsafe=True)
    assert fixed.report.diagnostics == ()


def test_what_is_broken_elsewhere_hides_nothing_and_what_is_broken_here_is_not_judged() -> None:
    def codes(weight: float | str, more: str, data: str = "{source: digits}") -> list[str]:
        return counted(checked(weight, data=data, more=more))

    assert codes(0.1, "training: {batch_size: many}\n") == ["BNN417"]
    assert codes(0.1, "prediction: {sample: 3}\n") == ["BNN417"]
    assert codes(0.1, "", data="{source: digits, validation_split: 2}") == []
    assert codes(0.1, "", data="{sauce: digits}") == []
    assert codes(0.1, "", data="digits") == []
    assert codes("per_exmaple", "") == []
    hot = checked("per_example", 10.0, data="{source: digits, validation_split: 2}")
    assert counted(hot) == ["BNN420"]


@pytest.mark.parametrize("spec", sorted(GALLERY.glob("*.yaml")), ids=lambda spec: spec.stem)
def test_the_gallery_is_left_alone_with_its_weight_written_out(spec: Path) -> None:
    text = spec.read_text(encoding="utf-8")
    data = check_bytes(spec.name, text.encode()).accepted().data
    assert data is not None
    facts = named_facts(data.source)
    assert facts is not None
    count = facts.after_split(data.validation_split).rows
    assert count is not None
    for factor in (0.5, 1.0, 2.0):
        written = text.replace("weight: per_example", f"weight: {factor / count}")
        assert counted(check_bytes(spec.name, written.encode())) == []
