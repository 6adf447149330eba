"""The committed JSON Schema: the models' own, valid, and of one mind with them."""

from __future__ import annotations

import json
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from pydantic import ValidationError

from bnnc.lsp.documents import Documents
from bnnc.specs.layers import LAYER_TYPES, type_name
from bnnc.specs.outputs import OUTPUTS
from bnnc.specs.schema import (
    DIALECT,
    FILE_NAME,
    IDENTIFIER,
    make_file_schema,
    make_schema,
    schema_text,
)
from bnnc.specs.spec import Spec
from bnnc.version import SITE
from tests.generated import OPTIMIZERS
from tests.support.documents import documents, near_misses

Json = Any
ROOT = Path(__file__).parents[2]
SCHEMA = make_schema()
VALIDATOR = Draft202012Validator(SCHEMA)
# Of files: whole specs, and files that extend others and need not be complete.
FILES = Draft202012Validator(make_file_schema())
MANY = settings(
    max_examples=100,
    deadline=None,
    database=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)


def both_accept(document: Json) -> bool:
    """Whether both sides accept a document, which they must agree on.

    JSON has one kind of number, so the reader hands `10.0` on as 10, and the documents here are
    normalised in the same way: pydantic alone tells the two apart.
    """
    by_schema = VALIDATOR.is_valid(document)
    try:
        Spec.from_json(json.dumps(document))
        by_models = True
    except ValidationError:
        by_models = False
    assert by_schema == by_models, document
    if not (isinstance(document, dict) and "extends" in document):
        assert FILES.is_valid(document) == by_models, document
    return by_schema


def test_the_committed_schema_is_the_one_that_the_models_imply() -> None:
    assert json.loads(schema_text()) == make_file_schema(), "run `python -m bnnc.specs.schema`"


def test_the_schema_is_valid_and_says_which_dialect_it_is_in() -> None:
    Draft202012Validator.check_schema(SCHEMA)
    Draft202012Validator.check_schema(make_file_schema())
    assert SCHEMA["$schema"] == DIALECT
    assert SCHEMA["$id"] == IDENTIFIER


def test_the_address_of_the_documentation_is_said_in_one_way() -> None:
    with (ROOT / "pyproject.toml").open("rb") as file:
        urls = tomllib.load(file)["project"].get("urls", {})
    with (ROOT / "zensical.toml").open("rb") as file:
        site = tomllib.load(file)["project"].get("site_url")
    assert site == SITE
    assert urls.get("Documentation") == SITE
    # An address that nobody has would be somebody else's one day.
    assert ("urn:bnnc:spec:1" if SITE is None else f"{SITE}{FILE_NAME}") == IDENTIFIER


def test_schemastore_gets_the_schema_of_the_files_that_the_server_takes_for_specs(
    tmp_path: Path,
) -> None:
    folder = ROOT / "editors/schemastore"
    entry = json.loads((folder / "catalog-entry.json").read_text())
    assert set(entry) == {"name", "description", "fileMatch", "url"}
    assert not entry["description"].endswith(".")  # as SchemaStore asks
    for pattern in entry["fileMatch"]:
        opened = Documents().put(f"file:///a/{pattern.replace('*', 'net')}", "", 1, "")
        assert opened.kind == "spec"
    assert entry["url"] == (SITE and IDENTIFIER) or entry["url"] == (
        "https://www.schemastore.org/bnnc.json"
    )
    written = tmp_path / "bnnc.json"
    command = [sys.executable, "-m", "bnnc.specs.schema", "--store", str(written)]
    subprocess.run(command, check=True)
    schema = json.loads(written.read_text())
    Draft202012Validator.check_schema(schema)
    assert schema["$id"] == (IDENTIFIER if SITE else "https://json.schemastore.org/bnnc.json")
    assert {**schema, "$id": IDENTIFIER} == make_file_schema()


def test_the_schema_says_what_it_is_of() -> None:
    schema = make_file_schema()
    assert schema["title"] == "bnnc spec, version 1"
    assert schema["description"].startswith("A Bayesian image model")


