"""Two specs differ in meaning exactly where their fingerprints do."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import HealthCheck, given, settings
from pydantic import ValidationError

from bnnc.compiler.planning.difference import Difference, difference
from bnnc.specs import Spec
from tests.support.documents import documents, near_misses

Json = Any

OUTPUT = {
    "distribution": "categorical",
    "parameterization": "logits",
    "classes": 10,
    "labels": "integer",
}


def spec(layers: list[Json], **more: Json) -> Spec:
    document = {"bnnc": 1, "name": "a", "input": {"shape": [8, 8, 1]}, "output": OUTPUT}
    return Spec.from_json(json.dumps({**document, "layers": layers, **more}))


def dense(units: int) -> dict[str, Json]:
    return {"type": "dense", "units": units}


FLATTEN = {"type": "flatten"}


@settings(
    max_examples=100, deadline=None, database=None, derandomize=True,
    suppress_health_check=list(HealthCheck),
)  # fmt: skip
@given(one=documents(), other=near_misses())
def test_the_fingerprint_differs_exactly_when_the_difference_is_not_empty(
    one: Json, other: Json
) -> None:
    specs = [Spec.from_json(json.dumps(one))]
    try:
        specs.append(Spec.from_json(json.dumps(other)))
    except ValidationError:
        specs.append(specs[0].model_copy(update={"name": "renamed"}))
    for before in specs:
        for after in specs:
            same = before.fingerprint() == after.fingerprint()
            assert (difference(before, after) == ()) == same


def test_a_changed_field_is_named_by_its_path() -> None:
    before = spec([FLATTEN, dense(10)], training={"epochs": 3})
    after = spec([FLATTEN, dense(10)], training={"epochs": 4})
    assert difference(before, after) == (Difference("training.epochs", 3, 4),)


def test_a_layer_put_in_between_is_one_difference() -> None:
    before = spec([FLATTEN, {**dense(10), "name": "head"}])
    after = spec([FLATTEN, {"type": "dropout", "rate": 0.5}, {**dense(10), "name": "head"}])
    (found,) = difference(before, after)
    assert (found.path, found.before) == ("layers.dropout", None)
    assert found.after == {"type": "dropout", "name": "dropout", "rate": 0.5}


def test_what_has_no_effect_under_the_method_is_no_difference() -> None:
    layers = [FLATTEN, dense(10)]
    plain = spec(layers)
    prior = spec(layers, bayesian={"method": "none", "prior": {"scale": 2.0}})
    assert difference(plain, prior) == ()


def test_the_same_layers_selected_in_other_words_are_no_difference() -> None:
    layers = [FLATTEN, dense(10)]
    for selected in ("all", "last", ["dense"]):
        one = spec(layers, bayesian={"method": "flipout", "layers": selected})
        assert difference(spec(layers, bayesian={"method": "flipout"}), one) == ()


def test_defaults_that_follow_from_other_fields_are_no_difference() -> None:
    pool = {"type": "max_pooling2d", "pool_size": [2, 3]}
    said = {**pool, "strides": [2, 3], "name": "max_pooling2d"}
    rest = [FLATTEN, dense(10)]
    assert difference(spec([pool, *rest]), spec([said, *rest])) == ()
