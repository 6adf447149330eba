"""The table of output, labels and loss: every cell of it, against a table written by hand."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from itertools import product
from typing import get_args

import pytest

from bnnc.compiler.diagnostics.catalog import rules
from bnnc.compiler.diagnostics.diagnostic import Diagnostic
from bnnc.compiler.pipeline import check
from bnnc.compiler.text.source import Source
from bnnc.specs.activations import ACTIVATIONS
from bnnc.specs.loss import LossType
from bnnc.specs.outputs import OUTPUTS
from bnnc.specs.outputs.output import Labels, Parameterization


@dataclass(frozen=True)
class Row:
    """A row of the table: a distribution, as it is written, and what its cells are.

    Attributes:
        fields: what a spec says of it beside parameterization and labels.
        numbers: parameterization -> the activations that its numbers come out of.
        scores: labels -> the losses that score them; labels that are not here have none.
        units: units of the last layer, by parameterization where they depend on it.
    """

    fields: str
    numbers: dict[str, set[str]]
    scores: dict[str, set[str]]
    units: int = 10


NLL = "negative_log_likelihood"
CLASSES = {"logits": {"linear"}, "probs": {"softmax"}}
YES_OR_NO = {"logits": {"linear"}, "probs": {"sigmoid"}}
BOTH = "loc_and_unconstrained_scale"
# The whole table, by hand. Normal stands in it once for each way to have a scale.
TABLE = {
    "categorical": Row(
        "distribution: categorical, classes: 10",
        CLASSES,
        {
            "integer": {NLL, "sparse_categorical_crossentropy"},
            "one_hot": {"categorical_crossentropy"},
        },
    ),
    "one_hot_categorical": Row(
        "distribution: one_hot_categorical, classes: 10", CLASSES, {"one_hot": {NLL}}
    ),
    "relaxed_one_hot_categorical": Row(
        "distribution: relaxed_one_hot_categorical, classes: 10, temperature: 0.5",
        {"logits": {"linear"}},
        {"soft": {NLL}},
    ),
    "bernoulli": Row(
        "distribution: bernoulli", YES_OR_NO, {"binary": {NLL, "binary_crossentropy"}}, units=1
    ),
    "independent_bernoulli": Row(
        "distribution: independent_bernoulli, classes: 10",
        YES_OR_NO,
        {"multi_hot": {NLL, "binary_crossentropy"}},
    ),
    "ordered_logistic": Row(
        "distribution: ordered_logistic, classes: 10",
        {"loc": {"linear"}},
        {"integer": {NLL}},
        units=1,
    ),
    "normal, scale fixed": Row(
        "distribution: normal, scale: 0.5",
        {"loc": {"linear"}},
        {"real": {NLL, "mean_squared_error"}},
        units=1,
    ),
    "normal, scale learned": Row(
        "distribution: normal, scale: learned", {"loc": {"linear"}}, {"real": {NLL}}, units=1
    ),
    "normal, scale per image": Row(
        "distribution: normal", {BOTH: {"linear"}}, {"real": {NLL}}, units=2
    ),
    "student_t": Row("distribution: student_t", {BOTH: {"linear"}}, {"real": {NLL}}, units=2),
    "poisson": Row(
        "distribution: poisson",
        {"log_rate": {"linear"}, "rate": {"softplus", "exponential"}},
        {"count": {NLL, "poisson"}},
        units=1,
    ),
}
PARAMETERIZATIONS = get_args(Parameterization)
LABELS, LOSSES = get_args(Labels), get_args(LossType)
# Of the cells whose parameterization is another distribution's, which is wrong whatever the
# activation is, of those whose activation no output takes, and of those that are wrong in both ways,
# one in so many: coprime with the length of every list, so that all pairs occur.
THINNED = 11
TAKEN = {one for row in TABLE.values() for taken in row.numbers.values() for one in taken}
PLACES = ("in the dense layer", "in a layer of its own")


def test_the_table_knows_every_word_of_the_language() -> None:
    assert {row.fields.split(",")[0].removeprefix("distribution: ") for row in TABLE.values()} == (
        set(OUTPUTS)
    )
    rows = TABLE.values()
    assert {name for row in rows for name in row.numbers} == set(PARAMETERIZATIONS)
    assert {name for row in rows for name in row.scores} == set(LABELS)
    assert {loss for row in rows for losses in row.scores.values() for loss in losses} == (
        set(LOSSES)
    )


@cache
def findings(
    fields: str,
    units: int,
    parameterization: str,
    activation: str,
    place: str,
    labels: str,
    loss: str,
) -> tuple[Diagnostic, ...]:
    last = f"  - {{type: dense, units: {units}"
    if place == PLACES[0]:
        last += f", activation: {activation}}}"
    else:
        last += f"}}\n  - {{type: activation, activation: {activation}}}"
    text = f"""\
