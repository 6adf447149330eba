"""Every symptom is found in a run of its page's example, and in none of its remedy.

The examples are trained on digits, 1,797 images of 8x8 pixels.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest
import yaml

import bnnc
from bnnc.compiler.checking.fixes import apply
from bnnc.compiler.diagnosis.diagnose import diagnose
from bnnc.compiler.diagnostics.catalog import Rule, rules, symptoms
from bnnc.compiler.diagnostics.diagnostic import Diagnostic
from bnnc.compiler.pipeline import check
from bnnc.compiler.report import Report
from bnnc.compiler.text.source import Source
from bnnc.diagnosis import Diagnosis
from bnnc.errors import DivergedError
from bnnc.runtime.diagnosis.evidence import Evidence
from tests.support.pages import Example, examples

SYMPTOMS = [rule for rule in rules().values() if rule.kind == "symptom"]
over_symptoms = pytest.mark.parametrize("rule", SYMPTOMS, ids=lambda rule: rule.code)


@pytest.fixture(scope="module", autouse=True)
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder for specs and data, which the process is in."""
    folder = tmp_path_factory.mktemp("symptoms")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        yield folder


def trained(example: Example) -> Diagnosis:
    """The diagnosis of a run of an example."""
    return _trained(example.text, example.script)


@cache
def _trained(text: str, script: str) -> Diagnosis:
    exec(script, {})  # noqa: S102 - our own page, run as its reader would run it
    spec = yaml.safe_load(text)
    program = bnnc.compile(spec)
    try:
        history = program.fit()
    except DivergedError as error:
        history = None
        program.manifest["diverged"] = {"epoch": error.epoch, "step": error.step}
    return bnnc.doctor(program, history=history)


def report_of(example: Example) -> Report:
    report = check(Source("example.yaml", example.text))
    assert report.spec is not None
    return report


def found_in(example: Example) -> tuple[Diagnostic, ...]:
    """The findings in a run of an example, at their places in its text."""
    return diagnose(report_of(example), trained(example).evidence)


@over_symptoms
def test_the_example_is_a_spec_that_is_accepted(rule: Rule) -> None:
    (example,) = examples(rule, "Example")
    assert report_of(example).ok


@over_symptoms
def test_it_is_found_first_or_second_in_a_run_of_the_example(rule: Rule) -> None:
    (example,) = examples(rule, "Example")
    found = found_in(example)
    assert rule.code in [one.code for one in found[:2]]
    assert {one.severity for one in found if one.code == rule.code} == {rule.severity}


@over_symptoms
def test_nothing_is_found_in_a_run_of_the_remedy(rule: Rule) -> None:
    (example,) = examples(rule, "Use instead")
    assert [one.code for one in found_in(example)] == []


@over_symptoms
def test_its_fixes_give_an_accepted_spec_that_differs(rule: Rule) -> None:
    (example,) = examples(rule, "Example")
    for one in found_in(example):
        for fix in one.fixes:
            again = check(Source("example.yaml", apply(example.text, fix.edits)))
            assert again.spec is not None
            assert again.spec != report_of(example).spec


@over_symptoms
def test_a_finding_says_where_what_and_the_way_out(rule: Rule) -> None:
    (example,) = examples(rule, "Example")
    for one in found_in(example):
        assert one.span.end > one.span.start, "it has no place in the spec"
        assert one.label
        assert one.help
        for text in (one.message, one.label, *one.notes, *one.help):
            assert not text.endswith((".", " ")), text
            words = re.sub(r"`[^`]*`", "", text)
            assert not re.search(r"\b(None|True|False|nan|inf)\b", words), text


@over_symptoms
def test_measurements_are_the_same_after_json(rule: Rule) -> None:
    (example,) = examples(rule, "Example")
    for one in trained(example).evidence:
        again = Evidence.from_dict(json.loads(json.dumps(one.to_dict())))
        assert json.dumps(again.to_dict()) == json.dumps(one.to_dict())


