"""JSON, SARIF and GitHub's form say what the findings say, and are what their schemas ask for."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bnnc.compiler.diagnostics import github_form, json_form, sarif_form
from bnnc.compiler.diagnostics.catalog import rules
from bnnc.compiler.diagnostics.diagnostic import Diagnostic, Edit, Fix, Label, Severity
from bnnc.compiler.diagnostics.outcome import STANDARD_INPUT, File, Outcome
from bnnc.compiler.pipeline import check_bytes
from bnnc.compiler.text.source import Source, Span
from tests.support.extra_rules import narrow_layer_rule

ROOT = Path("/checkout")
CORPUS = sorted((Path(__file__).parents[2] / "corpus").glob("*.yaml"))
GALLERY = sorted((Path(__file__).parents[3] / "specs" / "gallery").glob("*.yaml"))
SARIF_SCHEMA = json.loads((Path(__file__).parent / "data/sarif-schema-2.1.0.json").read_bytes())
REPORT_SCHEMA = json.loads(Path(json_form.__file__).with_name("report.schema.json").read_bytes())

# Wide, combining and astral characters, every kind of line end, and what would be obeyed somewhere.
STRANGE = Source(
    "/checkout/odd, 100% names: of/spéc #1.yaml",
    "a: ä日\U0001f600 b\r\nc: [1,\r2]\n\n::error::%0A d\x1b[31m e: \u202e\n",
)


@pytest.fixture(autouse=True)
def _narrow_layer() -> Iterator[None]:
    with narrow_layer_rule(), narrow_layer_rule("BNN991", "information"):
        yield


def strange(severity: Severity, start: int, end: int) -> Diagnostic:
    span = Span(STRANGE, start, end)
    elsewhere = Span(Source("/elsewhere/b.json", '{"bnnc": 1}'), 1, 7)
    return Diagnostic(
        code="BNN990",
        name="narrow-layer-bnn990",
        severity=severity,
        message=f"what `{span.text}` says: 100%, or nothing",
        span=span,
        label="here, and\nthere",
        related=(Label(elsewhere, "far away"), Label(span, "")),
        notes=("two\r\nlines", "::warning::no command"),
        help=(),
        fixes=(
            Fix("Do both", (Edit(span, "x\ny"), Edit(elsewhere, "")), safe=True),
            Fix("Do one", (Edit(span, ""),), safe=False),
        ),
    )


@pytest.fixture
def outcome() -> Outcome:
    """Every spec of the corpus and the gallery, strange places, and a file that is not there."""
    files: list[File] = []
    found: list[Diagnostic] = []
    for spec in (*GALLERY, *CORPUS):
        report = check_bytes(f"/checkout/specs/{spec.name}", spec.read_bytes())
        files.append(File(report.source.name, "accepted" if report.ok else "refused"))
        found.extend(report.diagnostics)
    length = len(STRANGE.text)
    places = [(0, 0), (0, length), (3, 6), (8, 20), (length, length), (18, 19)]
    files.append(File(STRANGE.name, "refused"))
    for severity in ("information", "warning", "error"):
        found.extend(strange(severity, *place) for place in places)
    files.append(File("/checkout/gone\udcff.yaml", "unreadable", "gone\udcff.yaml is\ngone, 100%"))
    return Outcome(ROOT, tuple(files), tuple(found), exit_code=2)


@pytest.fixture
def empty() -> Outcome:
    return Outcome(ROOT, (), (), exit_code=0)


def lines_of(text: str) -> list[str]:
    """Lines with their ends, as YAML counts them; written otherwise than the source does it."""
    return re.findall(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+\Z|\Z", text) or [""]


def cut(text: str, start: tuple[int, int], end: tuple[int, int]) -> tuple[int, int]:
    """Offsets of two places that are given as line and column, counted from 1."""
    lines = lines_of(text)

    def offset(line: int, column: int) -> int:
        return sum(map(len, lines[: line - 1])) + column - 1

    return offset(*start), offset(*end)


# JSON


def test_the_schema_of_the_report_is_one() -> None:
    jsonschema.Draft202012Validator.check_schema(REPORT_SCHEMA)
    assert REPORT_SCHEMA["$id"] == f"urn:bnnc:report:{json_form.REPORT_VERSION}"
    assert REPORT_SCHEMA["properties"]["version"]["const"] == json_form.REPORT_VERSION


def test_json_is_what_its_schema_says(outcome: Outcome, empty: Outcome) -> None:
    validator = jsonschema.Draft202012Validator(REPORT_SCHEMA)
    for one in (outcome, empty):
        text = json_form.form(one)
        assert text.isascii()
        validator.validate(json.loads(text))


def test_every_key_of_the_json_schema_is_written_somewhere(outcome: Outcome) -> None:
    def keys_of_schema(node: Any) -> set[str]:
        if isinstance(node, list):
            return set().union(*map(keys_of_schema, node))
        if not isinstance(node, dict):
            return set()
        own = set(node["properties"]) if "additionalProperties" in node else set()
        return own.union(*map(keys_of_schema, node.values()))

    def keys_of(node: Any) -> set[str]:
        if isinstance(node, list):
            return set().union(*map(keys_of, node))
        return set(node).union(*map(keys_of, node.values())) if isinstance(node, dict) else set()

    in_a_cell = replace(strange("error", 0, 3), span=Span(Source("a.ipynb", "a", cell=2), 0, 1))
    whole = replace(outcome, diagnostics=(*outcome.diagnostics, in_a_cell))
    assert keys_of(json.loads(json_form.form(whole))) == keys_of_schema(REPORT_SCHEMA)


def test_json_says_what_the_findings_say(outcome: Outcome) -> None:
    document = json.loads(json_form.form(outcome))
    assert len(document["diagnostics"]) == len(outcome.diagnostics) > 60

    def check_place(place: dict[str, Any], span: Span) -> None:
        start, end = place["span"]["start"], place["span"]["end"]
        assert place["file"] == span.source.name
        assert (start["offset"], end["offset"]) == (span.start, span.end)
        ends = [(one["line"], one["column"]) for one in (start, end)]
        assert cut(span.source.text, ends[0], ends[1]) == (span.start, span.end)

    for written, one in zip(document["diagnostics"], outcome.diagnostics, strict=True):
        check_place(written, one.span)
        for key in ("code", "name", "severity", "message", "label"):
            assert written[key] == getattr(one, key)
        assert (written["notes"], written["help"]) == ([*one.notes], [*one.help])
        for related, label in zip(written["related"], one.related, strict=True):
            check_place(related, label.span)
            assert related["label"] == label.text
        for fix_written, fix in zip(written["fixes"], one.fixes, strict=True):
            assert (fix_written["description"], fix_written["safe"]) == (fix.description, fix.safe)
            for edit_written, edit in zip(fix_written["edits"], fix.edits, strict=True):
                check_place(edit_written, edit.span)
                assert edit_written["replacement"] == edit.replacement
    counts = document["summary"]
    assert counts["errors"] + counts["warnings"] + counts["information"] == len(outcome.diagnostics)
    assert (counts["files"], counts["unreadable"]) == (len(outcome.files), 1)
    # A name that is not UTF-8 is no text in JSON; the byte is replaced.
    assert document["files"][-1]["file"] == "/checkout/gone\ufffd.yaml"


# SARIF


def test_sarif_is_what_the_standard_says(outcome: Outcome, empty: Outcome) -> None:
    validator = jsonschema.Draft7Validator(
        SARIF_SCHEMA, format_checker=jsonschema.Draft7Validator.FORMAT_CHECKER
    )
    for one in (outcome, empty):
        text = sarif_form.form(one)
        assert text.isascii()
        validator.validate(json.loads(text))


def sarif_run(outcome: Outcome) -> Any:
    (run,) = json.loads(sarif_form.form(outcome))["runs"]
    return run


def test_sarif_names_the_rule_of_each_result_with_its_page(outcome: Outcome) -> None:
    run = sarif_run(outcome)
    described = run["tool"]["driver"]["rules"]
    assert [one["id"] for one in described] == sorted({one.code for one in outcome.diagnostics})
    for one in described:
        rule = rules()[one["id"]]
        assert one["name"] == rule.name
        assert one["shortDescription"]["text"] == rule.page.strip().splitlines()[0]
        assert one["help"]["markdown"].startswith(one["shortDescription"]["text"])
        assert one["fullDescription"]["text"] in one["help"]["markdown"]
        assert not one["fullDescription"]["text"].startswith("#")
    levels = {"error": "error", "warning": "warning", "information": "note"}
    for result, finding in zip(run["results"], outcome.diagnostics, strict=True):
        assert described[result["ruleIndex"]]["id"] == result["ruleId"] == finding.code
        assert result["level"] == levels[finding.severity]
        assert result["message"]["text"].startswith(finding.message)
        assert all(text in result["message"]["text"] for text in (*finding.notes, *finding.help))


def test_sarif_regions_and_files_are_those_of_the_findings(outcome: Outcome) -> None:
    run = sarif_run(outcome)
    assert run["columnKind"] == "unicodeCodePoints"

    def check(artifact: dict[str, str], region: dict[str, int], span: Span) -> None:
        uri = urlsplit(artifact["uri"])
        path = Path(unquote(uri.path))
        assert uri.scheme == ("" if span.source.name.startswith("/checkout/") else "file")
        assert not uri.query
        assert not uri.fragment
        assert str(ROOT / path) == span.source.name
        start = (region["startLine"], region["startColumn"])
        end = (region["endLine"], region["endColumn"])
        assert cut(span.source.text, start, end) == (span.start, span.end)

    def check_location(location: dict[str, Any], span: Span, text: str) -> None:
        place = location["physicalLocation"]
        check(place["artifactLocation"], place["region"], span)
        assert location.get("message", {"text": ""})["text"] == text

    for result, one in zip(run["results"], outcome.diagnostics, strict=True):
        (location,) = result["locations"]
        check_location(location, one.span, one.label)
        for related, label in zip(result.get("relatedLocations", []), one.related, strict=True):
            check_location(related, label.span, label.text)
        for written, fix in zip(result.get("fixes", []), one.fixes, strict=True):
            assert ("(changes the model)" in written["description"]["text"]) is not fix.safe
            replaced = [
                (change["artifactLocation"], one)
                for change in written["artifactChanges"]
                for one in change["replacements"]
            ]
            for (artifact, replacement), edit in zip(replaced, fix.edits, strict=True):
                check(artifact, replacement["deletedRegion"], edit.span)
                assert replacement["insertedContent"]["text"] == edit.replacement


def test_sarif_tells_of_files_that_could_not_be_read(outcome: Outcome, empty: Outcome) -> None:
    (invocation,) = sarif_run(outcome)["invocations"]
    assert invocation["executionSuccessful"] is False
    assert invocation["exitCode"] == 2
    (notification,) = invocation["toolExecutionNotifications"]
    assert notification["message"]["text"] == "gone\ufffd.yaml is\ngone, 100%"
    (invocation,) = sarif_run(empty)["invocations"]
    assert invocation["executionSuccessful"] is True


# GitHub


def command(line: str) -> tuple[str, dict[str, str], str]:
    """A workflow command as the runner reads it: name, properties, message."""
    found = re.fullmatch(r"::(\w+) (.*?)::(.*)", line)
    assert found, line
    escapes = {"%0D": "\r", "%0A": "\n", "%3A": ":", "%2C": ","}

    def restored(text: str, codes: list[str]) -> str:
        for code in codes:
            text = text.replace(code, escapes[code])
        return text.replace("%25", "%")

    pairs = (pair.split("=", 1) for pair in found[2].split(","))
    properties = {key: restored(value, list(escapes)) for key, value in pairs}
    return found[1], properties, restored(found[3], ["%0D", "%0A"])


def test_github_is_told_of_every_finding_errors_first(outcome: Outcome) -> None:
    first, *lines, total = github_form.form(outcome).split("\n")
    assert command(first) == (
        "error",
        {"title": "file cannot be checked"},
        "gone\ufffd.yaml is\ngone, 100%",
    )
    order: list[Severity] = ["error", "warning", "information"]
    expected = [one for kind in order for one in outcome.diagnostics if one.severity == kind]
    assert len(lines) == len(expected)
    for line, one in zip(lines, expected, strict=True):
        assert line.isprintable()  # no control character reaches a terminal
        name, properties, message = command(line)
        assert name == {"information": "notice"}.get(one.severity, one.severity)
        assert properties["title"] == f"{one.code} {one.name}"
        assert str(ROOT / properties["file"]) == one.span.source.name
        place = ":".join(map(str, one.span.position))
        assert message.startswith(f"{one.span.source.name}:{place}: ")
    files = len({one.span.source.name for one in expected})
    errors, warnings, remarks = (outcome.count(kind) for kind in order)
    assert total == (
        f"{len(outcome.files) - 1} specs checked, {errors} errors, {warnings} warnings and"
        f" {remarks} remarks in {files} files"
    )


text_with_lines = st.text("ab ä日\U0001f600\n\r", max_size=40)


@given(text=text_with_lines, ends=st.tuples(st.integers(0, 40), st.integers(0, 40)))
def test_github_gets_columns_only_where_the_runner_takes_them(
    text: str, ends: tuple[int, int]
) -> None:
    start, end = sorted(min(one, len(text)) for one in ends)
    one = Diagnostic("BNN001", "x", "error", "m", Span(Source("/checkout/a", text), start, end))
    line = github_form.form(Outcome(ROOT, (), (one,), 1)).split("\n")[0]
    _, properties, _ = command(line)
    first, last = int(properties["line"]), int(properties["endLine"])
    assert 1 <= first <= last <= len(lines_of(text))
    assert ("col" in properties) == ("endColumn" in properties) == (first == last)
    if first == last:
        column, end_column = int(properties["col"]), int(properties["endColumn"])
        assert 1 <= column <= end_column
        assert cut(text, (first, column), (last, end_column)) == (start, end)


def test_standard_input_is_no_file_to_github_and_an_escaped_one_to_sarif() -> None:
    one = Diagnostic("BNN602", "x", "error", "m", Span(Source(STANDARD_INPUT, "a"), 0, 1))
    outcome = Outcome(ROOT, (File(STANDARD_INPUT, "refused"),), (one,), 1)
    line, total = github_form.form(outcome).split("\n")
    assert command(line) == ("error", {"title": "BNN602 x"}, "<stdin>:1:1: m")
    assert total == "1 spec checked, 1 error in 1 file"
    assert '"uri": "%3Cstdin%3E"' in sarif_form.form(outcome)
