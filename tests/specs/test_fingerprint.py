"""The fingerprint is one for specs that mean the same, and another as soon as anything differs."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from typing import Any

from hypothesis import HealthCheck, given, settings
from pydantic import ValidationError

from bnnc.specs.methods import METHODS
from bnnc.specs.schema import make_schema
from bnnc.specs.spec import Spec
from tests.support.documents import documents

Json = Any
Path = tuple[str | int, ...]


def fingerprint(document: Json) -> str:
    return Spec.from_json(json.dumps(document)).fingerprint()


def test_one_number_for_both_directions_is_the_same_as_two(minimal: Json) -> None:
    conv = {"type": "conv2d", "filters": 4, "kernel_size": 3, "strides": 2}
    pool = {"type": "max_pooling2d", "pool_size": 2, "strides": 1}
    one = {**minimal, "layers": [conv, pool, *minimal["layers"]]}
    conv = {**conv, "kernel_size": [3, 3], "strides": [2, 2]}
    pool = {**pool, "pool_size": [2, 2], "strides": [1, 1]}
    two = {**minimal, "layers": [conv, pool, *minimal["layers"]]}
    assert fingerprint(one) == fingerprint(two)


def test_the_order_of_keys_says_nothing(full: Json) -> None:
    def reversed_keys(value: Json) -> Json:
        if isinstance(value, dict):
            return {key: reversed_keys(value[key]) for key in reversed(value)}
        return [reversed_keys(item) for item in value] if isinstance(value, list) else value

    assert fingerprint(reversed_keys(full)) == fingerprint(full)


def test_description_and_extension_keys_say_nothing(full: Json) -> None:
    assert fingerprint({**full, "description": "other words"}) == fingerprint(full)
    assert fingerprint({**full, "x-note": [1, 2]}) == fingerprint(full)


def test_whole_numbers_and_fractions_of_the_same_size_are_the_same(full: Json) -> None:
    other = copy.deepcopy(full)
    other["loss"]["kl"] |= {"temperature": 1, "warmup_epochs": 0.0}
    other["input"]["value_range"] = [0, 255.0]
    assert fingerprint(other) == fingerprint(full)


def test_what_has_no_effect_says_nothing(full: Json) -> None:
    optimizer = {"type": "adam", "use_ema": False}
    full["training"]["optimizer"] = {**optimizer, "ema_momentum": 0.5}
    assert fingerprint(full) == fingerprint(
        {**full, "training": {**full["training"], "optimizer": optimizer}}
    )
    asked = {**full["loss"], "kl": {**full["loss"]["kl"], "estimator": "closed_form"}}
    assert fingerprint({**full, "loss": asked}) == fingerprint(full)
    full["bayesian"] = {"method": "none"}
    multiplied = {**full["training"], "posterior_scale_learning_rate_multiplier": 3}
    assert fingerprint({**full, "training": multiplied}) == fingerprint(full)


@settings(
    max_examples=40,
    deadline=None,
    database=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)
@given(document=documents())
def test_defaults_written_out_say_nothing(document: Json) -> None:
    spec = Spec.from_json(json.dumps(document))
    written = Spec.from_json(json.dumps(spec.model_dump(mode="json")))
    assert written.fingerprint() == spec.fingerprint()


def test_the_fingerprint_of_data_without_class_names_is_that_of_earlier_versions() -> None:
    data = {"source": "./images", "validation_split": 0.1}
    document: Json = {
        "bnnc": 1,
        "name": "a",
        "input": {"shape": [8, 8, 1]},
        "layers": [{"type": "flatten"}, {"type": "dense", "units": 10}],
        "output": {
            "distribution": "categorical",
            "parameterization": "logits",
            "classes": 10,
            "labels": "integer",
        },
        "training": {"batch_size": 128},
        "data": data,
    }
    before = "sha256:b33d9ca11021796b872ceec5a134115f3a2d9a0cb188d074f65455b21592b9af"
    assert fingerprint(document) == before
    assert fingerprint({**document, "data": {**data, "classes": None}}) == before
    names = [str(number) for number in range(10)]
    orders = (names, names[::-1])
    made = {fingerprint({**document, "data": {**data, "classes": order}}) for order in orders}
    assert len(made | {before}) == 3


def test_one_antithetic_pair_is_what_there_was_before_there_were_several(minimal: Json) -> None:
    minimal = {**minimal, "bayesian": {"method": "antithetic"}}
    before = fingerprint(minimal)
    assert "pairs" not in Spec.from_json(json.dumps(minimal)).canonical()["bayesian"]
    several = {**minimal["bayesian"], "pairs": 2}
    assert fingerprint({**minimal, "bayesian": several}) != before
    head = [*minimal["layers"][:-1], {**minimal["layers"][-1], "bayesian": {"pairs": 2}}]
    assert fingerprint({**minimal, "layers": head}) != before
    flipout = {**minimal, "bayesian": {"method": "flipout"}}
    assert fingerprint({**minimal, "bayesian": {**several, "method": "flipout"}}) == fingerprint(
        flipout
    )


def test_how_data_is_read_counts_and_earlier_fingerprints_stay(minimal: Json) -> None:
    data = {"source": "./images"}
    before = fingerprint({**minimal, "data": data})
    assert fingerprint({**minimal, "data": {**data, "resize": None, "decode": None}}) == before
    resize: Json = {"height": 7, "width": 7}
    made = {
        fingerprint({**minimal, "data": {**data, **own}})
        for own in (
            {"resize": resize},
            {"resize": {**resize, "pad_to_aspect_ratio": True}},
            {"resize": {**resize, "pad_to_aspect_ratio": True, "fill_value": 9}},
            {"decode": {"channels": 3}},
            {"labels": {"target": "age"}},
            {"splits": {"test": 0.25}},
            {"example": {"label": "grade"}},
        )
    }
    assert len(made | {before}) == 8
    assert fingerprint({**minimal, "data": {**data, "on_error": "stop"}}) == before
    filled = {**data, "resize": {**resize, "fill_value": 9}}
    assert fingerprint({**minimal, "data": filled}) in made  # it pads with nothing


def test_every_field_that_matters_changes_it(full: Json) -> None:
    full["layers"] = [
        *({"type": name, "kernel_size": 3} for name in ("conv2d", "depthwise_conv2d")),
        *({"type": name} for name in ("max_pooling2d", "average_pooling2d")),
        *({"type": name} for name in ("batch_normalization", "global_average_pooling2d")),
        *({"type": "dropout", "rate": 0.1}, {"type": "activation", "activation": "relu"}),
        {"type": "flatten"},
        *({"type": "dense", "units": units} for units in (7, 6, 5, 10)),
    ]
    full["layers"][0]["filters"] = 4
    # The one method with members, a prior and a posterior, and those that bound spectral norms: no
    # field of the section is without effect.
    own = {"method": "rank_1", "prior": {"scale": 0.5}, "posterior": {"initial_scale": 0.02}}
    full["layers"][0]["bayesian"] = own
    full["layers"][1]["bayesian"] = {"method": "spectral_normalization"}
    full["layers"][-3]["bayesian"] = {"method": "antithetic"}  # the one with pairs
    full["layers"][-2]["bayesian"] = {"method": "laplace"}  # and the one with a Hessian
    full["layers"][-1]["bayesian"] = {"method": "sngp"}
    # Every field, with its default where it was not said.
    document = Spec.from_json(json.dumps(full)).model_dump(mode="json", exclude={"description"})
    before = fingerprint(document)
    unchangeable: set[Path] = set()
    for path, value in leaves(document):
        if path[0] == "layers" and "bayesian" in path and has_no_effect(document, path):
            continue
        same = {"estimator", "streaming", "cache", "checkpoint_minutes"}
        if path[-1] in same or path[0] == "evaluation":
            continue  # the weights are the same
        others = [one for one in CANDIDATES if one != value]
        changed = next((one for one in others if is_valid(document, path, one)), None)
        if changed is None:
            unchangeable.add(path)
        else:
            assert fingerprint(with_value(document, path, changed)) != before, path
    # Words that have no other of the same keys: a version, the tag of a branch; and what a layer
    # leaves to the section.
    assert {path[-1] for path in unchangeable} <= {
        *("bnnc", "type", "distribution", "prior", "posterior")
    }


def has_no_effect(document: Json, path: Path) -> bool:
    """Whether a layer's own method does not take the field of its `bayesian` at a path."""
    own = document["layers"][path[1]]["bayesian"]
    return bool(own) and path[3] != "method" and path[3] not in METHODS[own["method"]].fields


