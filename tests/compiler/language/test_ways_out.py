"""The way out that a finding names is one that its author can take, and says what was meant."""

from __future__ import annotations

import math

import pytest

from bnnc.compiler.language.synonyms import ALSO_CALLED, KL_DIVISORS, SAID_AS, TOLD_WITH
from bnnc.compiler.pipeline import fix
from tests.support.findings import FLIPOUT, OUTPUT, VALID, checked, only, with_layers


def fixed(text: str) -> str:
    return fix(checked(text), unsafe=True).source.text


# --- three dots --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (VALID + "...\ntraining: {epochs: 2}\n", 8),
        (VALID + "... # and so on\n\n# more\ntraining: {epochs: 2}\n", 8),
        (VALID.replace("input: {shape: [28, 28, 1]}", "input:\n..."), 4),
        (VALID.replace("  - {type: flatten}\n", "  - {type: flatten}\n...\n"), 6),
        (VALID.replace("  - {type: flatten}\n", "  - {type: flatten}\n  ...\n"), 6),
    ],
)
def test_dots_with_text_behind_them_are_told_to_be_deleted(text: str, line: int) -> None:
    found = only(text, "BNN001")
    assert found.message.startswith("`...`")
    assert (found.span.position[0], found.help) == (line, (f"delete line {line}",))


def test_dots_at_the_end_of_a_spec_are_nothing_to_report() -> None:
    assert not checked(VALID + "...\n# the end\n").diagnostics


# --- log-probabilities -------------------------------------------------------------------------


@pytest.mark.parametrize("parameterization", ["logits", "probs", "log_probs"])
@pytest.mark.parametrize("name", ["log_softmax", "LogSoftmax"])
@pytest.mark.parametrize(
    "layers",
    [
        ("{type: flatten}", "{type: dense, units: 10, activation: %s}"),
        ("{type: flatten}", "{type: dense, units: 10}", "{type: activation, activation: %s}"),
    ],
)
def test_a_log_softmax_is_deleted_and_the_loss_takes_logits(
    layers: tuple[str, ...], name: str, parameterization: str
) -> None:
    text = with_layers(*layers).replace("%s", name)
    text = text.replace("parameterization: logits", f"parameterization: {parameterization}")
    result = fix(checked(text), unsafe=True)
    assert not result.report.diagnostics
    assert "parameterization: logits" in result.source.text


def test_a_log_softmax_is_read_as_logits_once_too_often() -> None:
    text = with_layers("{type: flatten}", "{type: dense, units: 10, activation: log_softmax}")
    found = only(text, "BNN303")
    assert found.help[0].endswith("under `logits` the loss has the log-softmax in it")


def test_a_log_softmax_between_layers_is_no_output() -> None:
    text = with_layers(
        "{type: flatten}",
        "{type: dense, units: 5, activation: %s}",
        "{type: dense, units: 10}",
    )
    assert not checked(text % "log_softmax").diagnostics
    assert only(text % "LogSoftmax", "BNN104").help == ("did you mean `log_softmax`?",)


@pytest.mark.parametrize(("activation", "word"), [("softmax", "probs"), ("linear", "logits")])
def test_log_probs_are_what_the_last_layer_gives(activation: str, word: str) -> None:
    text = VALID.replace("units: 10", f"units: 10, activation: {activation}")
    text = text.replace("parameterization: logits", "parameterization: log_probs")
    found = only(text, "BNN104")
    assert found.help == (
        "for softmax outputs write `probs`; for linear or log-softmax outputs write `logits`",
    )
    result = fix(checked(text), unsafe=True)
    assert not result.report.diagnostics
    assert f"parameterization: {word}" in result.source.text


# --- values of another kind --------------------------------------------------------------------


@pytest.mark.parametrize("word", ["true", "false", "True", "FALSE"])
@pytest.mark.parametrize("quote", ["'", '"'])
def test_a_quoted_boolean_is_the_one_that_is_written(word: str, quote: str) -> None:
    text = VALID.replace("units: 10", f"units: 10, use_bias: {quote}{word}{quote}")
    found = only(text, "BNN105")
    assert found.help == (f"write `use_bias: {word.lower()}`, without quotes",)
    assert f"use_bias: {word.lower()}}}" in fixed(text)


@pytest.mark.parametrize(
    ("before", "after", "help"),
    [
        ("[28, 28, 1]}", "[28, 28, 1], mean: None}", "delete the key, or write `null`"),
        (OUTPUT, OUTPUT + "data: None\n", "delete the key, or write `null`"),
        (OUTPUT, OUTPUT + "training: {epochs: None}\n", "delete the key"),
        ("units: 10", "units: None", "write `units: 84`"),
    ],
)
def test_pythons_none_is_text(before: str, after: str, help: str) -> None:
    found = only(VALID.replace(before, after), "BNN105")
    assert found.help == (f"`None` is text in YAML: {help}",)


def test_none_is_a_method_too() -> None:
    found = only(VALID + "bayesian: None\n", "BNN105")
    assert found.help == ("write `bayesian: {method: none}`",)


