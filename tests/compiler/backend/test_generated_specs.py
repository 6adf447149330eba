"""From a generator of specs, right and wrong: none ends in a traceback, each accepted one trains.

`pytest tests/compiler/backend --specs 1000` builds a thousand of them.
"""

import json
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pytest
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
from tests.compiler.backend.conftest import Compiled, compile_document
from tests.generated import (
    OPTIMIZERS,
    SCHEDULES,
    Document,
    covering_specs,
    kinds,
    random_spec,
    wrong_spec,
    wrong_specs,
)

RIGHT = 400
WRONG = 600
# Of the changed specs that are still right, those are built that cost no more than this.
STILL_RIGHT = 10
MOST_BYTES = 2**24
# Of the specs that are built, as many are saved, loaded and asked for a prediction.
SAVED = 8


def test_the_specs_that_are_built_have_every_member_of_the_registries() -> None:
    said = {one for document in covering_specs(40) for one in kinds(document)}
    assert said == {one for seed in range(400) for one in kinds(random_spec(Random(seed)))}
    words = {key: {word for name, word in said if name == key} for key, _ in said}
    assert words["type"] >= {type_name(layer) for layer in LAYER_TYPES}
    assert words["type"] >= {*OPTIMIZERS, *SCHEDULES}
    assert words["method"] >= set(NAMES)
    assert words["distribution"] >= {*OUTPUTS, *PRIORS}


def test_right_specs_have_no_errors_and_a_plan() -> None:
    for seed in range(RIGHT):
        document = random_spec(Random(seed))
        report = bnnc.check(document)
        assert report.ok, render(report.diagnostics) + json.dumps(document)
        assert plan(report).nodes


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
    assert_ends_in_findings_or_a_plan(bnnc.compiler.pipeline.check(_source(value)))


def test_each_accepted_spec_takes_a_step_with_finite_loss_and_gradients(
    compiled_specs: list[Compiled],
) -> None:
    for compiled in compiled_specs:
        assert_takes_a_finite_step(compiled)


def test_what_is_saved_and_loaded_predicts_the_same_finite_numbers(
    compiled_specs: list[Compiled], tmp_path: Path
) -> None:
    for number, compiled in enumerate(compiled_specs[:: len(compiled_specs) // SAVED or 1]):
        folder, images = tmp_path / str(number), np.array(compiled.batch()[0])[:2]
        compiled.program.save(folder)
        predictions = [vars(one.predict(images)) for one in (compiled.program, bnnc.load(folder))]
        for name, numbers in predictions[0].items():
            assert np.isfinite(numbers).all(), (name, str(compiled))
            np.testing.assert_array_equal(predictions[1][name], numbers, err_msg=str(compiled))


def test_a_changed_spec_that_is_still_accepted_takes_a_step_too() -> None:
    built, seed = 0, 0
    while built < STILL_RIGHT:
        document = wrong_spec(Random(seed))
        report = bnnc.check(document)
        if report.ok and plan(report).training_bytes < MOST_BYTES:
            assert_takes_a_finite_step(compile_document(document))
            built += 1
        seed += 1


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


def assert_takes_a_finite_step(compiled: Compiled) -> None:
    """One training step; weights that stay finite show gradients that are."""
    model = compiled.model
    model.bind(rows=100, batch_size=4)
    before = [np.array(one) for one in model.trainable_variables]
    # Under mixed_float16 the loss is scaled by 2**15 at first, and halved as often as a gradient
    # overflows: what must come is a finite step before the scale is below 1. Up to 3 batches make
    # one step. With a weight of the KL or a rate that rises from 0 the first changes nothing.
    for _ in range(24):
        metrics = model.train_step(compiled.batch())
        if int(model.optimizer.iterations) >= 2:
            break
    assert int(model.optimizer.iterations) >= 1, compiled
    assert np.isfinite([float(one) for one in metrics.values()]).all(), (metrics, str(compiled))
    assert all(np.isfinite(np.array(one)).all() for one in model.weights), compiled
    after = [np.array(one) for one in model.trainable_variables]
    changed = [not np.array_equal(old, new) for old, new in zip(before, after, strict=True)]
    assert any(changed), compiled


def _source(value: Any) -> Source:
    return Source("<value>", json.dumps(value))
