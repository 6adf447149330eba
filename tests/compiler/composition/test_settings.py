"""Settings: what a path may say, what stands there, and the same through the API."""

from __future__ import annotations

import json
import math
from random import Random
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import bnnc
from bnnc.compiler.pipeline import check
from bnnc.compiler.report import Report
from bnnc.compiler.text.source import Source
from bnnc.specs import Spec
from tests.generated import random_spec

SPEC = """\
bnnc: 1
name: example
input: {shape: [28, 28, 1]}
layers:
  - {type: conv2d, filters: 4, kernel_size: 3, activation: relu}
  - {type: conv2d, filters: 4, kernel_size: 3, activation: relu, name: second}
  - {type: flatten}
  - {type: dense, units: 10, name: head}
output: {distribution: categorical, parameterization: logits, classes: 10, labels: integer}
bayesian: {method: flipout, layers: [second, head]}
data: null
"""
MANY = settings(
    max_examples=100,
    deadline=None,
    database=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)


def checked(*given: str) -> Report:
    texts = [Source(f"<--set #{number}>", text, "") for number, text in enumerate(given, start=1)]
    return check(Source("spec.yaml", SPEC), settings=texts)


def accepted(*given: str) -> Spec:
    return checked(*given).accepted()


def codes(report: Report) -> list[str]:
    return [one.code for one in report.diagnostics]


@pytest.mark.parametrize(
    ("text", "path", "value"),
    [
        ("loss.kl.temperature=0.5", ("loss", "kl", "temperature"), 0.5),
        ("loss.kl.warmup_epochs=1e-1", ("loss", "kl", "warmup_epochs"), 0.1),
        ("training.seed=0x10", ("training", "seed"), 16),
        ("training.seed= 7 ", ("training", "seed"), 7),
        ("description=a=b, [c]", ("description",), "a=b, [c]"),
        ("description='0.5'", ("description",), "0.5"),
        ('description="\\u00e9\\ud83d\\ude00"', ("description",), "é\U0001f600"),
        ("description=no", ("description",), "no"),
        (
            "training.optimizer={type: sgd, momentum: 0.5}",
            ("training", "optimizer", "momentum"),
            0.5,
        ),
        ("input.shape=[8, 8, 3]", ("input", "shape"), (8, 8, 3)),
        ("input.shape[-1]=3", ("input", "shape"), (28, 28, 3)),
        ("data.source=digits.npz", ("data", "source"), "digits.npz"),
        ("bayesian.layers[0]=conv2d", ("bayesian", "layers"), ["conv2d", "head"]),
        ("bayesian.layers[0]=null", ("bayesian", "layers"), ["head"]),
        ("bayesian.layers=null", ("bayesian", "layers"), "all"),
    ],
)
def test_a_value_is_read_as_the_spec_would_read_it(
    text: str, path: tuple[str, ...], value: Any
) -> None:
    found: Any = accepted(text)
    for step in path:
        found = getattr(found, step)
    assert found == value


def test_layers_are_called_by_index_or_by_the_name_that_the_plan_shows() -> None:
    for path in ("layers.conv2d", "layers[0]", "layers[-4]"):
        report = checked(f"{path}.filters=5")
        assert report.accepted().layers[0].model_dump()["filters"] == 5
    assert accepted("layers.second.filters=6").layers[1].model_dump()["filters"] == 6
    assert len(accepted("layers.conv2d=null").layers) == 3


def test_settings_count_in_the_order_in_which_they_are_given() -> None:
    assert accepted("training.seed=1", "training.seed=2").training.seed == 2
    training = accepted("training={seed: 1, epochs: 3}", "training.seed=null").training
    assert (training.seed, training.epochs) == (0, 3)


def test_settings_count_over_the_file_and_what_it_extends(tmp_path: Any) -> None:
    (tmp_path / "base.yaml").write_text(SPEC + "training: {seed: 1, epochs: 1, batch_size: 1}\n")
    path = tmp_path / "spec.yaml"
    path.write_text("extends: base.yaml\ntraining: {seed: 2, epochs: 2}\n")
    training = bnnc.check(path, set={"training.seed": 3}).accepted().training
    assert (training.seed, training.epochs, training.batch_size) == (3, 2, 1)


