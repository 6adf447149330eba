"""The schema of files that extend others underlines no good file, and what no spec may say."""

from __future__ import annotations

import json
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from pydantic import ValidationError

from bnnc.specs.schema import make_file_schema, make_schema
from bnnc.specs.spec import EXTENDS, Spec
from tests.generated import random_spec, wrong_spec
from tests.support.documents import near_misses
from tests.support.split_document import split_document

Json = Any
SCHEMA = make_file_schema()
VALIDATOR = Draft202012Validator(SCHEMA)
MANY = settings(
    max_examples=60,
    deadline=None,
    database=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)
SEEDS = st.integers(0, 2**32 - 1)


def accepted(**document: Json) -> bool:
    return VALIDATOR.is_valid({EXTENDS: "base.yaml", **document})


def is_spec(document: Json) -> bool:
    try:
        Spec.from_json(json.dumps(document))
    except ValidationError:
        return False
    return True


@MANY
@given(seed=SEEDS)
def test_no_part_of_a_right_spec_is_underlined(seed: int) -> None:
    random = Random(seed)
    base, over = split_document(random, random_spec(random), overridden=False)
    assert accepted(**over)
    # What is extended may extend something else.
    assert accepted(**base)


@MANY
@given(document=near_misses() | SEEDS.map(lambda seed: wrong_spec(Random(seed))), seed=SEEDS)
def test_what_is_underlined_makes_no_spec_with_what_it_was_taken_from(
    document: Json, seed: int
) -> None:
    _, over = split_document(Random(seed), document, overridden=False)
    over.pop(EXTENDS, None)
    assert accepted(**over) or not is_spec(document)


@MANY
@given(document=near_misses())
def test_what_is_whole_and_right_is_right_as_a_file_that_extends_another(document: Json) -> None:
    document.pop(EXTENDS, None)
    assert accepted(**document) or not is_spec(document)


@pytest.mark.parametrize(
    "document",
    [
        {},
        {"name": "a"},
        {"input": {"mean": 0.5}},
        {"output": {"classes": 12}},
        {"output": {"distribution": "bernoulli", "labels": "binary", "classes": None}},
        {"training": {"optimizer": {"learning_rate": 0.1}}},
        {"training": {"optimizer": {"type": "sgd", "beta_1": None}}},
        {"training": {"optimizer": {"learning_rate": {"alpha": 0.5}}}},
        {"training": None},
        {"bayesian": {"prior": {"scale": "learned"}}},
        {"data": None, "loss": {"kl": None}},
        {"x-notes": [1]},
        {"bnnc": 1},
    ],
)
def test_a_file_says_as_little_as_it_likes(document: Json) -> None:
    assert accepted(**document)
    assert not VALIDATOR.is_valid(document)  # and a whole spec does not


@pytest.mark.parametrize(
    "document",
    [
        {"bnnc": 2},
        {"name": None},
        {"nam": "a"},
        {"layers": []},
        {"layers": [{"type": "dense"}]},
        {"layers": None},
        {"input": {"shape": None}},
        {"input": {"shape": []}},
        {"output": {"classes": "12"}},
        {"output": {"distribution": "categorial"}},
        {"training": {"optimizer": {"type": "sgd", "beta_1": 0.5}}},
        {"training": {"optimizer": {"type": None}}},
        {"training": {"seed": 0.5}},
        {"training": {"extends": "other.yaml"}},
        {"loss": []},
    ],
)
def test_what_no_spec_may_say_is_underlined(document: Json) -> None:
    assert not accepted(**document)


@pytest.mark.parametrize(
    ("value", "is_right"),
    [
        ("base.yaml", True),
        (["base.yaml", "../more.json"], True),
        ("", False),
        ([], False),
        ([""], False),
        ([1], False),
        (None, False),
        ({"file": "base.yaml"}, False),
    ],
)
def test_extends_names_one_file_or_several(value: Json, is_right: bool) -> None:
    assert VALIDATOR.is_valid({EXTENDS: value}) == is_right


def test_null_in_a_spec_says_what_leaving_the_key_out_says() -> None:
    # `null` over an extended key removes it: that is the same as a `null` that the language has.
    schema = make_schema()
    for name, section in {"Spec": schema, **schema["$defs"]}.items():
        for key, field in section["properties"].items():
            branches = field.get("anyOf", field.get("oneOf", [field]))
            if any(branch.get("type") == "null" for branch in branches):
                assert "default" in field, f"{name}.{key}"
                assert field["default"] is None, f"{name}.{key}"


def test_every_definition_is_used_and_says_what_it_means() -> None:
    text = json.dumps(SCHEMA)
    for name, section in SCHEMA["$defs"].items():
        assert f'"#/$defs/{name}"' in text, name
        assert section["description"].endswith(".")
    assert SCHEMA["$defs"]["Spec"]["properties"][EXTENDS]["description"].endswith(".")