def words(schema: Json) -> Iterator[str]:
    if isinstance(schema, dict):
        yield from schema.get("enum", ())
        if "const" in schema:
            yield schema["const"]
        schema = list(schema.values())
    if isinstance(schema, list):
        for one in schema:
            yield from words(one)


# One of them is another valid value for any field.
CANDIDATES: list[Json] = [
    True,
    False,
    7,
    3,
    0.25,
    0.5,
    "other",
    [0.5],
    ["a", "b"],
    {"channels": 3},
    {"file": "labels.csv"},
    {"columns": ["a"]},
    {"image": "photo"},
    {"test": 0.1},
    {"height": 7, "width": 7},
    *words(make_schema()),
]
CANDIDATES += [{"method": "mc_dropout"}, {"type": "non_neg"}, {"amplitude": 7}]


def leaves(value: Json, path: Path = ()) -> Iterator[tuple[Path, Json]]:
    if isinstance(value, dict):
        for key, inside in value.items():
            yield from leaves(inside, (*path, key))
    elif isinstance(value, list):
        for index, inside in enumerate(value):
            yield from leaves(inside, (*path, index))
    else:
        yield path, value


def with_value(document: Json, path: Path, value: Json) -> Json:
    document = copy.deepcopy(document)
    around = document
    for step in path[:-1]:
        around = around[step]
    around[path[-1]] = value
    return document


def is_valid(document: Json, path: Path, value: Json) -> bool:
    try:
        Spec.from_json(json.dumps(with_value(document, path, value)))
    except ValidationError:
        return False
    return True


def test_guarantees_count_and_earlier_fingerprints_stay(minimal: Json) -> None:
    before = fingerprint(minimal)
    nothing = {"samples": 32, "sets": None, "reject": None, "interval": None}
    assert fingerprint({**minimal, "prediction": nothing, "calibration": None}) == before
    assert fingerprint({**minimal, "evaluation": {"shift": "all"}}) == before
    lac, aps, raps = (
        fingerprint({**minimal, "prediction": {"sets": {"method": one}}})
        for one in ("lac", "aps", "raps")
    )
    assert len({before, lac, aps, raps}) == 4
    for method, wanted in (("lac", True), ("raps", False)):  # the others have no penalty
        sets = {"method": method, "penalty": 0.5}
        made = fingerprint({**minimal, "prediction": {"sets": sets}})
        assert (made == {"lac": lac, "raps": raps}[method]) is wanted
