"""The rules are asked again when the data of a training is known."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import pytest

import bnnc
from bnnc.compiler.checking.data_warnings import DataWatch, SpecWarning, over_other_data
from bnnc.compiler.diagnostics.diagnostic import Diagnostic
from bnnc.compiler.pipeline import check_bytes
from bnnc.specs.sources import DataFacts, named_facts
from tests.compiler.analysis.test_data_facts import document, training, write

Document = dict[str, Any]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def told(watch: DataWatch, *arguments: Any) -> list[Diagnostic]:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        watch(*arguments)
    found: list[Diagnostic] = []
    for one in caught:
        assert isinstance(one.message, SpecWarning)
        assert Path(one.filename).samefile(__file__)
        found += one.message.diagnostics
    return found


SLOW: Document = {"training": training(optimizer={"type": "sgd", "learning_rate": 1e-9})}


def test_rules_are_asked_again_with_the_rows_and_say_each_thing_once() -> None:
    report = bnnc.check(document(None, **SLOW))
    assert report.diagnostics == ()
    watch = DataWatch(lambda: report)
    facts = DataFacts(name="arrays", rows=1437)
    (found,) = told(watch, facts, 32, 100)
    assert (found.code, found.severity) == ("BNN504", "warning")
    assert found.notes[-1] == "training data: arrays, 1,437 rows"
    assert told(watch, facts, 32, 100) == []
    assert told(watch, DataFacts(name="given to Keras", rows=1437), 32, None) == []
    (other,) = told(watch, DataFacts(name="arrays", rows=40), 20, 3)
    assert other.notes[-1] == "training data: arrays, 40 rows, batches of 20, 3 epochs"


def test_what_check_said_is_not_said_again() -> None:
    write()
    report = bnnc.check(document(**SLOW))
    assert [one.code for one in report.diagnostics] == ["BNN504"]
    counts = tuple(144 if one < 7 else 143 for one in range(10))
    facts = DataFacts(name="own.npz", rows=1437, shape=(8, 8, 1), label_counts=counts)
    assert told(DataWatch(lambda: report, report.diagnostics), facts, 32, 100) == []


def test_without_a_check_everything_that_the_data_shows_is_said() -> None:
    report = bnnc.check(document("digits", **SLOW))
    facts = named_facts("digits")
    assert [one.code for one in told(DataWatch(lambda: report), facts, 32, 100)] == ["BNN504"]


def test_values_that_fill_little_of_the_range_are_told_when_they_are_known() -> None:
    report = bnnc.check(document(None, input={"shape": [8, 8, 1], "value_range": [0, 255]}))
    watch = DataWatch(lambda: report)
    (found,) = told(watch, DataFacts(name="arrays", rows=500, values=(0.0, 16.0)))
    assert found.code == "BNN264"
    assert told(watch, DataFacts(name="arrays", rows=500, values=(0.0, 26.0))) == []


def test_a_comment_silences_what_is_asked_again() -> None:
    text = (
        "bnnc: 1\nname: a\ninput: {shape: [8, 8, 1], value_range: [0, 16]}\n"
        "layers: [{type: flatten}, {type: dense, units: 10}]\n"
        "output: {distribution: categorical, parameterization: logits, classes: 10,"
        " labels: integer}\n"
        "training: {batch_size: 500, epochs: 90} # bnnc: ignore[BNN505]\n"
    )
    report = check_bytes("a.yaml", text.encode())
    found = told(DataWatch(lambda: report), DataFacts(name="arrays", rows=400))
    assert "BNN505" not in {one.code for one in found}
    report = check_bytes("a.yaml", text.replace("BNN505", "BNN407").encode())
    found = told(DataWatch(lambda: report), DataFacts(name="arrays", rows=400))
    assert "BNN505" in {one.code for one in found}


def test_other_data_than_the_spec_names_is_judged_instead_of_it() -> None:
    write(rows=20)
    report = bnnc.check(document())
    assert [one.code for one in report.diagnostics] == ["BNN505"]
    assert over_other_data(report, DataFacts(name="other.npz", rows=5000)).diagnostics == ()
    (found,) = over_other_data(report, DataFacts(name="other.npz", rows=8)).diagnostics
    assert "which has 8 rows" in found.message
    assert all("own.npz" not in label.span.text for label in found.related)
