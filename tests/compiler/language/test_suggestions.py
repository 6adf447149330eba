"""Words of other libraries: each is told by what to write instead, and what to write is right."""

from __future__ import annotations

import pytest

from bnnc.compiler.language.schema_queries import choices, keys_by_tag, schema_of_field
from bnnc.compiler.language.suggestions import (
    bayesian_layer,
    exact_word,
    meant_word,
    near_words,
)
from bnnc.compiler.pipeline import check, fix
from bnnc.compiler.text.source import Source
from bnnc.specs.layers import LAYER_TYPES, type_name
from bnnc.specs.sources import source_meant
from tests.support.findings import VALID, findings, only, with_layer

TYPES = [type_name(layer) for layer in LAYER_TYPES]
METHODS = choices(schema_of_field("bayesian.method") or {})


# --- keys -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("layer", "words"),
    [
        ("{type: dense, units: 5, kernel_regularizer: l2}", "prior: {distribution: normal"),
        (
            "{type: dense, units: 5, kernel_initializer: ones}",
            "delete it; for other draws write `training: {seed: 1}`",
        ),
        ("{type: dense, units: 5, rate: 0.5}", "`- {type: dropout, rate: 0.5}`"),
        ("{type: flatten, activation: relu}", "`- {type: activation, activation: relu}`"),
        ("{type: dense, units: 5, posterior_rho_init: -3}", "write `initial_scale: 0.0486`"),
        ("{type: dense, units: 5, in_features: 3}", "delete it"),
        (
            "{type: dense, units: 5, out_features: 3}",
            "delete it: `units` already has the value 5, not 3",
        ),
        ("{type: max_pooling2d, kernel_size: 2}", "did you mean `pool_size`?"),
        (
            "{type: dense, units: 5, input_shape: [28, 28, 1]}",
            "delete it: `input.shape` already has this value",
        ),
    ],
)
def test_an_argument_of_another_library_is_told_what_there_is_instead(
    layer: str, words: str
) -> None:
    found = next(one for one in findings(with_layer(layer)) if one.code == "BNN102")
    assert words in found.help[0]


@pytest.mark.parametrize(
    ("line", "help"),
    [
        ("metrics: [accuracy]", "delete it; `bnnc evaluate RUN` prints them"),
        ("loss: {metrics: [accuracy]}", "delete it; `bnnc evaluate RUN` prints them"),
        ("loss: {from_logits: true}", "delete it: `output.parameterization` already has this value"),
        ("bayesian: {method: flipout, rho: -5}", "write `initial_scale: 0.00672` in `bayesian.posterior`: softplus(-5) is 0.00672"),
        ("training: {optimizer: {type: adam, nesterov: true}}", "delete it, or write `type: sgd`: `nesterov` is a key of `sgd`, not of `adam`"),
        ("num_epochs: 3", "the key for this is `training.epochs`: write `training: {epochs: 3}`"),
    ],
)  # fmt: skip
def test_a_key_of_another_library_is_told_what_there_is_instead(line: str, help: str) -> None:
    assert only(VALID + line + "\n").help == (help,)


def test_classes_of_a_bernoulli_are_told_of_its_one_unit() -> None:
    text = VALID.replace("distribution: categorical", "distribution: bernoulli")
    found = next(one for one in findings(text) if one.code == "BNN102")
    assert "the last layer has one unit" in found.notes[0]
    assert "write `distribution: categorical`" in found.help[0]


def test_a_key_that_is_there_already_is_not_written_twice_by_a_fix() -> None:
    found = only(with_layer("{type: dense, units: 5, unit: 5}"))
    assert found.help == ("delete it: `units` already has this value",)
    assert not found.fixes


def test_keys_that_a_mapping_lacks_are_one_finding() -> None:
    (found,) = [one for one in findings("bnnc: 1\nname: a\n") if one.code == "BNN103"]
    assert found.message == "the spec has no `input`, `layers` and `output`"
    assert found.help[0] == "add `input: {shape: [28, 28, 1]}`"
    assert "`bnnc init` writes one" in found.help[-1]


# --- layers -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("word", "layer", "method"),
    [
        ("DenseFlipout", "dense", "flipout"),
        ("tfp.layers.DenseFlipout", "dense", "flipout"),
        ("Convolution2DFlipout", "conv2d", "flipout"),
        ("Conv2dReparameterization", "conv2d", "reparameterization"),
        ("LinearReparameterization", "dense", "reparameterization"),
        ("DenseLocalReparameterization", "dense", "local_reparameterization"),
        ("DenseVariational", "dense", "reparameterization"),
        ("BayesianLinear", "dense", "reparameterization"),
        ("BayesianConv2d", "conv2d", "reparameterization"),
        ("MCDropout", "dropout", "mc_dropout"),
    ],
)
def test_a_bayesian_layer_is_said_by_a_plain_one_and_a_method(
    word: str, layer: str, method: str
) -> None:
    assert bayesian_layer(word, TYPES, METHODS) == (layer, method)
    found = next(one for one in findings(with_layer(f"{{type: {word}}}")) if one.code == "BNN104")
    assert found.help == (
        f"write `type: {layer}`, and `bayesian: {{method: {method}}}` once in the spec",
    )


def test_the_fix_of_a_bayesian_layer_says_the_method_once() -> None:
    text = with_layer("{type: DenseFlipout, units: 5}\n  - {type: DenseFlipout, units: 6}")
    fixed = fix(check(Source("spec.yaml", text)), unsafe=True)
    assert fixed.report.ok
    assert fixed.source.text.count("bayesian: {method: flipout}") == 1


