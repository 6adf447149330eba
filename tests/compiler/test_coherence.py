"""The table of output, labels and loss: every cell of it, against a table written by hand."""

from __future__ import annotations

import re
from functools import cache
from itertools import product
from typing import get_args

import pytest

from bnnc.compiler.diagnostics.diagnostic import Diagnostic
from bnnc.compiler.pipeline import check
from bnnc.compiler.rules.registry import rules
from bnnc.compiler.text.source import Source
from bnnc.specs.layers.layer import ActivationName
from bnnc.specs.loss import LossType
from bnnc.specs.output import OUTPUTS, Labels, Parameterization

# What the last layer's numbers may be: (distribution, parameterization) -> activation.
NUMBERS = {
    ("categorical", "logits"): "linear",
    ("categorical", "probs"): "softmax",
    ("one_hot_categorical", "logits"): "linear",
    ("one_hot_categorical", "probs"): "softmax",
    ("bernoulli", "logits"): "linear",
    ("bernoulli", "probs"): "sigmoid",
}
# What scores them: (distribution, labels) -> losses; a pair that is not here has none.
SCORES = {
    ("categorical", "integer"): {"negative_log_likelihood", "sparse_categorical_crossentropy"},
    ("categorical", "one_hot"): {"categorical_crossentropy"},
    ("one_hot_categorical", "one_hot"): {"negative_log_likelihood"},
    ("bernoulli", "binary"): {"negative_log_likelihood", "binary_crossentropy"},
}
ACTIVATIONS = get_args(ActivationName)
PLACES = ("in the dense layer", "in a layer of its own")


def test_the_table_knows_every_word_of_the_language() -> None:
    assert {distribution for distribution, _ in NUMBERS} == set(OUTPUTS)
    assert {parameterization for _, parameterization in NUMBERS} == set(get_args(Parameterization))
    assert {labels for _, labels in SCORES} == set(get_args(Labels))
    assert set.union(*SCORES.values()) == set(get_args(LossType))


@cache
def findings(
    distribution: str,
    parameterization: str,
    activation: str,
    place: str,
    labels: str,
    loss: str,
    *,
    classes: int = 10,
) -> tuple[Diagnostic, ...]:
    units = 1 if distribution == "bernoulli" else classes
    last = f"  - {{type: dense, units: {units}"
    if place == PLACES[0]:
        last += f", activation: {activation}}}"
    else:
        last += f"}}\n  - {{type: activation, activation: {activation}}}"
    over_classes = "" if distribution == "bernoulli" else f", classes: {classes}"
    text = f"""\
bnnc: 1
name: cell
input: {{shape: [4, 4, 1]}}
layers:
  - {{type: flatten}}
{last}
output:
  {{distribution: {distribution}, parameterization: {parameterization}, labels: {labels}{over_classes}}}
loss: {{type: {loss}}}
"""
    report = check(Source("cell.yaml", text))
    assert report.ok == (not report.diagnostics)
    return report.diagnostics


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize(("distribution", "parameterization"), list(NUMBERS))
def test_every_cell_is_accepted_or_refused_once_for_each_contradiction(
    distribution: str, parameterization: str, place: str
) -> None:
    for activation, labels, loss in product(ACTIVATIONS, get_args(Labels), get_args(LossType)):
        cell = (distribution, parameterization, activation, place, labels, loss)
        found = findings(*cell)
        # The numbers and what scores them are two questions; each can be wrong once.
        wrong_numbers = NUMBERS[distribution, parameterization] != activation
        wrong_score = loss not in SCORES.get((distribution, labels), set())
        assert len(found) == wrong_numbers + wrong_score, (cell, [one.code for one in found])
        assert all(one.code.startswith("BNN3") and one.severity == "error" for one in found)
        spans = [(one.code, one.span.start, one.span.end) for one in found]
        assert len(set(spans)) == len(spans)


def test_every_rule_on_outputs_refuses_at_least_one_cell() -> None:
    seen: set[str] = set()
    for (distribution, parameterization), right in NUMBERS.items():
        for activation, (labels, loss) in product(
            ACTIVATIONS, product(get_args(Labels), get_args(LossType))
        ):
            cell = (distribution, parameterization, activation, PLACES[0], labels, loss)
            seen |= {one.code for one in findings(*cell)}
        if distribution != "bernoulli":
            labels = "integer" if distribution == "categorical" else "one_hot"
            loss = "negative_log_likelihood"
            cell = (distribution, parameterization, right, PLACES[0], labels, loss)
            seen |= {one.code for one in findings(*cell, classes=1)}
    # Those about other layers, about smoothed labels, or about what is right and could be said
    # better, are in no cell.
    elsewhere = {"BNN319", "BNN320", "BNN321", "BNN322", "BNN323", "BNN324"}
    assert seen == {code for code in rules() if code.startswith("BNN3")} - elsewhere


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


@pytest.mark.parametrize(("distribution", "parameterization"), list(NUMBERS))
def test_every_way_out_that_a_finding_offers_leads_out(
    distribution: str, parameterization: str
) -> None:
    for activation, labels, loss in product(ACTIVATIONS, get_args(Labels), get_args(LossType)):
        found = findings(distribution, parameterization, activation, PLACES[0], labels, loss)
        if len(found) != 1:
            continue
        assert len(found[0].help) == 1
        for way in alternatives(found[0].help[0], activation):
            again = findings(
                way.pop("distribution", distribution),
                way.pop("parameterization", parameterization),
                way.pop("activation", activation),
                PLACES[0],
                way.pop("labels", labels),
                way.pop("type", loss),
            )
            assert not way
            assert again == (), (found[0].help, [one.message for one in again])


@pytest.mark.parametrize("labels", get_args(Labels))
@pytest.mark.parametrize("activation", ["linear", "softmax", "sigmoid"])
def test_one_class_is_the_one_cause_of_what_follows_from_it(activation: str, labels: str) -> None:
    # Whoever writes one class means a yes or no: sigmoid and binary labels follow from it.
    parameterization = "logits" if activation == "linear" else "probs"
    if labels == "one_hot":
        cell = ("one_hot_categorical", parameterization, activation, PLACES[0], labels)
    else:
        cell = ("categorical", parameterization, activation, PLACES[0], labels)
    found = findings(*cell, "negative_log_likelihood", classes=1)
    assert [one.code for one in found] == ["BNN318"]


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
    (found,) = findings(
        "categorical", "logits", "softmax", PLACES[0], "integer", "negative_log_likelihood"
    )
    assert "1.461 nats" in found.notes[0]
    assert "p = 0.232" in found.notes[0]
