"""The way out that a rule names fits the spec: what the author meant, and what is there already."""

from __future__ import annotations

import pytest

from bnnc.compiler.pipeline import fix, plan
from tests.support.findings import FLIPOUT, OUTPUT, VALID, checked, only, with_layers


def fixed(text: str) -> str:
    return fix(checked(text), unsafe=True).source.text


# --- shapes ------------------------------------------------------------------------------------


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize(
    ("code", "before", "after"),
    [
        ("BNN201", "  - {type: flatten}", "  - {type: conv2d, filters: 4, kernel_size: 5}\n  - {type: flatten}"),
        ("BNN210", "}\nlayers", ", mean: %s}\nlayers"),
        ("BNN251", "layers:\n", "layers:\n  - {type: random_crop, height: 24, width: 24}\n"),
    ],
)  # fmt: skip
def test_channels_that_stand_first_are_written_last(
    code: str, before: str, after: str, channels: int
) -> None:
    mean = "[0.5, 0.4, 0.3]" if channels == 3 else "[0.5]"
    text = VALID.replace("[28, 28, 1]", f"[{channels}, 28, 28]")
    text = text.replace(before, after.replace("%s", mean), 1)
    found = only(text, code)
    assert found.help[0].startswith(f"write `shape: [28, 28, {channels}]`")
    result = fix(checked(text), unsafe=True)
    assert not result.report.diagnostics
    assert f"shape: [28, 28, {channels}]" in result.source.text


@pytest.mark.parametrize("dimensions", [1, 2])
def test_two_layers_in_place_of_a_separable_convolution_have_its_parameters(
    dimensions: int,
) -> None:
    kind = f"conv{dimensions}d"
    layers = (
        f"{{type: separable_{kind}, kernel_size: 5, filters: 6, activation: relu}}",
        f"{{type: depthwise_{kind}, kernel_size: 5, use_bias: false}}",
        f"{{type: {kind}, filters: 6, kernel_size: 1, activation: relu}}",
        "{type: flatten}",
        "{type: dense, units: 10}",
    )
    separable, instead = with_layers(layers[0], *layers[3:]), with_layers(*layers[1:])
    if dimensions == 1:
        separable, instead = (one.replace("28, 28, 1", "40, 3") for one in (separable, instead))
    found = only(separable + FLIPOUT % "", "BNN222")
    assert f"`depthwise_{kind}`" in found.help[0]
    assert layers[2].removesuffix(", activation: relu}") in found.help[0]
    assert not checked(instead + FLIPOUT % "").diagnostics
    assert plan(checked(instead)).trainable == plan(checked(separable)).trainable


@pytest.mark.parametrize("shape", ["[2, 28, 28]", "[1, 28, 14]", "[3, 4, 4]", "[1, 28, 1]"])
def test_other_shapes_are_taken_as_they_are(shape: str) -> None:
    text = VALID.replace("[28, 28, 1]", shape)
    window = "{type: conv2d, filters: 4, kernel_size: 5}"
    text = text.replace("  - {type: flatten}", f"  - {window}\n  - {{type: flatten}}")
    found = only(text, "BNN201")
    assert found.help[0].startswith("write `padding: same`")
    assert not found.fixes


def test_a_window_that_fits_neither_way_is_told_without_the_channels() -> None:
    text = VALID.replace("[28, 28, 1]", "[1, 28, 28]")
    window = "{type: conv2d, filters: 4, kernel_size: 29}"
    text = text.replace("  - {type: flatten}", f"  - {window}\n  - {{type: flatten}}")
    assert only(text, "BNN201").help[0].startswith("write `padding: same`")


def test_channels_first_are_told_beside_a_source_and_a_dense_layer() -> None:
    digits = VALID.replace("[28, 28, 1]", "[1, 8, 8], value_range: [0, 16]")
    digits += "data: {source: digits}\n"
    found = only(digits, "BNN213")
    assert found.help[0].startswith("write `shape: [8, 8, 1]` if this shape is channels first")
    assert not checked(fixed(digits)).diagnostics
    text = with_layers("{type: dense, units: 10}").replace("[28, 28, 1]", "[1, 28, 28]")
    assert only(text, "BNN202").help[1].startswith("write `shape: [28, 28, 1]`")


def test_a_list_of_sizes_over_several_lines_has_no_fix() -> None:
    text = VALID.replace("{shape: [28, 28, 1]}", "\n  shape:\n  - 1\n  - 28\n  - 28\n")
    window = "{type: conv2d, filters: 4, kernel_size: 5}"
    text = text.replace("  - {type: flatten}", f"  - {window}\n  - {{type: flatten}}")
    found = only(text, "BNN201")
    assert found.help[0].startswith("write `shape: [28, 28, 1]`")
    assert not found.fixes