@pytest.mark.parametrize(
    ("text", "code", "marked"),
    [
        ("training.seed", "BNN109", ""),
        ("", "BNN109", ""),
        ("=5", "BNN109", "="),
        ("training.seed=", "BNN109", ""),
        ("training..seed=5", "BNN109", "."),
        (".training=5", "BNN109", "."),
        ("training.seed =5", "BNN109", " "),
        ("layers[a]=5", "BNN109", "["),
        ("layers[0]filters=5", "BNN109", "f"),
        ("[0]=5", "BNN109", "["),
        ("training.seed=1\nname: x", "BNN109", "1\nname: x"),
        ("extends=base.yaml", "BNN109", "extends"),
        ("layers.heed.units=5", "BNN110", "heed"),
        ("layers[4].units=5", "BNN110", "[4]"),
        ("layers[-5].units=5", "BNN110", "[-5]"),
        ("loss.kl[0]=5", "BNN110", "[0]"),
        ("name.first=a", "BNN111", "first"),
        ("layers.head.units.max=5", "BNN111", "max"),
        ("input.shape.height=5", "BNN111", "height"),
        ("input[0]=5", "BNN111", "[0]"),
        ("los.kl.weight=1", "BNN102", "los"),
        ("loss.kl.wieght=1", "BNN102", "wieght"),
        ("seed=1", "BNN102", "seed"),
        ("training.seed=hot", "BNN105", "hot"),
        ("training.seed=-1", "BNN106", "-1"),
        ("layers.head.units='10'", "BNN105", "'10'"),
        ("training.seed=[1", "BNN001", "["),
        ("training.seed=a: b", "BNN001", None),
        ("training.seed=*a", "BNN017", "*a"),
        ("training.seed=!!int 5", "BNN009", "!!int"),
        ("training.seed=.nan", "BNN004", ".nan"),
        ("training.seed=9007199254740993", "BNN005", "9007199254740993"),
        ("training.seed=\x1b[31m", "BNN018", "\x1b"),
        (".".join(["a"] * 70) + "=1", "BNN007", "a"),
        ("x-deep=" + "[" * 70 + "]" * 70, "BNN007", "["),
    ],
)
def test_what_is_wrong_with_a_setting_is_shown_in_it(
    text: str, code: str, marked: str | None
) -> None:
    report = checked("training.epochs=3", text)
    assert codes(report) == [code]
    (one,) = report.diagnostics
    assert one.span.source.name == "<--set #2>"
    assert marked is None or one.span.text == marked
    assert not one.fixes
    assert one.help or one.notes


def test_unknown_names_are_told_with_what_is_there() -> None:
    (one,) = checked("layers.heed.units=5").diagnostics
    assert one.help == ("write `head`; the layers are `conv2d`, `second`, `flatten`, `head`",)
    assert one.related[0].span.source.name == "spec.yaml"


def test_all_settings_are_looked_at_whatever_is_wrong_with_one() -> None:
    report = checked(*(["training.seed"] * 11), "training.seed=x")
    assert [one.span.source.name for one in report.diagnostics] == [
        f"<--set #{number}>" for number in range(1, 13)
    ]


def test_a_setting_may_contradict_the_file_and_both_are_shown() -> None:
    (one,) = checked("output.classes=12").diagnostics
    assert one.code == "BNN204"
    places = {one.span.source.name, *(label.span.source.name for label in one.related)}
    assert places == {"spec.yaml", "<--set #1>"}


def test_a_fix_never_edits_a_setting() -> None:
    report = checked("loss.type=sparse_categorical_crossentropi")
    assert codes(report) == ["BNN104"]
    assert not report.diagnostics[0].fixes


def test_values_of_python_are_values_and_no_text() -> None:
    values: dict[str, Any] = {
        "description": "0.5",
        "training.seed": np.int64(7),
        "input.shape": np.array([32, 32, 3]),
        "bayesian.layers": None,
        "loss.kl": {"weight": 0.5},
    }
    document = {**checked().accepted().model_dump(mode="json"), "data": None}
    spec = bnnc.check(document, set=values).accepted()
    assert spec.description == "0.5"
    assert spec.training.seed == 7
    assert spec.input.shape == (32, 32, 3)
    assert spec.bayesian.layers == "all"
    assert spec.loss.kl.weight == 0.5
    with pytest.raises(TypeError, match="a value of type object"):
        bnnc.check(document, set={"name": object()})
    found = bnnc.check(document, set={"training.seed": math.nan}).diagnostics
    (one,) = (one for one in found if one.severity == "error")
    assert (one.code, one.span.source.name) == ("BNN004", "<set #1>")


def leaves(value: Any, path: str = "") -> list[tuple[str, Any]]:
    """Paths of values that are no mappings, written as a setting writes them."""
    if isinstance(value, dict):
        return [
            leaf
            for key, inside in value.items()
            for leaf in leaves(inside, f"{path}.{key}" if path else key)
        ]
    found = [(path, value)]
    if isinstance(value, list):
        found += [
            leaf
            for index, inside in enumerate(value)
            for leaf in leaves(inside, f"{path}[{index}]")
        ]
    return found


@MANY
@given(seed=st.integers(0, 2**32 - 1))
def test_a_value_that_is_set_is_one_that_was_written(seed: int) -> None:
    random = Random(seed)
    document = random_spec(random)
    whole = check(Source("spec.json", json.dumps(document)))
    chosen = random.sample(found := leaves(document), k=min(4, len(found)))
    given = [
        Source(f"<--set #{number}>", f"{path}={json.dumps(value)}")
        for number, (path, value) in enumerate(chosen, start=1)
    ]
    again = check(Source("spec.json", json.dumps(document)), settings=given)
    assert again.spec == whole.spec
    # Written otherwise first: what is set counts.
    other = check(
        Source("spec.json", json.dumps({**document, "name": "other"})),
        settings=[Source("<--set #1>", f"name={json.dumps(document['name'])}")],
    )
    assert other.spec == whole.spec


@MANY
@given(
    text=st.text(max_size=30)
    | st.text("abc.[]=0-{}:,'\"&*!#\n layers", max_size=40)
    | st.builds("training.seed={}".format, st.text("[]{}:,'\"&*!#|>%@` \n\t-?0a", max_size=20))
)
def test_no_text_of_a_setting_ends_otherwise_than_in_findings(text: str) -> None:
    report = checked(text)
    for one in report.diagnostics:
        for span in (one.span, *(label.span for label in one.related)):
            assert 0 <= span.start <= span.end <= len(span.source.text)
        assert one.help or one.notes
    assert report.ok == all(one.severity != "error" for one in report.diagnostics)
