"""Errors of schema: the place, the words and the way out, each once, and all of them at once."""

from __future__ import annotations

import pytest

from bnnc.compiler.pipeline import check
from bnnc.compiler.text.source import Source
from tests.support.findings import OUTPUT, VALID, findings, only
from tests.support.findings import STACK as LAYERS

INPUT = "input: {shape: [28, 28, 1]}\n"


def with_layer(layer: str) -> str:
    """A valid spec with one more layer before the others; it is on line 5."""
    return VALID.replace("layers:\n", f"layers:\n  - {layer}\n")


def test_a_valid_spec_has_no_findings() -> None:
    assert findings(VALID) == ()


# --- unknown keys -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("layer", "key", "help"),
    [
        ("{type: dense, units: 5, activaton: relu}", "activaton", "did you mean `activation`?"),
        ("{type: dense, units: 5, bias: false}", "bias", "did you mean `use_bias`?"),
        ("{type: conv2d, filters: 6, kernel: 5}", "kernel", "did you mean `kernel_size`?"),
        ("{type: conv2d, units: 6, kernel_size: 5}", "units", "did you mean `filters`?"),
        ("{type: dense, filters: 6}", "filters", "did you mean `units`?"),
        ("{type: dropout, p: 0.5}", "p", "did you mean `rate`?"),
        ("{typ: dense, units: 5}", "typ", "did you mean `type`?"),
        (
            "{type: flatten, input_shape: 3}",
            "input_shape",
            "delete it: `input.shape` already has the value [28, 28, 1], not 3",
        ),
        (
            "{type: flatten, prior: 3}",
            "prior",
            "`prior` belongs in `bayesian`: write `bayesian: {method: flipout, prior: {scale: 3}}`",
        ),
        ("{type: flatten, zzz: 3}", "zzz", "delete it, or use one of: `type`, `name`"),
    ],
)
def test_an_unknown_key_of_a_layer_is_named_with_what_was_meant(
    layer: str, key: str, help: str
) -> None:
    # A misspelt key that is required is one finding, not an unknown and a missing one.
    text = with_layer(layer).replace("  - {type: flatten}\n", "", layer.count("dense"))
    found = next(one for one in findings(text) if one.code == "BNN102")
    assert found.message == f"unknown key `{key}` in layer 1"
    assert found.span.text == key
    assert found.span.position[0] == 5
    assert found.help == (help,)
    assert not [one for one in findings(text) if one.code == "BNN103"]


@pytest.mark.parametrize(
    ("line", "help"),
    [
        (
            "batch_size: 32",
            "`batch_size` belongs in `training`: write `training: {batch_size: 32}`",
        ),
        (
            "learning_rate: 0.1",
            "`learning_rate` belongs in `training.optimizer`: write `training: {optimizer: {type: adam, learning_rate: 0.1}}`",
        ),
        ("kl: {weight: 1}", "`kl` belongs in `loss`: write `loss: {kl: {weight: 1}}`"),
        ("kl_weight: 1", "the key for this is `loss.kl.weight`: write `loss: {kl: {weight: 1}}`"),
        ("labels: integer", "delete it: `output.labels` already has this value"),
        ("samples: 3", "`samples` belongs in `prediction`: write `prediction: {samples: 3}`"),
        (
            "prior: {scale: 1}",
            "`prior` belongs in `bayesian`: write `bayesian: {method: flipout, prior: {scale: 1}}`",
        ),
        (
            "value_range: [0, 1]",
            "`value_range` belongs in `input`: write `value_range: [0, 1]` there",
        ),
        (
            "training: {validation_split: 0.1}",
            "`validation_split` belongs in `data`: write `validation_split: 0.1` in a section `data` that also has a `source`",
        ),
        (
            "training: {learning_rate: 1}",
            "`learning_rate` belongs in `training.optimizer`: write `optimizer: {type: adam, learning_rate: 1}` in `training`",
        ),
        (
            "training: {loss: mse}",
            "`loss` belongs at the top: write `loss: {type: mean_squared_error}` there",
        ),
        ("trainig: {epochs: 3}", "did you mean `training`?"),
        ("bayesian: {method: none, prior: {stddev: 1}}", "did you mean `scale`?"),
        ("bayesian: {method: none, posterior: {scale: 1}}", "did you mean `initial_scale`?"),
        ("bayesian: {method: none, prior: {mean: 1}}", "did you mean `loc`?"),
    ],
)
def test_a_key_in_the_wrong_place_is_sent_home(line: str, help: str) -> None:
    found = only(VALID + line + "\n")
    assert found.code == "BNN102"
    assert found.help == (help,)
    assert found.span.position[0] == 8