@pytest.mark.parametrize(
    ("layers", "help"),
    [
        (("{type: flatten}",), ("put `- {type: dense, units: 10}` after it",)),
        (
            ("{type: conv2d, filters: 10, kernel_size: 5}", "{type: flatten}"),
            (
                "put `- {type: dense, units: 10}` after it",
                "or replace it with `- {type: global_average_pooling2d}`, which averages the 24×24 "
                "positions to one number for each of the 10 channels",
            ),
        ),
        (
            ("{type: flatten}", "{type: dense, units: 84}", "{type: activation, activation: linear}"),
            ("write `units: 10`, or `classes: 84`",),
        ),
        (
            ("{type: conv2d, filters: 6, kernel_size: 5}", "{type: global_average_pooling2d}"),
            ("put `- {type: dense, units: 10}` after it",),
        ),
    ],
)  # fmt: skip
def test_another_width_is_written_where_a_layer_has_units(
    layers: tuple[str, ...], help: tuple[str, ...]
) -> None:
    assert only(with_layers(*layers), "BNN204").help == help


def test_a_dense_layer_behind_a_flattening_has_the_activation_of_probabilities() -> None:
    text = with_layers("{type: flatten}").replace("logits", "probs")
    assert "units: 10, activation: softmax}" in only(text, "BNN204").help[0]


# --- outputs and methods -----------------------------------------------------------------------


def test_of_two_activations_the_first_is_named_by_its_line() -> None:
    text = with_layers(
        "{type: flatten}",
        "{type: dense, units: 10, activation: softmax}",
        "{type: activation, activation: softmax}",
    ).replace("logits", "probs")
    assert only(text, "BNN319").help == (
        "delete `activation: softmax` on line 6, the first of the two activations",
    )


def test_a_sigmoid_that_is_there_is_not_told_to_be_written() -> None:
    text = VALID.replace("units: 10", "units: 1, activation: sigmoid").replace(
        OUTPUT, "output: {distribution: bernoulli, parameterization: logits, labels: binary}\n"
    )
    help = "delete `activation: %s`, or set `parameterization: probs`"
    assert only(text, "BNN302").help == (help % "sigmoid",)
    hard = text.replace("sigmoid", "hard_sigmoid")
    assert only(hard, "BNN302").help == (
        help % "hard_sigmoid" + " and write `activation: sigmoid`",
    )


@pytest.mark.parametrize(
    ("selected", "help"),
    [
        ("[emb, head]", "you can name these layers here: `trunk`"),
        ("[heads, head]", "you can name these layers here: `trunk`"),
        ("[heads]", "did you mean `head`?"),
        (
            "[heads, head, trunk]",
            "delete it: the list already has every layer that you can name here",
        ),
    ],
)
def test_names_that_a_list_has_are_not_suggested(selected: str, help: str) -> None:
    text = with_layers(
        "{type: flatten}",
        "{type: dense, units: 5, name: trunk, activation: relu}",
        "{type: dense, units: 10, name: head}",
    )
    assert only(text + FLIPOUT % f", layers: {selected}", "BNN401").help == (help,)


@pytest.mark.parametrize(("rate", "word"), [(0.5, "mc_dropout"), (0.0, "samples: 1")])
def test_samples_of_a_network_with_dropout_are_monte_carlo_dropout(rate: float, word: str) -> None:
    text = with_layers(
        "{type: flatten}", f"{{type: dropout, rate: {rate}}}", "{type: dense, units: 10}"
    )
    text += "prediction: {samples: 32}\n"
    found = only(text, "BNN406")
    assert word in found.help[0]
    assert word in fixed(text)
    assert not [one for one in checked(fixed(text)).diagnostics if one.code < "BNN5"]


def test_a_posterior_wider_than_its_prior_may_be_met_by_the_prior() -> None:
    found = only(
        VALID + FLIPOUT % ", prior: {scale: 0.05}, posterior: {initial_scale: 0.2}", "BNN412"
    )
    assert found.help[0].endswith("or a wider prior")


def test_weight_and_temperature_of_the_kl_are_both_named() -> None:
    text = VALID + FLIPOUT % "" + "loss: {kl: {weight: 2, temperature: 0.5}}\n"
    found = only(text, "BNN416")
    assert "a KL weight of 2, times a temperature of 0.5," in found.message
    assert [one.span.text for one in found.related] == ["method: flipout", "temperature: 0.5"]
    alone = only(text.replace(", temperature: 0.5", ""), "BNN416")
    assert alone.message == "a KL weight of 2 adds the whole KL to the mean loss of every batch"


