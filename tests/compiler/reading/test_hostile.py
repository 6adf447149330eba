"""Files made to hurt the person who checks them: each ends small and in findings.

`test_limits.py` holds the reader alone against its limits. Here whole checks are held: of bytes, with
every form of the findings and the fixes. Paths are in `tests/cli/test_check_hostile_paths.py`, and
how work grows with the text in `tests/compiler/checking/test_growth.py`.
"""

from __future__ import annotations

import codecs
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from bnnc.compiler.diagnostics import github_form, json_form, sarif_form
from bnnc.compiler.diagnostics.outcome import File, Outcome
from bnnc.compiler.diagnostics.render import render
from bnnc.compiler.pipeline import check_bytes, fix, plan
from bnnc.compiler.report import Report
from bnnc.compiler.text.limits import MAX_BYTES, MAX_NODES

GALLERY = Path(__file__).parents[3] / "specs" / "gallery"
GOOD = (GALLERY / "digits-flipout.yaml").read_text(encoding="utf-8")
HEAD = """\
bnnc: 1
name: m
input: {shape: [8, 8, 1]}
output: {distribution: categorical, parameterization: logits, classes: 10, labels: integer}
"""


def codes(report: Report) -> set[str]:
    return {one.code for one in report.diagnostics}


def checked(text: str | bytes) -> Report:
    """The report, after its fixes were tried."""
    data = text.encode() if isinstance(text, str) else text
    report = check_bytes("spec.yaml", data)
    if any(one.fixes for one in report.diagnostics):
        fix(report, unsafe=True)
    return report


def with_layers(make: Callable[[int], str], count: int) -> str:
    lines = "".join(f"  - {make(index)}\n" for index in range(count))
    return f"{HEAD}layers:\n  - {{type: flatten}}\n{lines}  - {{type: dense, units: 10}}\n"


@pytest.mark.parametrize(
    ("comment", "code", "count"),
    [
        # The codes of errors, of nothing, of what is not found; names; many in one comment.
        ("# bnnc: ignore[BNN301]\n", "BNN603", 1_500),
        ("# bnnc: ignore[BNN409]\n", "BNN603", 1_500),
        ("# bnnc: ignore\n", "BNN603", 1_500),
        ("# bnnc: ignore[BNN999]\n", "BNN602", 1_500),
        ("# bnnc: ignore[kl-without-wait]\n", "BNN602", 1_500),
        ("# bnnc: ignore[" + "BNN998," * 1_500 + "]\n", "BNN602", 1),
    ],
)
def test_more_ignore_comments_than_findings_are_shown_are_obeyed_and_fixed(
    comment: str, code: str, count: int
) -> None:
    report = checked(GOOD + comment * count)
    assert report.ok
    assert codes(report) == ({code, "BNN604"})
    fixed = fix(report, unsafe=False)
    if report.diagnostics[0].fixes:
        assert fixed.source.text == GOOD + "\n" * count
        assert not fixed.report.diagnostics


def test_200_000_lines_of_comments_change_nothing() -> None:
    report = checked("#\n" * 200_000 + GOOD + "# and this\n" * 20_000)
    assert report.ok
    assert not report.diagnostics


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("{type: dens, units: 3}", "BNN104"),
        ("{type: dense, unit: 3}", "BNN102"),
        ("{type: dense, units: 3, name: a}", "BNN206"),
        ("{type: dense, units: 3, name: A b}", "BNN108"),
        ("{type: dense}", "BNN103"),
        ("{type: dense, units: 1e300}", "BNN105"),
        ("{type: dense, units: -1}", "BNN106"),
        ("{type: conv2d, filters: 1, kernel_size: 9}", "BNN203"),
    ],
)
def test_more_wrong_layers_than_findings_are_shown_are_found(line: str, code: str) -> None:
    report = checked(with_layers(lambda _: line, 1_100))
    assert code in codes(report)


@pytest.mark.parametrize("line", ["{type: dense}", "1", "{type: dens}", "{}"])
def test_more_layers_than_a_spec_may_have_are_one_finding_whatever_they_are(line: str) -> None:
    report = checked(f"{HEAD}layers: [{', '.join([line] * 5_001)}]\n")
    assert codes(report) == {"BNN107"}