def test_a_key_that_fell_out_of_its_section_is_not_missing_there_too() -> None:
    text = VALID.replace(", classes: 10", "") + "classes: 10\n"
    assert only(text).help == ("`classes` belongs in `output`: write `classes: 10` there",)


def test_an_extension_key_is_no_key_of_the_spec() -> None:
    assert findings(VALID + "x-anchors: {anything: [1, null]}\n") == ()


# --- missing keys -----------------------------------------------------------------------------


@pytest.mark.parametrize("key", ["bnnc", "name", "input", "layers", "output"])
def test_a_missing_key_at_the_top_is_shown_at_the_first_line(key: str) -> None:
    parts = {
        "bnnc": "bnnc: 1\n",
        "name": "name: example\n",
        "input": INPUT,
        "layers": LAYERS,
        "output": OUTPUT,
    }
    del parts[key]
    found = only("".join(parts.values()))
    assert found.code == "BNN103"
    assert found.message == f"the spec has no `{key}`"
    assert found.span.position == (1, 1)
    assert found.help[0].startswith(f"add `{key}: ")
    assert found.help[0].startswith("add `bnnc: 1` as the first line") == (key == "bnnc")


def test_a_missing_key_of_a_layer_is_shown_at_the_layer() -> None:
    found = only(with_layer("{type: conv2d, filters: 6}"))
    assert found.message == "layer 1 has no `kernel_size`"
    assert found.span.text == "{type: conv2d, filters: 6}"
    assert "a whole number from 1 to 65,536" in found.help[0]


def test_a_missing_type_is_guessed_from_the_keys_that_are_there() -> None:
    found = only(with_layer("{units: 10}"))
    assert found.message == "layer 1 has no `type`"
    assert "`conv2d`" in found.help[0]
    assert found.help[0].startswith("add `type: dense`, or one of")


def test_a_missing_key_of_the_output_is_shown_at_its_key() -> None:
    found = only(VALID.replace(" parameterization: logits,", ""))
    assert found.message == "`output` has no `parameterization`"
    assert found.span.text == "output"
    assert found.help == ("add `parameterization: logits`, or `probs`",)


# --- unknown names ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("layer", "value", "meant"),
    [
        ("{type: Conv2D, filters: 6, kernel_size: 5}", "Conv2D", "conv2d"),
        ("{type: MaxPool2D}", "MaxPool2D", "max_pooling2d"),
        ("{type: MaxPooling2D}", "MaxPooling2D", "max_pooling2d"),
        ("{type: BatchNorm}", "BatchNorm", "batch_normalization"),
        ("{type: fltten}", "fltten", "flatten"),
        ("{type: activation, activation: swish}", "swish", "silu"),
        ("{type: activation, activation: ReLU}", "ReLU", "relu"),
        ("{type: activation, activation: null}", "null", "linear"),
    ],
)
def test_an_unknown_name_is_told_with_the_one_that_was_meant(
    layer: str, value: str, meant: str
) -> None:
    found = only(with_layer(layer))
    assert found.code == "BNN104"
    assert found.span.text == value
    assert found.help == (f"did you mean `{meant}`?",)
    assert found.fixes[0].edits[0].replacement == meant


def test_a_name_that_resembles_none_is_told_with_all() -> None:
    found = only(VALID + "bayesian: {method: metropolis}\n")
    assert found.message == "unknown `method`: `metropolis`"
    assert "`flipout`" in found.help[0]
    assert not found.fixes


def test_a_layer_named_without_brackets_is_told_of_the_list() -> None:
    found = only(VALID + "bayesian: {method: flipout, layers: dense}\n")
    assert "`layers: [dense]`" in found.help[0]


# --- wrong kinds, ranges, lengths, names ------------------------------------------------------