@pytest.mark.parametrize(
    ("union", "tag", "words"),
    [
        (SCHEMA["properties"]["layers"]["items"], "type", {type_name(one) for one in LAYER_TYPES}),
        (SCHEMA["properties"]["output"], "distribution", set(OUTPUTS)),
        (SCHEMA["$defs"]["Training"]["properties"]["optimizer"], "type", set(OPTIMIZERS)),
    ],
)
def test_a_union_has_one_branch_a_word(union: Json, tag: str, words: set[str]) -> None:
    branches = [SCHEMA["$defs"][one["$ref"].rsplit("/", 1)[-1]] for one in union["oneOf"]]
    assert {branch["properties"][tag]["const"] for branch in branches} == words
    assert len(branches) == len(words)
    assert all(tag in branch["required"] for branch in branches)
    assert union["discriminator"]["propertyName"] == tag


def test_every_field_says_what_it_means() -> None:
    for name, section in {"Spec": SCHEMA, **SCHEMA["$defs"]}.items():
        assert section["additionalProperties"] is False, name
        for key, field in section["properties"].items():
            words = field.get("description", "")
            if not words and "$ref" in field:
                words = SCHEMA["$defs"][field["$ref"].rsplit("/", 1)[-1]]["description"]
            assert key == "type" or words.endswith("."), f"{name}.{key}"


@MANY
@given(document=documents())
def test_what_the_schema_describes_is_accepted(document: Json) -> None:
    assert both_accept(document)


@MANY
@given(document=near_misses())
def test_schema_and_models_agree_on_near_misses(document: Json) -> None:
    both_accept(document)


@MANY
@given(
    document=st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=5),
        lambda inside: st.lists(inside) | st.dictionaries(st.text(max_size=5), inside),
        max_leaves=8,
    )
)
def test_no_other_json_is_accepted(document: Json) -> None:
    assert not both_accept(document)


def test_extension_keys_are_accepted_at_the_top_and_nowhere_else(minimal: Json) -> None:
    assert both_accept(minimal)
    assert both_accept({**minimal, "x-": None, "x-anchors": [1, {"a": "b"}]})
    assert not both_accept({**minimal, "X-anchors": 1})
    assert not both_accept({**minimal, "output": {**minimal["output"], "x-note": 1}})


BOUNDS = [
    (("layers", 1, "units"), [1, 65_536], [0, 65_537, -1, 1.5, True, "1", None, [1]]),
    (
        ("input", "shape"),
        [[1, 1, 1], [65_536, 1, 3], [1], [1, 1], [1, 2, 3, 4]],
        [[0, 1, 1], [0], [1, 1, 1, 1, 1], 1, []],
    ),
    (("input", "std"), [0.001, 1, [1, 0.5], None], [0, 0.0009, 1.01, [], [0], True]),
    (("training", "seed"), [0, 2**31 - 1], [-1, 2**31, 0.5, False]),
    (("training", "optimizer", "beta_1"), [0, 0.999], [1, -0.1]),
    (("loss", "kl", "temperature"), [5e-324, 1e6], [0, 1e6 + 0.5, -1, "1"]),
    (("loss", "label_smoothing"), [0, 0.1, 0.999], [1, 1.5, -0.1, "0.1", None, True]),
    (("loss", "kl", "weight"), [0, 1e6, "per_example"], ["per_batch", -1, True]),
    (("bayesian", "prior", "scale"), [1.1e-6, 1000, "learned"], [1e-6, 1001, "fixed", False]),
    (("bayesian", "prior", "loc"), [0, -1000, 0.5, "tied"], [1001, "posterior", None, True]),
    (("bayesian", "layers"), ["all", "last", ["a"]], ["dense", [], ["A"], [1], None]),
    (("name",), ["a", "A.b-c_d", "a" * 128], ["", "a" * 129, "-a", "a b", "naïve", "a/b", 1]),
    (("bnnc",), [1], [2, 0, "1", True, None]),
    (("data",), [None, {"source": "x"}], [{}, {"source": ""}, "digits"]),
]


@pytest.mark.parametrize(("path", "inside", "outside"), BOUNDS, ids=lambda one: str(one)[:30])
def test_a_bound_is_the_same_on_both_sides(
    full: Json, path: tuple[str | int, ...], inside: list[Json], outside: list[Json]
) -> None:
    around = full
    for step in path[:-1]:
        around = around[step]
    for value in inside:
        around[path[-1]] = value
        assert both_accept(full), value
    for value in outside:
        around[path[-1]] = value
        assert not both_accept(full), value