bnnc: 1
name: cell
input: {{shape: [4, 4, 1]}}
layers:
  - {{type: flatten}}
{last}
output:
  {{{fields}, parameterization: {parameterization}, labels: {labels}}}
loss: {{type: {loss}}}
"""
    report = check(Source("cell.yaml", text))
    assert report.ok == (not report.diagnostics)
    return report.diagnostics


def judged(row: Row, parameterization: str, activation: str, labels: str, loss: str) -> list[str]:
    """The contradictions of a cell: of its numbers, and of what scores them; one each at most."""
    # A scale that goes with another parameterization is a question of its own, which has a test.
    wrong = []
    if activation not in row.numbers.get(parameterization, set()):
        wrong.append("numbers")
    if loss not in row.scores.get(labels, set()):
        wrong.append("score")
    return wrong


def belongs(row: Row, parameterization: str) -> bool:
    """Whether the row has the parameterization, or no row of its distribution has."""
    family = row.fields.split(",")[0]
    others = {
        name for one in TABLE.values() if one.fields.split(",")[0] == family for name in one.numbers
    }
    return parameterization in row.numbers or parameterization not in others


@pytest.mark.parametrize("name", TABLE)
def test_every_cell_is_accepted_or_refused_once_for_each_contradiction(name: str) -> None:
    row = TABLE[name]
    for number, cell in enumerate(product(PARAMETERIZATIONS, ACTIVATIONS, LABELS, LOSSES)):
        parameterization, activation, labels, loss = cell
        if not belongs(row, parameterization):
            continue
        possible = parameterization in row.numbers and activation in TAKEN
        wrong = judged(row, parameterization, activation, labels, loss)
        if (not possible or len(wrong) == 2) and number % THINNED:
            continue
        place = PLACES[number % 2]
        found = findings(row.fields, row.units, parameterization, activation, place, labels, loss)
        assert len(found) == len(wrong), (name, cell, [one.code for one in found])
        assert all(one.code.startswith("BNN3") and one.severity == "error" for one in found)
        # What is wrong with the numbers is said at the layers or the parameterization.
        at_score = [
            one for one in found if one.span.text.split(":")[0] in {"labels", "type", "loss"}
        ]
        assert len(at_score) == ("score" in wrong), (name, cell)


def alternatives(help: str, activation: str) -> list[dict[str, str]]:
    """What a help text says to change, each way out by itself, as field -> value."""
    # What stands behind a semicolon and `for` is for those who meant another model.
    within = re.split(r"; for ", help)[0]
    ways = []
    for way in re.split(r"[;,]? or ", within):
        changes = dict(re.findall(r"`(\w+): (\w+)`", way))
        if "delete" in way:
            assert changes.pop("activation", activation) == activation
            changes["activation"] = "linear"
        assert changes, help
        ways.append(changes)
    return ways


def changed(row: Row, way: dict[str, str]) -> tuple[str, int]:
    """The fields and units of a row after a way out has changed them."""
    fields = row.fields
    if "distribution" in way:
        fields = f"distribution: {way.pop('distribution')}, classes: 10"
    if "scale" in way:
        fields += f", scale: {way.pop('scale')}"
    return fields, row.units


@pytest.mark.parametrize("name", TABLE)
def test_every_way_out_that_a_finding_offers_leads_out(name: str) -> None:
    row = TABLE[name]
    right = next(iter(row.numbers))
    cells = [
        *product(PARAMETERIZATIONS, ACTIVATIONS, [next(iter(row.scores))], [NLL]),
        *product([right], ["linear"], LABELS, LOSSES),
    ]
    checked = 0
    for parameterization, activation, labels, loss in cells:
        if not belongs(row, parameterization):
            continue
        found = findings(
            row.fields, row.units, parameterization, activation, PLACES[0], labels, loss
        )
        if len(found) != 1:
            continue
        assert len(found[0].help) == 1
        for way in alternatives(found[0].help[0], activation):
            fields, units = changed(row, way)
            again = findings(
                fields,
                units,
                way.pop("parameterization", parameterization),
                way.pop("activation", activation),
                PLACES[0],
                way.pop("labels", labels),
                way.pop("type", loss),
            )
            assert not way
            assert again == (), (found[0].help, [one.message for one in again])
            checked += 1
    assert checked > 50


def test_every_rule_on_outputs_refuses_at_least_one_cell() -> None:
    seen: set[str] = set()
    for row in TABLE.values():
        right = next(iter(row.numbers))
        score = next((labels, next(iter(losses))) for labels, losses in row.scores.items())
        cells = [
            *((one, activation, *score) for one, activation in product(row.numbers, ACTIVATIONS)),
            *((one, "linear", *score) for one in PARAMETERIZATIONS if belongs(row, one)),
            *((right, "linear", *one) for one in product(LABELS, LOSSES)),
        ]
        for parameterization, activation, labels, loss in cells:
            cell = (parameterization, activation, PLACES[0], labels, loss)
            seen |= {one.code for one in findings(row.fields, row.units, *cell)}
    # Those about other layers and sections, about one class, about the source of the data, about
    # where a scale is said, about the labels' statistics, about branches at the output, and about
    # what is right and could be said better, are in no cell.
    elsewhere = {"BNN318", "BNN319", "BNN320", "BNN321", "BNN322", "BNN323", "BNN324"}
    elsewhere |= {f"BNN{number}" for number in (*range(341, 353), *range(360, 364))}
    assert seen == {code for code in rules() if code.startswith("BNN3")} - elsewhere


@pytest.mark.parametrize("labels", LABELS)
@pytest.mark.parametrize("activation", ["linear", "softmax", "sigmoid"])
def test_one_class_is_the_one_cause_of_what_follows_from_it(activation: str, labels: str) -> None:
    # Whoever writes one class means a yes or no: sigmoid and binary labels follow from it.
    parameterization = "logits" if activation == "linear" else "probs"
    distribution = "one_hot_categorical" if labels == "one_hot" else "categorical"
    cell = (parameterization, activation, PLACES[0], labels, NLL)
    found = findings(f"distribution: {distribution}, classes: 1", 1, *cell)
    assert [one.code for one in found] == ["BNN318"]


@pytest.mark.parametrize("classes", [1, 2, 3])
def test_an_order_of_classes_needs_two_of_them(classes: int) -> None:
    cell = ("loc", "linear", PLACES[0], "integer", NLL)
    found = findings(f"distribution: ordered_logistic, classes: {classes}", 1, *cell)
    assert [one.code for one in found] == (["BNN318"] if classes == 1 else [])


@pytest.mark.parametrize(
    ("fields", "parameterization", "units", "loss", "code"),
    [
        ("distribution: normal", "loc", 1, NLL, "BNN341"),
        ("distribution: normal", "loc", 1, "mean_squared_error", "BNN341"),
        ("distribution: normal, scale: 0.1", BOTH, 2, NLL, "BNN342"),
        ("distribution: normal, scale: 0.1", BOTH, 2, "mean_squared_error", "BNN342"),
        ("distribution: normal, scale: learned", BOTH, 2, "mean_squared_error", "BNN342"),
        ("distribution: normal, scale: 0", "loc", 1, NLL, "BNN106"),
        ("distribution: normal, scale: -1.5", "loc", 1, NLL, "BNN106"),
        ("distribution: student_t, df: 2", BOTH, 2, NLL, "BNN106"),
        ("distribution: normal, scale: 0.1", "loc", 2, NLL, "BNN204"),
        ("distribution: normal, scale: 0.1, event_size: 2", "loc", 1, NLL, "BNN204"),
        ("distribution: normal", BOTH, 1, NLL, "BNN204"),
        ("distribution: student_t", BOTH, 1, NLL, "BNN204"),
        ("distribution: student_t, event_size: 3", BOTH, 3, NLL, "BNN204"),
    ],
)
def test_a_scale_is_said_once_and_the_last_layer_has_a_unit_for_it(
    fields: str, parameterization: str, units: int, loss: str, code: str
) -> None:
    found = findings(fields, units, parameterization, "linear", PLACES[0], "real", loss)
    assert [one.code for one in found] == [code]


@pytest.mark.parametrize(
    ("name", "units", "expected"),
    [
        ("relaxed_one_hot_categorical", 9, "write `units: 10`, or `classes: 9`"),
        ("independent_bernoulli", 9, "write `units: 10`, or `classes: 9`"),
        ("ordered_logistic", 10, "the 9 learned cutpoints divide the real line into classes"),
        ("poisson", 2, "write `units: 1`: the rate"),
        ("normal, scale learned", 2, "write `units: 1`: a location for 1 label"),
        ("normal, scale per image", 1, "write `units: 2`: a location and a scale for 1 label"),
        ("student_t", 1, "write `units: 2`: a location and a scale for 1 label"),
    ],
)
def test_the_last_layer_is_told_how_many_units_the_distribution_takes(
    name: str, units: int, expected: str
) -> None:
    row = TABLE[name]
    labels = next(iter(row.scores))
    cell = (next(iter(row.numbers)), "linear", PLACES[0], labels, NLL)
    (found,) = findings(row.fields, units, *cell)
    assert found.code == "BNN204"
    assert expected in found.help[0]


@pytest.mark.parametrize("temperature", ["0", "-1", "0.0"])
def test_a_temperature_is_positive(temperature: str) -> None:
    fields = f"distribution: relaxed_one_hot_categorical, classes: 10, temperature: {temperature}"
    (found,) = findings(fields, 10, "logits", "linear", PLACES[0], "soft", NLL)
    assert found.code == "BNN106"
    assert "greater than 0" in found.message + "".join(found.help)


@pytest.mark.parametrize(
    "between", ["flatten", "dropout, rate: 0.1", "activation, activation: linear"]
)
def test_an_activation_is_seen_through_layers_that_pass_it_on(between: str) -> None:
    text = f"""\
bnnc: 1
name: through
input: {{shape: [4, 4, 1]}}
layers:
  - {{type: flatten}}
  - {{type: dense, units: 10, activation: softmax}}
  - {{type: {between}}}
output: {{distribution: categorical, parameterization: logits, labels: integer, classes: 10}}
"""
    report = check(Source("through.yaml", text))
    (found,) = (one for one in report.diagnostics if one.severity == "error")
    assert found.code == "BNN301"
    assert found.span.text == "activation: softmax"
    assert [label.span.text for label in found.related] == ["parameterization: logits"]


def test_the_numbers_of_a_double_softmax_are_those_of_its_formula() -> None:
    # softmax of a one-hot row of C: the largest is e / (e + C - 1), and the loss is its -log.
    row = TABLE["categorical"]
    (found,) = findings(
        row.fields, row.units, "logits", "softmax", PLACES[0], "integer", "negative_log_likelihood"
    )
    assert "1.461 nats" in found.notes[0]
    assert "above 0.232" in found.notes[0]