@pytest.mark.parametrize(
    ("old", "new", "at", "message", "label"),
    [
        ("10}\noutput", '"10"}\noutput', '"10"', "`units` must be a whole number from 1 to 65,536", "text"),
        ("10}\noutput", "null}\noutput", "null", "`units` must be a whole number from 1 to 65,536", "null"),
        ("10}\noutput", "[10]}\noutput", "[10]", "`units` must be a whole number from 1 to 65,536", "a list"),
        ("10}\noutput", "true}\noutput", "true", "`units` must be a whole number from 1 to 65,536", "a boolean"),
        ("28, 1]", "28.5, 1]", "28.5", "each item of `shape` must be a whole number from 1 to 65,536", "a fractional number"),
        ("[28, 28, 1]", "28", "28", "`shape` must be a list of 1 to 4 items, each a whole number from 1 to 65,536", "a whole number"),
        ("{type: flatten}", "flatten", "flatten", "layer 1 must be a mapping with `type`", "text"),
        ("bnnc: 1", 'bnnc: "1"', '"1"', "`bnnc` must be the number `1`", "text"),
        ("bnnc: 1", "bnnc: true", "true", "`bnnc` must be the number `1`", "a boolean"),
        ("name: example", "name: 3", "3", "`name` must be a name", "a whole number"),
    ],
)  # fmt: skip
def test_a_value_of_the_wrong_kind_is_shown_alone(
    old: str, new: str, at: str, message: str, label: str
) -> None:
    assert VALID.count(old) == 1
    found = only(VALID.replace(old, new))
    assert found.code == "BNN105"
    assert found.span.text == at
    assert found.message == message
    assert found.label == f"this is {label}"
    assert found.help or found.notes


@pytest.mark.parametrize(
    ("line", "at", "message"),
    [
        ("training: {batch_size: 0}", "0", "`batch_size` must be a whole number from 1 to 1,000,000"),
        ("training: {seed: -1}", "-1", "`seed` must be a whole number from 0 to 2,147,483,647"),
        ("training: {optimizer: {type: adam, beta_1: 1}}", "1", "`beta_1` must be a number of at least 0 and less than 1"),
        ("loss: {kl: {temperature: 0}}", "0", "`temperature` must be a number greater than 0 and at most 1,000,000"),
        ("bayesian: {method: none, prior: {scale: 0}}", "0", "`scale` must be `learned`, or a number greater than 1e-6 and at most 1,000"),
        ("data: {source: digits, validation_split: 1.0}", "1.0", "`validation_split` must be a number of at least 0 and less than 1"),
    ],
)  # fmt: skip
def test_a_number_out_of_range_is_told_with_the_range(line: str, at: str, message: str) -> None:
    found = only(VALID + line + "\n")
    assert found.code == "BNN106"
    assert found.span.text == at
    assert found.message == message


def test_a_mean_in_raw_pixels_is_told_of_the_mapping() -> None:
    found = only(VALID.replace("1]}", "1], mean: 72.9}", 1))
    assert found.code == "BNN106"
    assert "divide by 255" in found.help[0]


@pytest.mark.parametrize(("shape", "has"), [("[]", "this is empty"), ("[32, 28, 28, 28, 1]", "this has 5")])  # fmt: skip
def test_a_shape_of_wrong_length_is_one_finding(shape: str, has: str) -> None:
    found = only(VALID.replace("[28, 28, 1]", shape))
    assert found.code == "BNN107"
    assert found.message.startswith(
        "`shape` must be a list of 3 numbers for an image, [height, width, channels]"
    )
    assert found.label == has
    assert found.span.text == shape


def test_a_spec_without_a_single_layer_is_told_so() -> None:
    found = only(VALID.replace(LAYERS, "layers: []\n"))
    assert (found.code, found.span.text) == ("BNN107", "[]")