def test_what_a_symptom_explains_is_a_symptom_after_it() -> None:
    for code, one in symptoms().items():
        assert set(one.explains) <= set(symptoms())
        assert code not in one.explains


def test_a_comment_silences_a_symptom() -> None:
    (example,) = examples(rules()["BNN836"], "Example")
    (found,) = found_in(example)
    lines = example.text.splitlines(keepends=True)
    line = found.span.position[0] - 1
    lines[line] = lines[line].rstrip("\n") + "  # bnnc: ignore[BNN836]\n"
    silenced = check(Source("example.yaml", "".join(lines)))
    assert diagnose(silenced, trained(example).evidence) == ()


def test_a_rise_of_almost_nothing_is_no_overfitting() -> None:
    (example,) = examples(rules()["BNN819"], "Example")
    (evidence,) = trained(example).evidence
    assert evidence.held_out is not None
    history = tuple({**one, "val_nll": one["val_nll"] * 1e-4} for one in evidence.history)
    error = 1e-4 * evidence.held_out.nll_error_of_rows
    held_out = replace(evidence.held_out, nll_error_of_rows=error)
    sure = replace(evidence, history=history, held_out=held_out)
    assert "BNN819" not in [one.code for one in diagnose(report_of(example), [sure])]


def test_early_stopping_is_proposed_with_a_patience_that_reaches_the_best_epoch() -> None:
    (example,) = examples(rules()["BNN819"], "Example")
    (evidence,) = trained(example).evidence
    losses = (3.0, 2.0, 2.1, 2.2, 2.3, 1.0, 1.1, 0.5, 0.9, 1.4, 1.5, 1.6)
    history = tuple({"epoch": epoch, "val_nll": loss} for epoch, loss in enumerate(losses))
    found = diagnose(report_of(example), [replace(evidence, history=history)])
    (fix,) = next(one for one in found if one.code == "BNN819").fixes
    assert "{patience: 4, restore_best_weights: true}" in fix.description


@pytest.mark.parametrize(
    ("share", "change"), [(0.2, "calibration: {method: temperature}"), (0.5, "epochs: 30")]
)
def test_underconfident_predictions_are_calibrated_once_something_is_learned(
    share: float, change: str
) -> None:
    (example,) = examples(rules()["BNN836"], "Example")
    (evidence,) = trained(example).evidence
    scores = evidence.held_out
    assert scores is not None
    assert scores.chance_nll is not None
    held_out = replace(scores, nll_of_one_draw=share * scores.chance_nll)
    text = example.text.replace(", label_smoothing: 0.4", "")
    assert text != example.text
    report = check(Source("example.yaml", text))
    found = diagnose(report, [replace(evidence, held_out=held_out)])
    (fix,) = next(one for one in found if one.code == "BNN836").fixes
    assert change in fix.description


@pytest.mark.parametrize("code", ["BNN801", "BNN802", "BNN806", "BNN836"])
def test_a_few_held_out_rows_tell_nothing(code: str) -> None:
    (example,) = examples(rules()[code], "Example")
    (evidence,) = trained(example).evidence
    assert evidence.held_out is not None
    few = replace(evidence, held_out=replace(evidence.held_out, rows=4))
    assert code not in [one.code for one in diagnose(report_of(example), [few])]


def test_more_draws_are_not_proposed_where_they_are_the_same_members_again() -> None:
    (example,) = examples(rules()["BNN834"], "Example")
    section = "bayesian: {method: flipout, prior: {scale: 0.3}, posterior: {initial_scale: 0.1}}"
    assert section in example.text
    text = example.text.replace(section, "bayesian: {method: batch_ensemble, members: 4}")
    text = text.replace("samples: 1}", "samples: 4}")
    found = diagnose(check(Source("example.yaml", text)), trained(example).evidence)
    assert "BNN834" not in [one.code for one in found]
