"""From a generator of specs, right and wrong: right ones are accepted, and none ends in a traceback."""

from __future__ import annotations

import json
from collections import Counter
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import bnnc
from bnnc.compiler.diagnostics.catalog import rules
from bnnc.compiler.diagnostics.render import render
from bnnc.compiler.pipeline import plan
from bnnc.compiler.report import Report, SpecError
from bnnc.compiler.text.source import Source
from bnnc.specs.layers import LAYER_TYPES, type_name
from bnnc.specs.methods import NAMES
from bnnc.specs.outputs import OUTPUTS
from bnnc.specs.priors import PRIORS
from tests.compiler.checking.warning_budget import BUDGET
from tests.generated import (
    OPTIMIZERS,
    SCHEDULES,
    Document,
    covering_specs,
    kinds,
    layers_within,
    random_spec,
    schedule,
    wrong_spec,
    wrong_specs,
)

GALLERY = Path(__file__).parents[3] / "specs" / "gallery"
# As many as are built and trained, which have all kinds of the others.
BUILT = 40
RIGHT = 400
BUDGET_FILE = "tests/compiler/checking/warning_budget.py"
WRONG = 600


@cache
def right_specs() -> tuple[tuple[Document, Report], ...]:
    documents = (random_spec(Random(seed)) for seed in range(RIGHT))
    return tuple((one, bnnc.check(one)) for one in documents)


def specs_of_schedules() -> list[Document]:
    """A spec without any warning, and in it schedules of every type: a spec at random has few."""
    document = yaml.safe_load((GALLERY / "digits-flipout.yaml").read_text(encoding="utf-8"))
    epochs = document["training"]["epochs"]
    return [
        {**document, "training": {**document["training"], "optimizer": {"type": "adam", **rate}}}
        for kind in sorted(SCHEDULES)
        for seed in range(20)
        for rate in [{"learning_rate": schedule(Random(seed), epochs, kind)}]
    ]


def test_every_layer_type_is_drawn() -> None:
    drawn = {
        layer["type"]
        for document in covering_specs(BUILT)
        for layer in layers_within(document["layers"])
    }
    missing = {type_name(layer) for layer in LAYER_TYPES} - drawn
    assert not missing, f"{sorted(missing)}: draw them in tests/generated/layers.py"


def test_the_specs_that_are_built_have_every_member_of_the_registries() -> None:
    said = {one for document in covering_specs(BUILT) for one in kinds(document)}
    assert said == {one for document, _ in right_specs() for one in kinds(document)}
    words = {key: {word for name, word in said if name == key} for key, _ in said}
    assert words["type"] >= {*OPTIMIZERS, *SCHEDULES}
    assert words["method"] >= set(NAMES)
    assert words["distribution"] >= {*OUTPUTS, *PRIORS}


def test_right_specs_have_no_errors_and_a_plan() -> None:
    for document, report in right_specs():
        assert report.ok, render(report.diagnostics) + json.dumps(document)
        assert plan(report).nodes


def test_right_specs_and_the_gallery_have_no_more_warnings_than_their_budget() -> None:
    """What most models do, such as a rate that rises, is not warned of by a rule that is new."""
    reports = [report for _, report in right_specs()]
    reports += [bnnc.check(document) for document in specs_of_schedules()]
    reports += [bnnc.check(path) for path in sorted(GALLERY.glob("*.yaml"))]
    warnings = [
        (one.code, report)
        for report in reports
        for one in report.diagnostics
        if one.severity != "information"
    ]
    for code, count in Counter(code for code, _ in warnings).items():
        allowed = BUDGET[code][0] if code in BUDGET else 0
        if count > allowed:
            shown = next(report for other, report in warnings if other == code)
            pytest.fail(
                f"{code} warns {count} times of right specs, {allowed} of them foreseen. One is:\n"
                + render([one for one in shown.diagnostics if one.code == code])
                + f"\n\n{shown.source.text}\nIf that is right, raise {code} in {BUDGET_FILE}."
            )


def test_the_budget_of_warnings_has_rules_of_the_catalog_and_the_gallery_needs_none() -> None:
    assert set(BUDGET) <= set(rules())
    for path in sorted(GALLERY.glob("*.yaml")):
        assert "warning" not in {one.severity for one in bnnc.check(path).diagnostics}, path


def test_wrong_specs_end_in_findings() -> None:
    refused, codes = 0, set()
    for seed in range(WRONG):
        report = bnnc.check(wrong_spec(Random(seed)))
        assert_ends_in_findings_or_a_plan(report)
        refused += not report.ok
        codes |= {one.code for one in report.diagnostics}
    assert refused > WRONG / 2
    # The wrong specs are wrong in many ways: of schema, shapes, outputs and the Bayesian section.
    assert len(codes) > 30
    assert codes <= set(rules())


@settings(max_examples=100, deadline=None, derandomize=True)
@given(wrong_specs())
def test_wrong_specs_end_in_findings_and_the_smallest_that_does_not_is_shown(
    document: Document,
) -> None:
    assert_ends_in_findings_or_a_plan(bnnc.check(document))


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(["bnnc", "layers", "input", "type", "a"]), inner)
    ),
    max_leaves=12,
)


@settings(
    max_examples=100,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow],
)
@given(_JSON)
def test_any_value_in_the_place_of_a_spec_ends_in_findings(value: Any) -> None:
    source = Source("<value>", json.dumps(value))
    assert_ends_in_findings_or_a_plan(bnnc.compiler.pipeline.check(source))


def assert_ends_in_findings_or_a_plan(report: Report) -> None:
    """A spec without errors has a plan; one with errors says so, and its findings can be shown."""
    errors = [one for one in report.diagnostics if one.severity == "error"]
    assert report.ok == (not errors)
    if report.ok:
        assert plan(report).nodes
    else:
        with pytest.raises(SpecError, match="does not compile"):
            plan(report)
        assert all(one.code in render(report.diagnostics) for one in errors)
