"""Values in the form of other libraries: each is told by what to write instead, and that is right."""

from __future__ import annotations

import math

import pytest

from bnnc.compiler.checking.fixes import apply
from bnnc.compiler.language.examples import accepts, example, flow, mappings_meant, short
from bnnc.compiler.language.member_suggestions import member_meant
from bnnc.compiler.language.schema_queries import choices, field_paths, schema_at, schema_of_field
from bnnc.compiler.language.suggestions import (
    number_meant,
    numbers_meant,
    sigma_of_rho,
)
from bnnc.compiler.pipeline import check, fix
from bnnc.compiler.text.source import Source
from bnnc.specs.layers import LAYER_TYPES, type_name
from bnnc.specs.outputs import OUTPUTS
from tests.support.findings import OUTPUT, VALID, findings, only, with_layer

TYPES = [type_name(layer) for layer in LAYER_TYPES]
METHODS = choices(schema_of_field("bayesian.method") or {})


# --- values in the place of mappings ----------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "written", "is_fixed"),
    [
        ("bayesian: flipout", "bayesian: {method: flipout}", True),
        ("loss: negative_log_likelihood", "loss: {type: negative_log_likelihood}", True),
        ("loss: nll", "loss: {type: negative_log_likelihood}", False),
        ("loss: {kl: per_example}", "kl: {weight: per_example}", True),
        ("training: {optimizer: adam}", "optimizer: {type: adam}", True),
        ("training: {optimizer: Adam}", "optimizer: {type: adam}", False),
        ("bayesian: {method: flipout, prior: normal}", "prior: {distribution: normal}", True),
        ("bayesian: {method: flipout, prior: learned}", "prior: {scale: learned}", True),
        (
            "bayesian: {method: flipout, prior: 0.5}",
            "prior: {scale: 0.5}`, or `prior: {loc: 0.5}",
            False,
        ),
        ("data: digits", "data: {source: digits}", True),
        ("prediction: 8", "prediction: {samples: 8}", False),
    ],
)
def test_a_value_in_the_place_of_a_mapping_is_told_the_whole_line(
    line: str, written: str, is_fixed: bool
) -> None:
    found = only(VALID + line + "\n")
    assert found.code == "BNN105"
    assert found.help == (f"write `{written}`",)
    assert [one.safe for one in found.fixes] == [True] * is_fixed
    if is_fixed:
        fixed = apply(VALID + line + "\n", found.fixes[0].edits)
        assert written in fixed
        assert not [one for one in findings(fixed) if one.code < "BNN2"]


def test_a_number_that_fits_several_keys_is_told_all_of_them() -> None:
    found = only(VALID + "bayesian: {method: flipout}\nloss: {kl: 0.5}\n")
    assert found.help == (
        "write `kl: {weight: 0.5}`, or `kl: {warmup_epochs: 0.5}`, or `kl: {temperature: 0.5}`",
    )


@pytest.mark.parametrize("distribution", OUTPUTS)
def test_an_output_written_as_a_word_is_told_a_line_that_compiles(distribution: str) -> None:
    found = only(VALID.replace(OUTPUT, f"output: {distribution}\n"))
    (help,) = found.help
    line = help.removeprefix("write `").removesuffix("`")
    width = (
        OUTPUTS[distribution]
        .model_validate(
            mappings_meant(schema_at(("output",), {}) or {}, distribution, None).mappings[0]  # type: ignore[union-attr]
        )
        .width
    )
    # The stack is of ten classes; one unit gives them where cutpoints are learned.
    classes = 10 if distribution == "ordered_logistic" else width
    text = VALID.replace(OUTPUT, line + "\n").replace("classes: 10", f"classes: {classes}")
    assert findings(text.replace("units: 10", f"units: {width}")) == ()


def test_the_classes_of_an_output_are_those_of_the_last_layer() -> None:
    text = VALID.replace(OUTPUT, "output: categorical\n").replace("units: 10", "units: 7")
    assert "classes: 7" in only(text).help[0]


def test_a_fix_in_json_is_json() -> None:
    text = (
        '{"bnnc": 1, "name": "a", "input": {"shape": [4, 4, 1]}, "layers": [{"type": "flatten"}, '
        '{"type": "dense", "units": 2}], "output": {"distribution": "categorical", '
        '"parameterization": "logits", "classes": 2, "labels": "integer"}, "bayesian": "flipout"}'
    )
    fixed = fix(check(Source("spec.json", text)), unsafe=False)
    assert fixed.report.ok
    assert '"bayesian": {"method": "flipout"}' in fixed.source.text