def test_a_bayesian_layer_of_another_method_keeps_its_own() -> None:
    text = with_layer(
        "{type: DenseFlipout, units: 5, activation: relu}\n"
        "  - {type: DenseReparameterization, units: 6, activation: relu}"
    )
    fixed = fix(check(Source("spec.yaml", text)), unsafe=True)
    assert fixed.report.ok
    assert fixed.report.spec is not None
    methods = [one.method for one in fixed.report.spec.bayesian_sections.values()]
    assert methods == ["flipout", "reparameterization", "flipout"]
    assert "units: 6, activation: relu, bayesian: {method: reparameterization}" in fixed.source.text


@pytest.mark.parametrize("layer", LAYER_TYPES, ids=type_name)
def test_every_layer_is_known_by_the_name_of_its_keras_class(layer: type) -> None:
    # A block has no class in Keras, and is known by its own.
    name = layer.keras_class.rpartition(".")[2] or layer.__name__  # type: ignore[attr-defined]
    word = type_name(layer)
    for spelling in (name, f"tf.keras.layers.{name}", word.replace("_", "")):
        assert exact_word(spelling, TYPES) == word
    assert meant_word(word[:-1], TYPES) == word or len(word) < 5


@pytest.mark.parametrize(
    ("word", "near"),
    [("conv9d", "conv2d"), ("Separable9Conv", "conv2d"), ("switchable_normalization9", "batch_normalization")],
)  # fmt: skip
def test_a_layer_that_is_not_there_is_told_what_is_near_and_not_taken_for_it(
    word: str, near: str
) -> None:
    assert near in near_words(word, TYPES)
    found = next(one for one in findings(with_layer(f"{{type: {word}}}")) if one.code == "BNN104")
    assert found.help[0].startswith("write `")
    assert f"`{near}`" in found.help[0]
    assert not found.fixes


@pytest.mark.parametrize(
    ("item", "written"),
    [
        ("Flatten: {}", "{type: flatten}"),
        ("Conv2D: {filters: 6, kernel_size: 5}", "{type: conv2d, filters: 6, kernel_size: 5}"),
        ("dense: {units: 6}", "{type: dense, units: 6}"),
        ("Dropout: 0.5", "{type: dropout, rate: 0.5}"),
    ],
)
def test_a_layer_written_as_a_key_is_told_its_line(item: str, written: str) -> None:
    text = with_layer(item)
    found = next(one for one in findings(text) if one.code < "BNN2")
    assert (found.code, found.help) == ("BNN102", (f"write `- {written}`",))
    assert not [one for one in findings(text) if one.code == "BNN103"]
    if found.fixes:
        fixed = fix(check(Source("spec.yaml", text)), unsafe=False)
        assert f"  - {written}\n" in fixed.source.text


def test_an_empty_layer_written_as_a_key_is_told_its_line() -> None:
    found = only(with_layer("Flatten:"))
    assert found.help == ("write `- {type: flatten}`: a layer's type is a value, not a key",)


@pytest.mark.parametrize(
    ("word", "words"),
    [
        ("ReLU", "write `{type: activation, activation: relu}`"),
        ("InputLayer", "`input: {shape: [28, 28, 1]}` defines the input"),
        ("DistributionLambda", "`output` defines the distribution"),
    ],
)
def test_a_layer_that_is_said_elsewhere_is_told_where(word: str, words: str) -> None:
    assert words in only(with_layer(f"{{type: {word}}}")).help[0]


def test_the_keys_behind_a_misspelt_type_are_looked_at() -> None:
    codes = [one.code for one in findings(with_layer("{type: Conv2D, filter: 6}"))]
    assert codes == ["BNN103", "BNN104", "BNN102"]
    # Of a type that nobody knows, no key is known, and none is reported.
    codes = [one.code for one in findings(with_layer("{type: quantum, filter: 6}"))]
    assert codes == ["BNN104"]


def test_the_members_of_a_union_have_their_keys() -> None:
    assert set(keys_by_tag(("layers", 0), {})) == set(TYPES)
    assert "units" in keys_by_tag(("layers", 0), {})["dense"]
    assert keys_by_tag(("input",), {}) == {}


# --- data -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("word", "source"),
    [
        ("fashion_mnist", "fashion-mnist"), ("FashionMNIST", "fashion-mnist"), ("MNIST", "mnist"),
        ("cifar-10", "cifar10"), ("CIFAR100", "cifar100"), ("digts", "digits"),
        ("fashion-mnsit", "fashion-mnist"), ("emnist", None), ("cifar", None), ("./MNIST", None),
        ("mnist.npz", None), ("data/mnist", None), ("my_digits", None), ("images", None),
        ("cifar20", None), ("", None), ("mnsit", "mnist"), ("fasion-mnist", "fashion-mnist"),
        ("digit", "digits"), ("kmnist", None), ("k-mnist", None), ("qmnist", None), ("svhn", None),
    ],
)  # fmt: skip
def test_a_misspelt_source_is_told_the_named_one(word: str, source: str | None) -> None:
    assert source_meant(word) == source
    found = findings(VALID + f'data: {{source: "{word}"}}\n')
    named = [one for one in found if one.code == "BNN104"]
    assert [one.help[0].startswith(f"did you mean `{source}`?") for one in named] == [True] * bool(
        source
    )


def test_a_misspelt_source_is_told_beside_other_errors() -> None:
    found = findings(VALID.replace("units: 10", "units: 0") + "data: {source: MNIST}\n")
    assert [one.code for one in found] == ["BNN106", "BNN104"]
