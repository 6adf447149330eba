"""What other readers give is what this one gives, wherever the standards agree."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bnnc.compiler.reading import reader
from bnnc.compiler.text.source import Source
from bnnc.compiler.text.tree import find, to_json, walk

# Characters that a spec refuses unescaped: controls, surrogates, and the noncharacters.
REFUSED = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")

TEXTS = st.text(max_size=12) | st.text('\\"/u\n\t \u2028\u2029\u0085é😀{}[]:,#', max_size=12)
NUMBERS = st.integers(-(2**53) + 1, 2**53 - 1) | st.floats(allow_nan=False, allow_infinity=False)
VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=20,
)
DOCUMENTS = st.dictionaries(TEXTS, VALUES, max_size=5)
LAYOUTS: list[dict[str, Any]] = [
    {},
    {"indent": 2},
    {"indent": "\t"},
    {"separators": (",", ":")},
    {"separators": ("\t,\r\n ", "\n\t: ")},
]


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("ensure_ascii", [True, False])
@settings(deadline=None, max_examples=50)
@given(document=DOCUMENTS, space=st.sampled_from(["", "\t", "\n\t ", "\r\n"]))
def test_json_is_read_as_json_reads_it(
    layout: dict[str, Any], ensure_ascii: bool, document: dict[str, Any], space: str
) -> None:
    text = space + json.dumps(document, ensure_ascii=ensure_ascii, **layout) + space
    tree, findings = reader.read(Source("spec.json", text))
    if REFUSED.search(text) or re.search(r"\\ud[89ab]..(?!\\ud[c-f])", text):
        assert {finding.code for finding in findings} <= {"BNN001", "BNN018"}
        return
    assert not findings
    assert tree is not None
    assert to_json(tree) == json.loads(text)
    for path, node in walk(tree):
        assert find(tree, path) is node
        assert json.loads(node.span.text) == to_json(node)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (r'{"a": "\/"}', "/"),
        (r'{"a": "\ud83d\ude00\uD83D\uDE00"}', "😀😀"),
        (r'{"a": "\\ud83d\\ude00"}', r"\ud83d\ude00"),
        (r'{"a": "\\\ud83d\ude00"}', "\\😀"),
        (r'{"a": "\u0000\u001b\u2028"}', "\x00\x1b\u2028"),
        (r"{a: '\ud83d\ude00'}", r"\ud83d\ude00"),
        (r"{a: x\ud83d\ude00}", r"x\ud83d\ude00"),
        ("a: |\n  \\ud83d\\ude00\n", "\\ud83d\\ude00\n"),
        ("a: x\u2028y\u2029\ue000\n", "x\u2028y\u2029\ue000"),
        ("a: '\u2028 x'\n", "\u2028 x"),
        ("a: |\n  x\u2029y\n", "x\u2029y\n"),
    ],
)
@pytest.mark.parametrize("loader", [yaml.CBaseLoader, yaml.BaseLoader])
def test_escapes_and_separators_are_read_by_json_and_yaml_1_2(
    monkeypatch: pytest.MonkeyPatch, loader: object, text: str, value: str
) -> None:
    monkeypatch.setattr(reader, "EVENT_LOADER", loader)
    tree, findings = reader.read(Source("spec.yaml", text))
    assert not findings
    assert tree is not None
    assert to_json(tree) == {"a": value}


# Where YAML 1.1 and 1.2 read a plain scalar alike: words, short decimal integers, simple floats.
PLAIN = (
    st.none()
    | st.booleans()
    | st.integers(-(10**12), 10**12)
    | st.floats(-1e6, 1e6).map(lambda number: round(number, 3))
    | st.text("abcxyz ,:#-'\"é日\n", max_size=10)
)
YAML_VALUES: st.SearchStrategy[Any] = st.recursive(
    PLAIN,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text("abcé -", min_size=1), inner, max_size=4)
    ),
    max_leaves=20,
)
STYLES: list[dict[str, Any]] = [
    {},
    {"default_flow_style": True, "width": 20},
    {"default_flow_style": False, "indent": 4, "allow_unicode": True, "line_break": "\r\n"},
    {"default_style": '"'},
    {"default_style": "'", "allow_unicode": True},
    {"default_style": "|", "allow_unicode": True},
    {"explicit_start": True, "explicit_end": True, "width": 1000},
]


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("loader", [yaml.CBaseLoader, yaml.BaseLoader])
@settings(
    deadline=None, max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(document=st.dictionaries(st.text("abcé -", min_size=1), YAML_VALUES, max_size=5))
def test_yaml_is_read_as_pyyaml_reads_it_where_the_versions_agree(
    monkeypatch: pytest.MonkeyPatch, loader: object, style: dict[str, Any], document: dict[str, Any]
) -> None:
    monkeypatch.setattr(reader, "EVENT_LOADER", loader)
    text = yaml.safe_dump(document, **style)
    tree, findings = reader.read(Source("spec.yaml", text))
    # Quoting every scalar, PyYAML tags the ones that are not text: `!!int "5"`.
    tagged = "!!" in text
    assert tagged or not findings
    assert {finding.code for finding in findings} <= {"BNN009"}
    assert tree is not None
    if not tagged:
        assert to_json(tree) == yaml.load(text, yaml.CSafeLoader)
    for path, node in walk(tree):
        if path and not tagged:
            parent = find(tree, path[:-1])
            assert parent is not None
            assert parent.span.start <= node.span.start <= node.span.end <= parent.span.end
