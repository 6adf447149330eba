"""The work of a check grows no faster than its text: counted in steps, not timed in seconds."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from bnnc.compiler.analysis.output_branches import output_branches
from bnnc.compiler.diagnostics.diagnostic import Diagnostic, Label
from bnnc.compiler.diagnostics.render import render
from bnnc.compiler.pipeline import check, fix, plan
from bnnc.compiler.reading.reader import read
from bnnc.compiler.text.limits import MAX_DEPTH
from bnnc.compiler.text.source import Source, Span
from bnnc.specs.layers import LAYER_TYPES, LayerSection, type_name
from bnnc.specs.layers.resizing import ZeroPadding
from bnnc.specs.placement import place
from tests.generated import Document, section
from tests.support.growth import Call, CountedText, assert_counts_linear, assert_linear

GALLERY = Path(__file__).parents[3] / "specs" / "gallery"
GOOD = (GALLERY / "digits-flipout.yaml").read_text(encoding="utf-8")
OUTPUT = (
    "output: {distribution: categorical, parameterization: logits, classes: 10, labels: integer}\n"
)
HEAD = f"bnnc: 1\nname: a\ninput: {{shape: [28, 28, 1]}}\n{OUTPUT}"
DENSE = "{type: dense, units: 10}"


def work_on(text: str) -> Call:
    """A check of a text, its plan where it has one, and the findings shown and fixed."""

    def work() -> None:
        report = check(Source("spec.yaml", text))
        if report.ok:
            plan(report)
        render(report.diagnostics)
        if any(one.fixes for one in report.diagnostics):
            fix(report, unsafe=True)

    return work


def layers(line: str, count: int, *, flattened: bool) -> str:
    flatten = "  - {type: flatten}\n"
    stack = flatten + f"  - {line}\n" * count if flattened else f"  - {line}\n" * count + flatten
    return f"{HEAD}layers:\n{stack}  - {DENSE}\n"


@pytest.mark.parametrize(
    "comment",
    [
        "# bnnc: ignore[BNN301]\n",
        "# bnnc: ignore[BNN409]\n",
        "# bnnc: ignore\n",
        "# bnnc: ignore[BNN999]\n",
        "# bnnc: ignore[no-such-rule]\n",
        "#\n",
    ],
)
def test_comments(comment: str) -> None:
    # Up to 100 unknown codes, the one that was meant is looked for; all sizes are above.
    assert_linear(lambda count: work_on(GOOD + comment * count), (150, 300, 450))


def test_codes_in_one_comment() -> None:
    assert_linear(
        lambda count: work_on(f"{GOOD}# bnnc: ignore[{'BNN998,' * count}]\n"), (150, 300, 450)
    )


@pytest.mark.parametrize(
    "line",
    [
        "{type: dens, units: 3}",
        "{type: dense, unit: 3}",
        "{type: dense, unit: 10, activation: rleu}",
        "{typ: dense, unit: 5}",
        "{type: dense, units: 3, name: a}",
        "{type: dense, units: 3, name: A b}",
        "{type: dense}",
        "{type: dense, units: 1e300}",
        "{type: dense, units: -1}",
        "{type: conv2d, filters: 1, kernel_size: 9}",
        "{type: conv2d, filters: 0, kernel_size: 0}",
        "{type: conv2d, filters: 0, kernel_size: 3, strides: 2, dilation_rate: 2}",
    ],
)
def test_wrong_layers(line: str) -> None:
    assert_linear(lambda count: work_on(layers(line, count, flattened=True)), (10, 40, 70))


_VALUES: dict[str, Any] = {
    "activation": "relu",
    "application": "VGG16",
    "body": [{"type": "activation", "activation": "relu"}],
    "branches": [[{"type": "activation", "activation": "relu"}], []],
    "factor": 0.1,
    "filters": 2,
    "groups": 1,
    "height": 2,
    "height_factor": 0.1,
    "kernel_size": 1,
    "merge": "add",
    "mode": "horizontal",
    "pool_size": 1,
    "rate": 0.2,
    "size": 1,
    "target_shape": [2, 2, 2],
    "units": 10,
    "times": 1,
    "width": 2,
    "width_factor": 0.1,
}


def line_of(layer: type[LayerSection]) -> Document:
    """A layer of a type, which in most cases changes no shape."""
    fields = layer.model_fields
    needed = {name for name, field in fields.items() if field.is_required()} - {"type"}
    chosen = needed | ({"pool_size", "groups", "size", "merge"} & set(fields))
    line = {"type": type_name(layer), **{name: _VALUES[name] for name in sorted(chosen)}}
    return {**line, "padding": 0} if issubclass(layer, ZeroPadding) else line


@pytest.mark.parametrize(
    ("layer", "bayesian"),
    [
        (layer, method)
        for layer in LAYER_TYPES
        for method in ("flipout", "spectral_normalization")
        if method == "flipout" or section(line_of(layer)).carries(method)
    ],
    ids=lambda one: one if isinstance(one, str) else type_name(one),
)
def test_layers_of_one_type(layer: type[LayerSection], bayesian: str) -> None:
    """Every layer type, one after the other, under the methods that it carries and one in any case."""
    line = line_of(layer)
    dimensions = {"1d": 1, "3d": 3}.get(type_name(layer)[-2:], 2)
    shape = [2] * (dimensions + 1)

    def work(count: int) -> Call:
        text = layers(json.dumps(line), count, flattened=type_name(layer) == "dense")
        text = text.replace("[28, 28, 1]", str(shape))
        return work_on(f"{text}bayesian: {{method: {bayesian}}}\n")

    assert_linear(work, (10, 40, 70))


@pytest.mark.parametrize(("prefix", "is_known"), [("l", True), ("dense_layer_", False)])
def test_names_of_layers_in_the_bayesian_section(prefix: str, is_known: bool) -> None:
    def work(count: int) -> Call:
        named = "".join(f"  - {{type: dense, units: 10, name: l{i}}}\n" for i in range(count))
        names = ", ".join(f"{prefix}{i}" for i in range(count))
        text = (
            f"{HEAD}layers:\n  - {{type: flatten}}\n{named}  - {DENSE}\n"
            f"bayesian: {{method: flipout, layers: [{names}]}}\n"
        )
        assert ("BNN401" in {one.code for one in check(Source("s", text)).diagnostics}) != is_known
        return work_on(text)

    assert_linear(work)


def test_unknown_keys_of_a_spec() -> None:
    # Above a thousand findings, no more are made: only reading and sorting go on.
    text = f"{HEAD}layers: [{{type: flatten}}, {DENSE}]\n"
    keys = [f"k{number:03}: 1\n" for number in range(140)]
    assert_linear(lambda count: work_on(text + "".join(keys[:count])), (20, 80, 140))


@pytest.mark.parametrize(
    "wrong",
    [
        "k{}: 1\n",
        "a: {}\n",
    ],
)
def test_more_mistakes_than_are_shown(wrong: str) -> None:
    text = f"{HEAD}layers: [{{type: flatten}}, {DENSE}]\n"

    def work(count: int) -> Call:
        source = Source("spec.yaml", text + "".join(wrong.format(i) for i in range(count)))
        return lambda: check(source)

    assert_linear(work, (1100, 1600, 2100))


@pytest.mark.parametrize(
    ("start", "piece", "end"),
    [
        ("", "#\n", "a: 1"),
        ("", "k{}: 1\n", ""),
        ("", "k{}:\n", ""),
        ("", "a: 1\n", ""),
        ("a: [", "1, ", "1]"),
        ("a: {", "b: 1, ", "}"),
        ("{", '"k{}": 1, ', '"a": 1}'),
        ("", "- {a: 1, b: [x, 'y', \"z\"]}\n", ""),
        ("a: &a {b: 1}\nc: [", "*a, ", "1]"),
        ("", "x{0}: &a{0} 1\n", ""),
        ("", "- |\n  text\n  text\n", ""),
        ('a: "', "x\n", '"'),
        ('a: "', "\\ud83d\\ude00", '"'),
        ("a: ", "\u2028", ""),
        ("", "%TAG !{}! x\n", "---\na: 1\n"),
        ("a: 1\n...\n", "%TAG !{}! x\n", ""),
        ("", "[" * MAX_DEPTH + "]" * MAX_DEPTH + "\n", ""),
        ("", "? ", ""),
        ("", "[", ""),
        ('"', "\\", ""),
        ("", "\n", "a: 1"),
        ("a: 1 ", "\n", " b: 2"),
    ],
)
def test_reading(start: str, piece: str, end: str) -> None:
    def work(count: int) -> Call:
        pieces = (piece.replace("{}", str(i)).replace("{0}", str(i)) for i in range(count))
        source = Source("spec.yaml", start + "".join(pieces) + end)
        return lambda: read(source)

    assert_linear(work, (200, 500, 800))


def test_findings_on_one_long_line() -> None:
    def work(count: int) -> tuple[CountedText, Call]:
        text = CountedText("{" + '"a": 1, ' * 500 * count + "}")
        source = Source("s.json", text)
        first = Label(Span(source, 1, 4), "first")
        spans = (Span(source, 1 + 8 * i, 4 + 8 * i) for i in range(0, 500 * count, 50))
        findings = [
            Diagnostic("BNN002", "a", "error", "again", span, "again", (first,)) for span in spans
        ]
        return text, lambda: render(findings)

    sizes = (2, 8, 14)
    assert_linear(lambda count: work(count)[1], sizes)
    copied = []
    for count in sizes:
        text, call = work(count)
        call()
        copied.append(text.copied)
    assert_counts_linear(copied, sizes)


@pytest.mark.parametrize("merge", ["add", "concatenate"])
def test_ways_that_double_with_every_block(merge: str) -> None:
    both: Document = {"type": "parallel", "merge": merge, "branches": [[], []]}
    relu: Document = {"type": "dense", "units": 4, "activation": "relu"}

    def work(count: int) -> Call:
        placed = place([section(one) for one in (relu, *[both] * count)])
        return lambda: output_branches(placed, placed[-1])

    assert_linear(work, (4, 8, 12))


def test_layers_that_blocks_repeat_are_counted_not_made() -> None:
    def work(times: int) -> Call:
        block = "{type: activation, activation: relu}"
        for _ in range(3):
            block = f"{{type: repeat, times: {times}, body: [{block}]}}"
        return work_on(layers(block, 1, flattened=True))

    assert_linear(work, (18, 24, 30))  # the third power of each is more than a spec may have
