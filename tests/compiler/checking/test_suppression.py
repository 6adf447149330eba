"""`# bnnc: ignore[...]` silences what it names on its line, never an error, and never unseen."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from bnnc.compiler.pipeline import check
from bnnc.compiler.report import Report
from bnnc.compiler.text.source import Source
from tests.support.extra_rules import narrow_layer_rule

SPEC = """\
bnnc: 1
name: example
description: "no comment # bnnc: ignore[BNN990]"
input: {shape: [28, 28, 1]}
layers:
  - {type: flatten}
  - {type: dense, units: 10}
output: {distribution: categorical, parameterization: logits, classes: 10, labels: integer}
"""
LAYER = "  - {type: dense, units: 10}"


@pytest.fixture(autouse=True, params=["warning", "information"])
def _narrow_layer(request: pytest.FixtureRequest) -> Iterator[None]:
    with narrow_layer_rule(severity=request.param):
        yield


def checked(behind_layer: str, text: str = SPEC) -> Report:
    assert LAYER in text
    return check(Source("a.yaml", text.replace(LAYER, f"{LAYER}{behind_layer}")))


def codes(report: Report) -> list[str]:
    return [one.code for one in report.diagnostics]


def test_without_a_comment_it_is_found() -> None:
    assert codes(checked("")) == ["BNN990"]
    assert codes(checked("  # narrow on purpose")) == ["BNN990"]


@pytest.mark.parametrize(
    "comment",
    [
        "# bnnc: ignore[BNN990]",
        "#bnnc:ignore[bnn990]",
        "# BNNC: Ignore [ narrow-layer-bnn990 ]",
        "# narrow on purpose # bnnc: ignore[BNN990]",
        "# bnnc: ignore[BNN990] because the images are small",
        "# bnnc: ignore[BNN990, BNN990]",
    ],
)
def test_a_comment_at_the_end_of_the_line_silences_it(comment: str) -> None:
    report = checked(f"  {comment}")
    assert report.diagnostics == ()
    assert report.ok


def test_a_comment_elsewhere_silences_nothing_and_says_so() -> None:
    report = check(Source("a.yaml", "# bnnc: ignore[BNN990]\n" + SPEC))
    assert codes(report) == ["BNN603", "BNN990"]
    assert report.diagnostics[0].message == "this line has no finding `BNN990`"
    assert report.ok


def test_each_idle_code_of_several_is_reported_at_its_own_place() -> None:
    report = checked("  # bnnc: ignore[BNN990, BNN603, BNN990, narrow-layer-bnn990]")
    assert [(one.code, one.span.text) for one in report.diagnostics] == [("BNN603", "BNN603")]


def test_an_error_is_reported_in_spite_of_its_comment_and_so_is_the_comment() -> None:
    report = checked("  # bnnc: ignore[BNN204, BNN990]", SPEC.replace("classes: 10", "classes: 9"))
    assert not report.ok
    assert codes(report) == ["BNN204", "BNN603"]
    error, comment = report.diagnostics
    assert error.severity == "error"
    assert error.notes[-1].startswith("errors cannot be ignored")
    assert comment.message == "`BNN204` is an error, and errors cannot be ignored"
    assert comment.span.text == "BNN204"


def test_an_error_is_named_on_lines_without_it_too() -> None:
    report = checked("  # bnnc: ignore[BNN204, BNN990]")
    assert codes(report) == ["BNN603"]
    assert "is an error" in report.diagnostics[0].message


def test_an_unknown_code_is_reported_with_what_may_be_meant() -> None:
    (one,) = checked("  # bnnc: ignore[BN990, BNN990]").diagnostics
    assert (one.code, one.span.text) == ("BNN602", "BN990")
    assert one.help == ("did you mean `BNN990`?",)
    (one,) = checked("  # bnnc: ignore[BNN9, BNN990]").diagnostics
    assert one.help == ("write each code in full; only `--ignore BNN9` accepts the start of codes",)
    (one,) = checked("  # bnnc: ignore[BNN999, BNN990]").diagnostics
    assert one.code == "BNN602"


@pytest.mark.parametrize(
    "comment", ["ignore", "ignore[]", "ignore[ , ]", "ignore[BNN990", "ignore BNN990"]
)
def test_a_comment_without_a_code_in_brackets_ignores_nothing(comment: str) -> None:
    report = checked(f"  # bnnc: {comment}")
    assert sorted(codes(report)) == ["BNN603", "BNN990"]
    assert any("without a code" in one.message for one in report.diagnostics)


def test_what_an_error_may_hide_is_not_called_idle() -> None:
    # The width of the last layer cannot be asked for where its units are wrong.
    text = SPEC.replace("units: 10}", "units: 0}")
    comment = "  # bnnc: ignore[BNN990]"
    report = check(Source("a.yaml", text.replace("units: 0}", f"units: 0}}{comment}")))
    assert codes(report) == ["BNN106"]


def test_findings_about_comments_can_be_silenced_by_comments() -> None:
    assert codes(checked("  # bnnc: ignore[BNN990, BNN999, BNN602]")) == []
    text = "# bnnc: ignore[BNN990, BNN603]\n" + SPEC
    assert codes(check(Source("a.yaml", text))) == ["BNN990"]
    assert codes(checked("  # bnnc: ignore[BNN990, BNN602, BNN603]")) == ["BNN603", "BNN603"]


@pytest.mark.parametrize(
    ("comment", "left"),
    [
        ("  # bnnc: ignore[BNN603]", LAYER),
        ("\t#bnnc: ignore[BNN603] because", LAYER),
        ("  # why # bnnc: ignore[BNN603]", f"{LAYER}  # why"),
    ],
)
def test_the_fix_deletes_the_comment_and_nothing_else(comment: str, left: str) -> None:
    report = checked(comment)
    (idle,) = (one for one in report.diagnostics if one.code == "BNN603")
    (fix,) = idle.fixes
    (edit,) = fix.edits
    assert fix.safe
    text = idle.span.source.text
    fixed = text[: edit.span.start] + edit.replacement + text[edit.span.end :]
    assert fixed == SPEC.replace(LAYER, left)


def test_a_comment_with_other_codes_is_not_deleted() -> None:
    (idle,) = checked("  # bnnc: ignore[BNN990, BNN603]").diagnostics
    assert idle.fixes == ()


def test_a_text_that_is_no_yaml_has_no_findings_about_its_comments() -> None:
    report = check(Source("a.yaml", "bnnc: 1 # bnnc: ignore[BNN999]\nname: [\n"))
    assert codes(report) == ["BNN001"]


def test_a_comment_on_what_a_setting_changes_is_not_told_that_it_silences_nothing() -> None:
    text = SPEC.replace(LAYER, f"{LAYER}  # bnnc: ignore[BNN990]")
    setting = Source("<--set #1>", "layers.dense.name=wide", folder="")
    assert codes(check(Source("a.yaml", SPEC), settings=[setting])) == ["BNN990"]
    assert codes(check(Source("a.yaml", text), settings=[setting])) == []
    idle = SPEC.replace("layers:", "layers:  # bnnc: ignore[BNN990, BNN9x]")
    assert codes(check(Source("a.yaml", idle))) == ["BNN603", "BNN602", "BNN990"]
    assert codes(check(Source("a.yaml", idle), settings=[setting])) == ["BNN602", "BNN990"]


def test_a_comment_about_trained_runs_is_not_told_that_it_silences_nothing() -> None:
    assert codes(checked("  # bnnc: ignore[BNN990, BNN836]")) == []