@pytest.mark.parametrize(
    ("value", "code"),
    [
        ("1e400", "BNN004"),
        ("-1e400", "BNN004"),
        ("9" * 1_000_000, "BNN005"),
        ("0x" + "f" * 100_000, "BNN005"),
        ("0." + "0" * 100_000 + "1", "BNN106"),
        ("1e308", "BNN105"),
        ("9007199254740991", "BNN106"),
        ("[" + "1, " * 40_000 + "1]", "BNN105"),
        ("2147483648", "BNN106"),
        ("1_000", "BNN105"),
        ("!!int 1", "BNN009"),
        ("range(1000000000)", "BNN105"),
        ("1..1000000000", "BNN105"),
    ],
)
def test_a_number_beyond_all_sense_is_found_and_never_counted_to(value: str, code: str) -> None:
    report = checked(f"{HEAD}layers: [{{type: flatten}}, {{type: dense, units: {value}}}]\n")
    assert not report.ok
    assert code in codes(report)


def test_layers_as_wide_as_they_may_be_are_counted_not_made() -> None:
    wide = "{type: dense, units: 65536}"
    report = checked(with_layers(lambda _: wide, 50))
    # 50 layers of 4 GiB kernels: refused for their number, or a plan of them, without memory.
    assert codes(report) <= {"BNN209", "BNN510"}
    if report.ok:
        assert plan(report).nodes


CODE = (
    "__import__('os').system('true')",
    "'; import os #",
    '"); import os; ("',
    "a\nimport os",
    "{0.__class__}",
    "{a}",
    "%s",
    "$(true)",
    "`true`",
    "conv2d/kernel:0",
    "dense/bias",
    "../../etc/passwd",
    "\u0430",  # a Cyrillic letter that looks like an a
    "ｄｅｎｓｅ",
    "naïve",
    "\u202egnp.exe",
    "a\u200bb",
    "\x1b[2J",
    "dense\u0301",
    "日本",
    "Ⅷ",
    "ﬁ",
    "",
    "_private",
    "a" * 10_000,
)


@pytest.mark.parametrize("name", CODE)
@pytest.mark.parametrize("of_layer", [True, False])
def test_a_name_that_looks_like_code_is_refused_and_shown_harmlessly(
    name: str, of_layer: bool
) -> None:
    document = {
        "bnnc": 1,
        "name": "m" if of_layer else name,
        "input": {"shape": [8, 8, 1]},
        "layers": [{"type": "flatten"}, {"type": "dense", "units": 10}],
        "output": {
            "distribution": "categorical",
            "parameterization": "logits",
            "classes": 10,
            "labels": "integer",
        },
    }
    if of_layer:
        document["layers"][1]["name"] = name  # type: ignore[index]  # a list of mappings
    report = checked(json.dumps(document))
    assert [one.code for one in report.diagnostics] == ["BNN108"]
    text = render(report.diagnostics)
    assert len(text) < 2000
    assert text.replace("\n", "").isprintable()
    assert not set(text) & set("\u202e\u200b\x1b")


@pytest.mark.parametrize("name", ["lambda", "import", "none", "class", "eval", "exec", "self"])
def test_a_name_that_is_a_word_of_python_is_a_name(name: str) -> None:
    report = checked(with_layers(lambda _: f"{{type: dense, units: 3, name: {name}}}", 1))
    assert report.ok


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"\x00" * 100, "BNN018"),
        (b"bnnc: 1\x00\n", "BNN018"),
        (GOOD.encode("utf-16"), "BNN015"),
        (GOOD.encode("utf-16-le"), "BNN018"),
        (GOOD.encode("utf-32"), "BNN015"),
        (codecs.BOM_UTF16_LE, "BNN015"),
        (codecs.BOM_UTF16_BE + b"a", "BNN015"),
        (codecs.BOM_UTF8, "BNN013"),
        (b"a: \xed\xa0\x80\n", "BNN015"),
        (b'a: "\\ud800"\n', "BNN001"),
        (b'{"a": "\\udfff"}', "BNN001"),
        (b"\xff" * MAX_BYTES, "BNN015"),
        (b"\x80" * MAX_BYTES * 2, "BNN015"),
        (b"\x7fELF\x02\x01\x01", "BNN018"),
        (b"\x89PNG\r\n\x1a\n", "BNN015"),
        (b"PK\x03\x04", "BNN018"),
    ],
)
def test_bytes_that_are_no_text_are_one_finding(data: bytes, code: str) -> None:
    report = checked(data)
    assert [one.code for one in report.diagnostics] == [code]
    assert render(report.diagnostics).replace("\n", "").isprintable()


