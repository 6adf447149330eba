"""No text and no bytes raise; every finding can be shown; every span lies in the text."""

from __future__ import annotations

import random

from hypothesis import given, settings
from hypothesis import strategies as st

from bnnc.compiler.diagnostics.diagnostic import Diagnostic
from bnnc.compiler.diagnostics.render import render
from bnnc.compiler.reading.reader import read, read_bytes
from bnnc.compiler.text.source import Source
from bnnc.compiler.text.tree import Mapping, Sequence, walk

SPEC = """\
# yaml-language-server: $schema=bnnc.schema.json
bnnc: 1
name: example
description: "it's \\u00e9 \\ud83d\\ude00"
x-wide: &wide {type: dense, units: 84, activation: relu}
input: {shape: [28, 28, 1], value_range: [0, 255]}
layers:
  - {type: conv2d, filters: 6, kernel_size: 5}   # comment
  - *wide
  - type: dense
    units: 10
    name: 'head'
bayesian:
  prior: {distribution: normal, scale: 1e-1}
notes: |
  some text
   more of it

output:
  distribution: categorical
"""
PIECES = st.sampled_from(
    [*"\n\r\t :-?,[]{}#&*!|>'\"%@`\\~<=.0179aenoux", "  ", "\r\n", ": ", "- ", "? ", "<<: ", "*a",
     "&a ", "!!str ", "---\n", "...\n", "\\u", "\\ud83d", "\\ude00", "\u2028", "\u2029", "\x85",
     "\ufeff", "\x00", "\x7f", "\ud83d", "é", "日", "😀", "1e999", ".inf", "null", "true", "a: ",
     "%YAML 1.2\n", "%TAG ! x\n", "\ue000"]
)  # fmt: skip


def check_everything(source: Source) -> None:
    tree, findings = read(source)
    assert tree is None or isinstance(tree, Mapping)
    assert tree is not None or findings
    length = len(source.text)
    for finding in findings:
        check_finding(finding, length)
    if findings:
        assert "\x1b" not in render(findings)
        render(findings, color=True)
    if tree is not None:
        for _, node in walk(tree):
            assert 0 <= node.span.start <= node.span.end <= length
            if isinstance(node, Mapping | Sequence):
                assert node.span.start < node.span.end


def check_finding(finding: Diagnostic, length: int) -> None:
    for span in (finding.span, *(label.span for label in finding.related)):
        assert 0 <= span.start <= span.end <= length
    assert finding.message


@settings(deadline=None, max_examples=500)
@given(st.lists(PIECES, max_size=40).map("".join))
def test_pieces_of_yaml_in_any_order_never_raise(text: str) -> None:
    check_everything(Source("spec.yaml", text))


@settings(deadline=None, max_examples=200)
@given(st.text())
def test_any_text_never_raises(text: str) -> None:
    check_everything(Source("spec.yaml", text))


@settings(deadline=None, max_examples=200)
@given(st.binary())
def test_any_bytes_never_raise(data: bytes) -> None:
    source, findings = read_bytes("spec.yaml", data)
    render(findings)
    check_everything(source)


@settings(deadline=None, max_examples=500)
@given(st.integers(0, 2**32), st.lists(PIECES, min_size=1, max_size=4))
def test_a_spec_with_slips_never_raises(seed: int, pieces: list[str]) -> None:
    generator = random.Random(seed)
    text = SPEC
    for piece in pieces:
        start = generator.randrange(len(text))
        end = start + generator.choice([0, 0, 1, 1, 5, 50])
        text = text[:start] + piece + text[end:]
    check_everything(Source("spec.yaml", text))