@pytest.mark.parametrize("path", field_paths())
def test_every_field_has_an_example_that_the_schema_accepts(path: str) -> None:
    schema = field_paths()[path]
    assert accepts(schema, example(path.rpartition(".")[2], schema))


@pytest.mark.parametrize("layer", TYPES)
def test_every_layer_has_an_example_that_the_schema_accepts(layer: str) -> None:
    member = member_meant(schema_at(("layers", 0), {}) or {}, layer, None, None)
    found = findings(with_layer(flow(member.mapping)))
    assert not [one for one in found if one.code < "BNN2"]


# --- numbers, lists and ranges ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "number"),
    [("1/60000", 1 / 60000), ("50%", 0.5), ("1_000", 1000), ("2**10", 1024), ("1/0", None),
     ("a/b", None), ("nan", None), ("-1**0.5", None), ("", None)],
)  # fmt: skip
def test_a_number_written_as_text_is_read(text: str, number: float | None) -> None:
    assert number_meant(text) == number


def test_a_list_written_as_text_is_read() -> None:
    assert numbers_meant("28x28x1") == numbers_meant("(28, 28, 1)") == [28, 28, 1]
    assert numbers_meant("28") is numbers_meant("a x b") is None


def test_sigma_is_softplus_of_rho() -> None:
    for rho in (-700.0, -3.0, 0.0, 2.0, 700.0):
        expected = math.log1p(math.exp(rho)) if rho < 100 else rho
        assert sigma_of_rho(rho) == pytest.approx(expected)


def test_a_number_is_shown_as_a_person_writes_it() -> None:
    assert [short(one) for one in (1 / 60000, 0.5, 1e-7, 3.0)] == ["1.67e-5", "0.5", "1e-7", "3"]


@pytest.mark.parametrize(
    ("line", "help"),
    [
        ("loss: {kl: {weight: 1/60000}}", "write `weight: 1.67e-5`: YAML reads this value as text"),
        ("loss: {kl: {weight: '0.5'}}", "write 0.5 without quotes"),
        ("loss: {kl: {weight: per_batch}}", "write `per_example`, or a number from 0 to 1,000,000"),
        ("data: {source: digits, validation_split: 1/10}", "write `validation_split: 0.1`"),
        ("data: {source: ./a, validation_split: 20}", "for 20 %, write `validation_split: 0.2`"),
        ("bayesian: {method: flipout, posterior: {initial_scale: -3}}", "write `initial_scale: 0.0486`"),
        ("training: {epochs: 0}", "write `epochs: 10`, the default"),
        ("training: {optimizer: {type: sgd, momentum: 1}}", "write `momentum: 0`, the default"),
    ],
)  # fmt: skip
def test_a_wrong_number_is_told_what_to_write(line: str, help: str) -> None:
    found = next(
        one for one in findings(VALID + line + "\n") if one.code in {"BNN104", "BNN105", "BNN106"}
    )
    assert help in found.help[0]


def test_a_fraction_as_the_weight_of_the_kl_is_told_of_per_example() -> None:
    found = only(VALID + "loss: {kl: {weight: 1/60000}}\n")
    assert found.code == "BNN105"
    assert found.help[1] == "or write `weight: per_example`, which is 1 / number of training rows"


@pytest.mark.parametrize(
    ("rate", "help"),
    [("1.0", "such as `rate: 0.5`"), ("-0.1", "write `rate: 0.2`"), ("30", "write `rate: 0.3`")],
)
def test_a_rate_of_dropout_out_of_range_is_told_a_rate(rate: str, help: str) -> None:
    found = only(with_layer(f"{{type: dropout, rate: {rate}}}"))
    assert found.code == "BNN106"
    assert help in found.help[0]


def test_a_shape_written_with_crosses_is_fixed() -> None:
    text = VALID.replace("[28, 28, 1]", "28x28x1")
    found = only(text)
    assert found.help == ("write `shape: [28, 28, 1]`",)
    assert fix(check(Source("spec.yaml", text)), unsafe=False).source.text == VALID