@pytest.mark.parametrize(
    ("name", "label", "suggestion"),
    [
        ("Head", "`H` is not allowed in a name", ("write `head`",)),
        ("my-head", "`-` is not allowed in a name", ("write `my_head`",)),
        ("1st", "a name cannot start with `1`", ()),
        ("a" * 64, "has 64 characters", (f"write `{'a' * 63}`",)),
        ("'α'", "`α` is not allowed in a name", ()),
    ],
)
def test_an_invalid_name_is_told_what_is_wrong_with_it(
    name: str, label: str, suggestion: tuple[str, ...]
) -> None:
    found = only(VALID.replace("units: 10}", f"units: 10, name: {name}}}"))
    assert found.code == "BNN108"
    assert found.label == label
    assert found.help == suggestion


def test_another_version_is_reported_alone() -> None:
    found = only("bnnc: 2\nlayer: none of this is version 1\ninput:\n  shape: 3\n")
    assert found.code == "BNN101"
    assert found.span.text == "2"


# --- all at once, each once -------------------------------------------------------------------


def test_errors_of_several_sections_are_reported_at_once_in_file_order() -> None:
    text = """\
bnnc: 1
name: bad name
input: {shape: []}
layers:
  - {type: Flatten}
  - {type: dense, units: 0}
  - {type: dense}
output: {distribution: categorical, parameterization: logit, classes: "10", labels: integer}
training: {batch_size: 3.5, epoch: 3}
"""
    found = findings(text)
    assert [(one.code, one.span.position[0]) for one in found] == [
        ("BNN108", 2),
        ("BNN107", 3),
        ("BNN104", 5),
        ("BNN106", 6),
        ("BNN103", 7),
        ("BNN104", 8),
        ("BNN105", 8),
        ("BNN105", 9),
        ("BNN102", 9),
    ]


def test_rules_are_asked_about_the_parts_that_are_right() -> None:
    text = VALID.replace("units: 10}", "units: 10, activation: softmax}")
    text += "training: {bach_size: 3}\n"
    assert [one.code for one in findings(text)] == ["BNN301", "BNN102"]


def test_a_double_softmax_is_found_behind_a_broken_layer() -> None:
    text = with_layer("{type: conv2d, filters: 6}")
    text = text.replace("units: 10}", "units: 10, activation: softmax}")
    assert [one.code for one in findings(text)] == ["BNN103", "BNN301"]


def test_nothing_is_said_of_an_activation_that_a_broken_layer_may_have() -> None:
    # The last layer has errors: whether it is linear is not known.
    text = VALID.replace("units: 10}", 'units: "10"}').replace("logits", "probs")
    assert [one.code for one in findings(text)] == ["BNN105"]


def test_a_key_that_is_called_as_a_branch_does_not_lead_astray() -> None:
    # pydantic writes `dense` into the location of every error of a dense layer.
    found = findings(with_layer("{type: dense, dense: {units: 1}, units: x}"))
    assert [(one.code, one.span.text) for one in found if one.code < "BNN2"] == [
        ("BNN102", "dense"),
        ("BNN105", "x"),
    ]
    found = findings(VALID + "bayesian: {method: none, prior: {scale: {other: 3}}}\n")
    assert [(one.code, one.span.text) for one in found] == [("BNN105", "{other: 3}")]


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("training:", "BNN003"),
        ("training: {seed: 1e400}", "BNN004"),
        ("training: {seed: 18446744073709551615}", "BNN005"),
        ("training: {seed: !!str 3}", "BNN009"),
        ("training: *nowhere", "BNN017"),
    ],
)
def test_what_the_reader_has_reported_is_not_reported_again(line: str, code: str) -> None:
    assert only(VALID + line + "\n").code == code


def test_lines_that_fell_out_of_an_empty_section_are_one_finding() -> None:
    found = only(VALID + "training:\nbatch_size: 128\nepochs: 3\n")
    assert (found.code, found.span.text) == ("BNN003", "training")


def test_a_misspelt_tag_of_a_section_is_one_finding_and_no_rule_looks_at_the_section() -> None:
    text = """\
bnnc: 1
name: misspelt
input: {shape: [1, 1, 1]}
layers:
  - {type: activation, activation: linear}
output: {parameterization: logits, labels: integer, classes: 1, distributions: categorical}
"""
    found = check(Source("spec.yaml", text)).diagnostics
    assert [one.code for one in found if one.severity == "error" and one.code < "BNN2"] == [
        "BNN102"
    ]
    assert not [one.code for one in found if one.code.startswith("BNN3")]