@pytest.mark.parametrize("indent", ["", "  "])
def test_the_dash_before_the_keys_of_a_section_is_deleted(indent: str) -> None:
    section = f"training:\n{indent}- batch_size: 64   # small\n{indent}  epochs: 3\n"
    found = only(VALID + section, "BNN105")
    assert found.help == ("delete the dash: `training: {batch_size: 64, epochs: 3}`",)
    assert fixed(VALID + section) == VALID + section.replace("-", " ")
    assert not checked(fixed(VALID + section)).diagnostics


def test_a_dash_before_every_key_of_a_section_is_one_too_many() -> None:
    found = only(VALID + "training:\n  - batch_size: 64\n  - epochs: 3\n", "BNN105")
    assert found.help == ("delete the dashes: `training: {batch_size: 64, epochs: 3}`",)


@pytest.mark.parametrize(
    ("value", "help"),
    [
        ("{type: leaky_relu}", "write `activation: leaky_relu`"),
        ("{class_name: LeakyReLU}", "write `activation: leaky_relu`"),
        (
            "{type: leaky_relu, negative_slope: 0.3}",
            "write `activation: leaky_relu`: `negative_slope` cannot be set, and has Keras's "
            "default",
        ),
        ("{leaky_relu: {alpha: 0.3}}", "write `activation: leaky_relu`"),
    ],
)
def test_an_activation_as_an_object_is_the_one_that_it_names(value: str, help: str) -> None:
    text = VALID.replace("units: 10", f"units: 10, activation: {value}")
    assert only(text, "BNN105").help == (help,)


# --- numbers out of range ----------------------------------------------------------------------


@pytest.mark.parametrize("number", [-0.5, -3.0, -8.0])
@pytest.mark.parametrize("field", ["prior: {scale", "posterior: {initial_scale"])
def test_a_negative_scale_has_three_readings(field: str, number: float) -> None:
    found = only(VALID + FLIPOUT % f", {field}: {number}}}", "BNN106")
    sigmas = [math.log1p(math.exp(number)), math.exp(number), math.exp(number / 2)]
    said = [float(one.split(": ")[1].split("`")[0]) for one in found.help]
    assert said == pytest.approx(sigmas, rel=5e-3)


def test_a_scale_that_no_reading_explains_is_told_a_scale() -> None:
    found = only(VALID + FLIPOUT % ", posterior: {initial_scale: -100000}", "BNN106")
    assert found.help == ("write a standard deviation above 0, such as `initial_scale: 0.01`",)


@pytest.mark.parametrize(("number", "count"), [(3, 2), (5000, 1)])
def test_a_scale_above_its_range_may_be_a_rho(number: int, count: int) -> None:
    found = only(VALID + FLIPOUT % f", posterior: {{initial_scale: {number}}}", "BNN106")
    assert len(found.help) == count
    assert ("softplus(3) = 3.05" in found.help[-1]) == (number == 3)


def test_the_numbers_of_one_list_are_one_finding() -> None:
    text = VALID.replace("[28, 28, 1]}", "[28, 28, 3], mean: [104, 117, 124]}")
    assert only(text, "BNN106").help[0].endswith("which gives `mean: [0.408, 0.459, 0.486]`")
    text = with_layers("{type: conv2d, filters: 4, kernel_size: [0, 0]}", "{type: flatten}")
    assert only(text, "BNN106").help == ("write `kernel_size: 3`, or another number in this range",)


def test_one_wrong_number_of_a_list_is_told_alone() -> None:
    text = VALID.replace("[28, 28, 1]}", "[28, 28, 3], mean: [0.4, 117, 0.5]}")
    found = only(text, "BNN106")
    assert found.span.text == "117"
    assert found.help[0].endswith("which gives `0.459`")


# --- keys of other libraries -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("section", "help"),
    [
        ("bayesian: {method: flipout, prior: {trainable: true}}", "write `scale: learned`, to learn it with the weights"),
        ("bayesian: {method: flipout, prior: {scale: 0.5, trainable: true}}", "write `scale: learned` instead of `scale: 0.5`, to learn it with the weights"),
        ("bayesian: {method: flipout, prior: {trainable: false}}", "delete it: a `scale` that is a number is not learned"),
        ("bayesian: {method: flipout, posterior: {untransformed_scale: -3.0}}", "write `initial_scale: 0.0486` in `bayesian.posterior`: softplus(-3) is 0.0486"),
        ("bayesian: {method: flipout, prior: {untransformed_scale: -1}}", "write `scale: 0.313` in `bayesian.prior`: softplus(-1) is 0.313"),
        ("bayesian: {method: flipout, posterior: {rho: 3}}", "write `initial_scale: 0.01` in `bayesian.posterior`: softplus(3) is 3.05, which is too wide"),
        ("loss: {kl_loss_weight: per_example}", "the key for this is `loss.kl.weight`: write `kl: {weight: per_example}` in `loss`"),
        ("loss: {complexity_cost_weight: 0.001}", "the key for this is `loss.kl.weight`: write `kl: {weight: 0.001}` in `loss`"),
        ("training: {optimizer: {type: adam, learning_rate: 0.01, decay: 0.001}}", "write `learning_rate: {type: cosine_decay, initial_learning_rate: 0.01}`"),
        ("training: {optimizer: {type: adamw, decay: 0.001}}", "did you mean `weight_decay`?"),
        ("nb_epoch: 5", "the key for this is `training.epochs`: write `training: {epochs: 5}`"),
    ],
)  # fmt: skip
def test_a_key_of_another_library_is_told_the_line_to_write(section: str, help: str) -> None:
    assert only(f"{VALID}{section}\n", "BNN102").help == (help,)


