"""Label smoothing, as a spec says it: refused where a loss has none, printed where it has."""

from __future__ import annotations

import json
from itertools import product
from typing import Any, get_args

import pytest

import bnnc
from bnnc.compiler.backend.emit import emit
from bnnc.compiler.backend.lowering import lower
from bnnc.compiler.checking.fixes import apply
from bnnc.compiler.pipeline import check, fix
from bnnc.compiler.planning.difference import Difference, difference
from bnnc.compiler.planning.make_plan import make_plan
from bnnc.compiler.report import Report
from bnnc.compiler.text.source import Source
from bnnc.specs import Spec
from bnnc.specs.loss import SMOOTHING, LossType
from bnnc.specs.outputs.output import Labels


def document(distribution: str, labels: str, **loss: Any) -> dict[str, Any]:
    over_classes = distribution != "bernoulli"
    output = {"distribution": distribution, "parameterization": "logits", "labels": labels}
    return {
        "bnnc": 1,
        "name": "smooth",
        "input": {"shape": [2, 2, 1]},
        "layers": [{"type": "flatten"}, {"type": "dense", "units": 3 if over_classes else 1}],
        "output": {**output, "classes": 3} if over_classes else output,
        "loss": loss,
    }


def checked(distribution: str, labels: str, **loss: Any) -> Report:
    return check(Source("smooth.json", json.dumps(document(distribution, labels, **loss))))


# Distributions whose one other key is `classes`, or that have none.
DISTRIBUTIONS = ("categorical", "one_hot_categorical", "bernoulli", "independent_bernoulli")
CELLS = list(product(DISTRIBUTIONS, get_args(Labels), get_args(LossType)))
ACCEPTED = [cell for cell in CELLS if checked(cell[0], cell[1], type=cell[2], label_smoothing=0).ok]


@pytest.mark.parametrize(("distribution", "labels", "loss"), CELLS, ids=str)
def test_smoothing_is_accepted_where_the_loss_is_and_has_it(
    distribution: str, labels: str, loss: str
) -> None:
    plain = [one.code for one in checked(distribution, labels, type=loss).diagnostics]
    smoothed = checked(distribution, labels, type=loss, label_smoothing=0.1)
    refused = (distribution, labels, loss) in ACCEPTED and loss not in SMOOTHING
    assert [one.code for one in smoothed.diagnostics] == plain + ["BNN324"] * refused


@pytest.mark.parametrize(("distribution", "labels", "loss"), CELLS, ids=str)
def test_every_fix_of_a_smoothed_loss_keeps_it_accepted_and_smoothed(
    distribution: str, labels: str, loss: str
) -> None:
    report = checked(distribution, labels, type=loss, label_smoothing=0.1)
    fixed = fix(report, unsafe=True)
    assert fixed.report.diagnostics == ()
    assert json.loads(fixed.source.text)["loss"]["label_smoothing"] == 0.1
    for found in report.diagnostics:
        for one in found.fixes:
            after = check(Source("smooth.json", apply(report.source.text, one.edits)))
            assert found.code not in {other.code for other in after.diagnostics}


def test_the_smallest_smoothing_is_refused_and_none_is_not() -> None:
    assert checked("categorical", "integer", label_smoothing=0).ok
    assert checked("categorical", "integer", label_smoothing=0.0).ok
    for value in (5e-324, 0.999):
        (found,) = checked("categorical", "integer", label_smoothing=value).diagnostics
        assert found.code == "BNN324"


@pytest.mark.parametrize("value", [1, 1.5, -0.1, "0.1", None, True])
def test_what_is_no_share_is_an_error_of_schema_alone(value: Any) -> None:
    (found,) = checked("categorical", "integer", label_smoothing=value).diagnostics
    assert found.code in {"BNN105", "BNN106"}


def spec(**loss: Any) -> Spec:
    return Spec.from_json(json.dumps(document("categorical", "one_hot", **loss)))


CROSSENTROPY = "categorical_crossentropy"


def test_a_smoothing_of_0_says_nothing() -> None:
    plain = spec(type=CROSSENTROPY)
    assert "label_smoothing" not in plain.canonical()["loss"]  # as before there was any
    for zero in (0, 0.0, -0.0):
        assert spec(type=CROSSENTROPY, label_smoothing=zero).fingerprint() == plain.fingerprint()
    smoothed = spec(type=CROSSENTROPY, label_smoothing=0.1)
    assert smoothed.fingerprint() != plain.fingerprint()
    assert difference(plain, smoothed) == (Difference("loss.label_smoothing", None, 0.1),)


def test_it_stands_in_the_emitted_source_where_it_says_something() -> None:
    def source(one: Spec) -> str:
        plan = make_plan(one)
        return emit(one, plan, lower(one, plan))

    assert "label_smoothing=0.1" in source(spec(type=CROSSENTROPY, label_smoothing=0.1))
    assert "label_smoothing" not in source(spec(type=CROSSENTROPY, label_smoothing=0))


def test_a_dict_is_told_the_same() -> None:
    report = bnnc.check(document("bernoulli", "binary", label_smoothing=0.2))
    (found,) = report.diagnostics
    assert found.message == "`negative_log_likelihood` cannot smooth labels"
    assert found.help == ("write `type: binary_crossentropy`; or delete `label_smoothing`",)