def test_a_byte_order_mark_in_the_middle_is_not_taken_for_a_space() -> None:
    assert checked(codecs.BOM_UTF8 + GOOD.encode()).ok
    assert not checked(GOOD.replace("bnnc: 1", "\ufeff bnnc: 1", 1).encode() * 2).ok


LONG = 300_000


@pytest.mark.parametrize(
    "text",
    [
        HEAD + f"layers: [{{type: {'x' * LONG}}}]\n",
        HEAD.replace("name: m", "name: " + "x" * LONG) + "layers: []\n",
        HEAD + "k" * 1000 + ": 1\n",
        HEAD + f'"{"k" * 1000}\\n": 1\nlayers: 1\n',
        HEAD + f"x-a: *{'a' * LONG}\n",
        HEAD + f"x-a: !{'a' * LONG} 1\n",
        HEAD + f"x-a: '{'a' * LONG}\n",
        HEAD + "x-a: " + "a" * LONG + ": 1\n",
        HEAD + "x-a: @" + "a" * LONG + "\n",
        HEAD + "x-a: .inf # " + "\u0301" * LONG + "\n",
        HEAD + "x-a: [" + "\u202e, " * 1000 + ".nan]\n",
        HEAD + "x-a: .inf #" + "日" * LONG + "\n",
        HEAD + "description: " + "a" * LONG + "\nlayers: []\n",
        HEAD + f"data: {{source: {'a' * LONG}}}\nlayers: []\n",
        GOOD + f"# bnnc: ignore[{'a' * LONG}]\n",
        GOOD + f"# bnnc: ignore[BNN409{' ' * LONG}]\n",
        GOOD + f"# bnnc: ignore[ {'[' * LONG}\n",
        GOOD.replace("flipout", "flipout" * 50_000),
    ],
)
def test_what_is_shown_of_a_long_line_is_short_in_every_form(text: str) -> None:
    report = checked(text)
    assert report.diagnostics
    count = len(report.diagnostics)
    shown = render(report.diagnostics)
    assert len(shown) < 4000 * count
    assert max(map(len, shown.split("\n"))) < 1000
    file = File("spec.yaml", "refused")
    outcome = Outcome(Path.cwd(), (file,), report.diagnostics, 1)
    for form in (json_form, github_form, sarif_form):
        assert len(form.form(outcome)) < 20_000 * (count + 1)


# One process of its own checks them all, so that what it takes is what they take.
BOMBS = {
    "aliases of aliases": "x-0: &a0 [1, 1]\n"
    + "".join(f"x-{i}: &a{i} [*a{i - 1}, *a{i - 1}]\n" for i in range(1, 60)),
    "aliases under merge keys": "x-0: &a0 {k: 1}\n"
    + "".join(f"x-{i}: &a{i} {{<<: [*a{i - 1}, *a{i - 1}]}}\n" for i in range(1, 60)),
    "deep aliases": "x-0: &a0 [1]\n" + "".join(f"x-{i}: &a{i} [*a{i - 1}]\n" for i in range(1, 99)),
    "brackets": "[" * 500_000,
    "braces in JSON": '{"a":' * 100_000,
    "one key": "k" * (MAX_BYTES - 3) + ": 1",
    "nodes": "x-a: [" + "1," * (MAX_NODES - 100) + "1]\n" + GOOD,
    "anchors": "".join(f"x-{i}: &a{i} 1\n" for i in range(20_000)) + GOOD,
    "one line": "x-a: '" + "x" * (MAX_BYTES - 5000) + "'\n" + GOOD,
    "shared layer": HEAD
    + "x-a: &a {type: flatten}\nlayers: [" + "*a, " * 9000 + "{type: dense, units: 10}]\n",
}  # fmt: skip
_MEASURED = """
import json, resource, sys
from bnnc.compiler.diagnostics.render import render
from bnnc.compiler.pipeline import check_bytes
texts = json.load(sys.stdin)
check_bytes("spec.yaml", b"bnnc: 1")  # imports and caches are not the texts' doing
unit = 1 if sys.platform == "darwin" else 1024
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
for text in texts:
    render(check_bytes("spec.yaml", text.encode()).diagnostics)
grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * unit
print(grown)
"""


def test_no_bomb_takes_more_than_128_mebibytes() -> None:
    ended = subprocess.run(
        [sys.executable, "-c", _MEASURED],
        input=json.dumps(list(BOMBS.values())),
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    # 1 MiB of text as a tree of 50,000 nodes with their places takes some 50 MiB.
    assert int(ended.stdout) < 128 * 2**20