@pytest.mark.parametrize("key", sorted(KL_DIVISORS))
def test_what_the_kl_is_divided_by_is_the_rows_trained_on(key: str) -> None:
    found = only(VALID + FLIPOUT % "" + f"loss: {{kl: {{{key}: 1437}}}}\n", "BNN102")
    assert found.help[0].startswith("write `weight: per_example`")


@pytest.mark.parametrize(
    ("before", "help"),
    [
        ("", "delete it, and write `bayesian: {method: mc_dropout}` at the top"),
        ("bayesian: {method: none}", "delete it, and write `method: mc_dropout` in `bayesian`"),
        ("bayesian: {method: mc_dropout}", "delete it: `bayesian.method` already defines this"),
    ],
)
def test_dropout_in_training_mode_is_a_method(before: str, help: str) -> None:
    layer = "{type: dropout, rate: 0.2, training: true}"
    text = with_layers("{type: flatten}", layer, "{type: dense, units: 10}") + before + "\n"
    assert only(text, "BNN102").help == (help,)
    assert only(text.replace("true", "false"), "BNN102").help == ("delete it",)


@pytest.mark.parametrize(
    ("layer", "help"),
    [
        ("{type: dense, output_dim: 5}", "did you mean `units`?"),
        ("{type: conv2d, nb_filter: 5, kernel_size: 3}", "did you mean `filters`?"),
        ("{type: conv2d, filters: 5, nb_row: 3, nb_col: 3}", "write `kernel_size: 3` instead of `nb_row` and `nb_col`"),
        ("{type: conv2d, filters: 5, nb_row: 3, nb_col: 5}", "write `kernel_size: [3, 5]` instead of `nb_row` and `nb_col`"),
        ("{type: conv2d, filters: 5, kernel_size: 3, border_mode: same}", "did you mean `padding`?"),
        ("{type: conv2d, filters: 5, kernel_size: 3, subsample: 2}", "did you mean `strides`?"),
        ("{type: dense, units: 5, bias_posterior_fn: none}", "write `use_bias: false`"),
        ("{type: dense, units: 5, bias_posterior_fn: null}", "write `use_bias: false`"),
    ],
)  # fmt: skip
def test_an_old_argument_of_keras_is_one_finding(layer: str, help: str) -> None:
    flatten = "{type: flatten}"
    stack = (layer, flatten) if "conv2d" in layer else (flatten, layer)
    (found,) = checked(with_layers(*stack, "{type: dense, units: 10}")).diagnostics
    assert (found.code, found.help) == ("BNN102", (help,))


@pytest.mark.parametrize(
    ("said", "meant"),
    [("4", "4"), ("[3, 2]", "[2, 3]"), ("[1, 2, 3, 4]", "4"), ("reflect", "4")],
)
def test_the_zeros_of_a_crop_are_a_layer_of_their_own(said: str, meant: str) -> None:
    # torchvision's padding is of the width first
    crop = f"{{type: random_crop, height: 20, width: 20, padding: {said}}}"
    layers = (crop, "{type: flatten}", "{type: dense, units: 10}")
    (found,) = checked(with_layers(*layers)).diagnostics
    zeros = f"{{type: zero_padding2d, padding: {meant}}}"
    assert found.code == "BNN102"
    assert found.help[0].endswith(f"before the crop: `- {zeros}`")
    assert not checked(
        with_layers(zeros, crop.replace(f", padding: {said}", ""), *layers[1:])
    ).diagnostics


@pytest.mark.parametrize(
    ("said", "help"),
    [
        ("20", "write `height: 20, width: 20` instead of `size`"),
        ("[20, 24]", "write `height: 20, width: 24` instead of `size`"),
        ("small", "write `height` and `width` instead of `size`"),
    ],
)
def test_the_size_of_a_crop_is_its_height_and_width(said: str, help: str) -> None:
    crop = f"{{type: random_crop, size: {said}}}"
    found = checked(with_layers(crop, "{type: flatten}", "{type: dense, units: 10}")).diagnostics
    assert [one.code for one in found] == ["BNN103", "BNN102"]
    assert found[1].help == (help,)


def test_the_words_of_other_libraries_are_none_of_the_language_alone() -> None:
    assert not TOLD_WITH.keys() & ALSO_CALLED.keys()
    assert not set(TOLD_WITH) & set(SAID_AS)