@pytest.mark.parametrize("dimensions", [1, 2])
@pytest.mark.parametrize("named", ["separable", "block"])
@pytest.mark.parametrize("method", ["flipout", "rank_1", "sngp", "spectral_normalization"])
def test_who_names_a_separable_convolution_is_offered_the_two_that_it_is(
    method: str, named: str, dimensions: int
) -> None:
    kind = f"conv{dimensions}d"
    separable = f"{{type: separable_{kind}, filters: 6, kernel_size: 3, name: separable}}"
    bayesian = f"bayesian: {{method: {method}, layers: [{named}, dense]}}\n"
    draws = "" if method == "spectral_normalization" else "prediction: {samples: 8}\n"
    shape = "[28, 28]" if dimensions == 1 else "[28, 28, 1]"

    def text(*body: str) -> str:
        block = f"{{type: repeat, times: 1, name: block, body: [{', '.join(body)}]}}"
        stack = with_layers(block, "{type: flatten}", "{type: dense, units: 10}")
        return stack.replace("[28, 28, 1]", shape) + bayesian + draws

    first = only(text(separable), "BNN402").help[0]
    assert f"instead of `separable_{kind}`, write `depthwise_{kind}`" in first
    pointwise = f"{{type: {kind}, filters: 6, kernel_size: 1}}"
    assert f"`- {pointwise}`" in first
    depthwise = f"{{type: depthwise_{kind}, kernel_size: 3, use_bias: false}}"
    written = text(depthwise, pointwise).replace(f"[{named},", f"[depthwise_{kind}, {kind},")
    assert "BNN402" not in [one.code for one in checked(written).diagnostics]
    assert checked(written).ok


def test_who_names_a_backbone_is_told_whose_its_kernels_are() -> None:
    layers = ("{type: backbone, application: VGG16, weights: none, pooling: avg}",)
    text = with_layers(*layers, "{type: dense, units: 10}").replace("28, 28, 1", "64, 64, 3")
    found = only(text + FLIPOUT % ", layers: [backbone]", "BNN402")
    assert found.related[0].text == "has Keras's own kernels, which are deterministic"
    assert found.help == ("delete the name, or name a layer with a kernel: `dense`",)


# --- nothing is lost, and nothing is left out ---------------------------------------------------


@pytest.mark.parametrize(
    ("layer", "pool_size"),
    [("conv2d, filters: 4", "3"), ("depthwise_conv2d", "3")],
)
def test_the_pooling_in_place_of_strides_is_as_large_as_they_are(
    layer: str, pool_size: str
) -> None:
    layer = f"{{type: {layer}, kernel_size: 3, strides: 3, dilation_rate: 2}}"
    found = only(with_layers(layer, "{type: flatten}", "{type: dense, units: 10}"), "BNN207")
    assert f"`- {{type: max_pooling2d, pool_size: {pool_size}}}`" in found.help[0]


@pytest.mark.parametrize(("numbers", "activation"), [("logits", "linear"), ("probs", "softmax")])
@pytest.mark.parametrize("classes", [1, 2])
def test_a_yes_or_no_in_place_of_classes_is_told_whole(
    classes: int, numbers: str, activation: str
) -> None:
    text = VALID.replace("units: 10", f"units: {classes}, activation: {activation}")
    text = text.replace("classes: 10", f"classes: {classes}").replace("logits", numbers)
    found = only(text, "BNN318" if classes == 1 else "BNN321")
    assert "`distribution: bernoulli` with `labels: binary` instead of `classes`" in found.help[0]
    unit = "one unit with `activation: sigmoid`" if numbers == "probs" else "one unit in"
    assert unit in found.help[0]
    written = text.replace("categorical", "bernoulli").replace("integer", "binary")
    written = written.replace(f", classes: {classes}", "").replace(f"units: {classes}", "units: 1")
    assert not checked(written.replace("softmax", "sigmoid")).diagnostics


def test_a_weight_decay_that_is_written_goes_with_either_way_out() -> None:
    optimizer = "training: {optimizer: {type: adamw, weight_decay: 0.05}}\n"
    text = VALID + FLIPOUT % "" + optimizer
    found = only(text, "BNN411")
    assert found.help == ("write `weight_decay: 0`, or `type: adam` without a `weight_decay`",)
    for written in ("{type: adamw, weight_decay: 0}", "{type: adam}"):
        after = text.replace("{type: adamw, weight_decay: 0.05}", written)
        assert "BNN411" not in [one.code for one in checked(after).diagnostics]


def test_the_dense_head_of_a_gaussian_process_has_its_units() -> None:
    text = with_layers(
        "{type: flatten}", "{type: dense, units: 10}", "{type: activation, activation: linear}"
    )
    found = only(text + "bayesian: {method: sngp}\n", "BNN457")
    assert found.help[0].startswith("end with `- {type: dense, units: 10}`")
