"""Where each value comes from, and the flattened spec that says it."""

from __future__ import annotations

import json
from random import Random

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from bnnc.compiler.pipeline import check
from bnnc.compiler.planning.provenance import Value, flattened, provenance
from bnnc.compiler.text.source import Source
from bnnc.compiler.text.tree import Path as TreePath
from tests.compiler.composition.conftest import Write
from tests.generated import random_spec

MANY = settings(
    max_examples=80,
    deadline=None,
    database=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)


def origins(values: tuple[Value, ...]) -> dict[TreePath, str]:
    return {one.path: one.origin for one in values}


def test_each_value_names_the_file_and_line_the_setting_or_the_default(write: Write) -> None:
    first = write(spec_yaml="extends: base.yaml\nname: a\n\ninput:\n  mean: 0.5\n")
    texts = ["loss.kl.temperature=0.5", "input.shape[2]=3", "layers.head.activation=linear"]
    given = [Source(f"<--set #{number}>", one, "") for number, one in enumerate(texts, start=1)]
    report = check(first.source, settings=given)
    found = origins(provenance(report))
    assert found["bnnc",] == "base.yaml:1"
    assert found["name",] == "spec.yaml:2"
    assert found["input", "mean"] == "spec.yaml:5"
    assert found["input", "std"] == "default"
    assert found["input", "shape"] == "base.yaml:2, --set #2"
    assert found["loss", "kl", "temperature"] == "--set #1"
    assert found["loss", "kl", "weight"] == "default"
    assert found["layers", 1, "units"] == "base.yaml:5"
    assert found["layers", 1, "activation"] == "--set #3"
    assert found["training", "optimizer", "beta_1"] == "base.yaml:8"
    assert found["data",] == "default"


def test_a_removed_value_is_the_default_again(write: Write) -> None:
    text = "extends: base.yaml\nname: a\ntraining: {optimizer: {beta_1: null}}\n"
    found = origins(provenance(write(spec_yaml=text)))
    assert found["training", "optimizer", "beta_1"] == "default"


def test_the_flattened_spec_is_readable_at_eighty_columns(write: Write) -> None:
    report = write(spec_yaml="extends: base.yaml\nname: a\n")
    lines = flattened(provenance(report)).splitlines()
    assert max(map(len, lines)) <= 80
    assert lines[:3] == [
        "bnnc: 1                                 # base.yaml:1",
        "name: a                                 # spec.yaml:2",
        'description: ""                         # default',
    ]
    start = lines.index("layers:")
    assert lines[start + 1 : start + 4] == [
        "  - type: flatten                       # base.yaml:4",
        "    name: null                          # default",
        "  - type: dense                         # base.yaml:5",
    ]


@MANY
@given(seed=st.integers(0, 2**32 - 1))
def test_the_flattened_spec_is_a_spec_that_means_the_same(seed: int) -> None:
    document = random_spec(Random(seed))
    report = check(Source("spec.json", json.dumps(document, indent=1)))
    assume(report.ok)
    values = provenance(report)
    again = check(Source("flat.yaml", flattened(values)))
    assert again.accepted().fingerprint() == report.accepted().fingerprint()
    # And every value of it is where the first one had it: nothing is a default any more.
    assert all(one.places for one in provenance(again))


@MANY
@given(seed=st.integers(0, 2**32 - 1))
def test_a_default_is_what_the_text_does_not_say(seed: int) -> None:
    document = random_spec(Random(seed))
    report = check(Source("spec.json", json.dumps(document, indent=1)))
    assume(report.ok)
    for one in provenance(report):
        said: object = document
        for step in one.path:
            if isinstance(said, dict):
                said = said.get(step, KeyError)
            elif isinstance(said, list) and isinstance(step, int):
                said = said[step]
        assert bool(one.places) == (said is not KeyError), one
        if one.places:
            assert json.loads(one.places[0].text) == said
