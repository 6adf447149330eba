"""Documents that are nearly right: never an exception, findings in the text and in order."""

from __future__ import annotations

import json
import re
from collections import Counter
from typing import Any

import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bnnc.compiler.binding.bind import bind
from bnnc.compiler.diagnostics.render import render
from bnnc.compiler.pipeline import check
from bnnc.compiler.reading.reader import read
from bnnc.compiler.report import Report
from bnnc.compiler.text.source import Source
from bnnc.specs.spec import Spec
from tests.support.documents import documents, near_misses

Json = Any
MANY = settings(
    max_examples=60,
    deadline=None,
    database=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)


def as_json(document: Json) -> str:
    return json.dumps(document, indent=2)


class Dumper(yaml.SafeDumper):
    """Puts text that YAML 1.2 reads as a number in quotes; PyYAML knows YAML 1.1 alone."""


def _represent_text(dumper: Dumper, text: str) -> yaml.ScalarNode:
    style = '"' if _NUMBER.fullmatch(text) else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style)


# The core schema's numbers (YAML 1.2.2, section 10.3.2).
_NUMBER = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|0o[0-7]+|0x[0-9a-fA-F]+")
Dumper.add_representer(str, _represent_text)


def as_yaml(document: Json) -> str:
    return str(yaml.dump(document, Dumper=Dumper, sort_keys=False))


layouts = st.sampled_from([as_json, json.dumps, as_yaml])


def assert_sound(report: Report) -> None:
    """What holds for the findings of any text."""
    length = len(report.source.text)
    for one in report.diagnostics:
        for span in (one.span, *(label.span for label in one.related)):
            assert span.source is report.source
            assert 0 <= span.start <= span.end <= length
        assert one.message
        assert one.help or one.notes, one
    order = [(one.span.start, one.code) for one in report.diagnostics]
    assert order == sorted(order)
    # No finding twice: a code has a place to itself, and a message there.
    said = Counter((one.code, one.span.start, one.message) for one in report.diagnostics)
    assert set(said.values()) <= {1}, said
    assert report.ok == all(one.severity != "error" for one in report.diagnostics)
    assert render(report.diagnostics) or report.ok


@MANY
@given(document=near_misses(), layout=layouts)
def test_a_near_miss_ends_in_findings_or_in_a_spec(document: Json, layout: Any) -> None:
    report = check(Source("spec.yaml", layout(document)))
    assert_sound(report)


@MANY
@given(document=documents(), layout=layouts)
def test_a_document_of_the_schema_has_no_findings_of_schema(document: Json, layout: Any) -> None:
    report = check(Source("spec.yaml", layout(document)))
    assert_sound(report)
    assert not [one for one in report.diagnostics if one.code < "BNN2"]
    if report.spec is not None:
        assert report.spec == Spec.from_json(json.dumps(document))


@MANY
@given(document=near_misses())
def test_every_layout_has_the_same_findings(document: Json) -> None:
    # Sorted, since a mapping of JSON begins at its bracket and one of YAML at its first key.
    found = [
        sorted((one.code, one.message) for one in check(Source("spec", text)).diagnostics)
        for text in (as_json(document), as_yaml(document))
    ]
    assert found[0] == found[1]


@MANY
@given(document=near_misses())
def test_an_error_of_schema_hides_no_part_that_is_right(document: Json) -> None:
    if not isinstance(document, dict):
        return
    tree, found = read(Source("spec", as_json(document)))
    assert tree is not None
    bound = bind(tree)
    if found or bound.view is None:
        return
    whole = bound.spec
    for name in ("input", "bayesian", "output", "loss", "training", "prediction"):
        if bound.view.has(name):
            section = getattr(bound.view, name)
            assert whole is None or section == getattr(whole, name)
            if name in document:
                written = section.model_dump(mode="json", exclude_unset=True)
                assert set(written) == set(document[name])
    layers = document.get("layers")
    if isinstance(layers, list) and bound.view.has("layers"):
        assert [one.type for path, one in bound.view.written_layers if one and len(path) == 2] == [
            layer["type"] for layer in layers
        ]
