"""What the field has and the language has not gets one sentence, and a way out that is valid."""

from __future__ import annotations

import json
from typing import Any

import pytest
import yaml

from bnnc.compiler.language.absent import nearest, text_at
from bnnc.compiler.language.absent_words import ENSEMBLES, TABLES, Nearest
from bnnc.compiler.language.schema_queries import choices, schema_of_field, tag_of
from bnnc.compiler.language.suggestions import exact_word
from bnnc.compiler.pipeline import check
from bnnc.compiler.text.source import Source
from bnnc.specs.layers import LAYER_TYPES, type_name
from bnnc.specs.spec import Spec
from tests.support.findings import OUTPUT, VALID, only, with_layer

PATHS: dict[str, tuple[str | int, ...]] = {
    "method": ("bayesian", "method"),
    "layer": ("layers", 0, "type"),
    "distribution": ("output", "distribution"),
    "loss": ("loss", "type"),
    "optimizer": ("training", "optimizer", "type"),
    "learning_rate": ("training", "optimizer", "learning_rate", "type"),
    "prior": ("bayesian", "prior", "distribution"),
    "posterior": ("bayesian", "posterior", "distribution"),
    "activation": ("layers", 0, "activation"),
}
KNOWN = {
    "method": choices(schema_of_field("bayesian.method") or {}),
    "layer": [type_name(one) for one in LAYER_TYPES],
    "distribution": choices(schema_of_field("output") or {}),
    "loss": choices(schema_of_field("loss.type") or {}),
    "optimizer": choices(schema_of_field("training.optimizer") or {}),
    "learning_rate": choices(schema_of_field("training.optimizer.adam.learning_rate") or {}),
    "prior": choices(schema_of_field("bayesian.prior") or {}),
    "posterior": ["normal"],
    "activation": choices(schema_of_field("layers.dense.activation") or {}),
}
EVERY = [(kind, word) for kind, table in TABLES.items() for word in table]


def merged(document: dict[str, Any], write: dict[str, Any]) -> dict[str, Any]:
    """A document with what is to be written: a section over the same one, a layer before all."""
    result = dict(document)
    for key, value in write.items():
        if key == "layers":
            result[key] = [*value, *document["layers"]]
        elif key == "bayesian":
            result[key] = {"method": "flipout", **value}
        else:
            result[key] = value
    return result


@pytest.mark.parametrize("kind", TABLES)
def test_every_alternative_is_valid_in_the_language(kind: str) -> None:
    valid = yaml.safe_load(VALID)
    for found in set(map(id, TABLES[kind].values())):
        write = next(one.write for one in TABLES[kind].values() if id(one) == found)
        if "activation" in write:
            write = {"layers": [{"type": "activation", **write}]}
        Spec.from_json(json.dumps(merged(valid, write)))


@pytest.mark.parametrize("kind", ["method", "optimizer", "learning_rate", "prior", "posterior"])
def test_an_alternative_that_leaves_layers_and_output_alone_compiles(kind: str) -> None:
    text = with_layer("{type: dense, units: 5, activation: relu}\n  - {type: dropout, rate: 0.2}")
    for write in {json.dumps(one.write) for one in TABLES[kind].values()}:
        document = merged(yaml.safe_load(text), json.loads(write))
        report = check(Source("spec.json", json.dumps(document)))
        assert report.ok, (write, [one.message for one in report.diagnostics])


@pytest.mark.parametrize("kind", TABLES)
def test_no_word_of_the_tables_is_one_of_the_language(kind: str) -> None:
    assert KNOWN[kind]
    known = [one for one in TABLES[kind] if exact_word(one, KNOWN[kind])]
    assert known == []


@pytest.mark.parametrize("kind", TABLES)
def test_what_is_to_be_written_is_yaml(kind: str) -> None:
    for word in TABLES[kind]:
        sentence = nearest(word, kind, PATHS[kind])
        assert sentence is not None
        assert sentence.startswith(f"`{word}` is not in this version; the nearest is `")
        for quoted in sentence.split("`")[3::2]:
            text = quoted if quoted[:2] == "- " else "{" + quoted + "}"
            assert yaml.safe_load(text)


def placed(kind: str, word: str) -> str:
    """A spec with a word where something of a kind is named."""
    match kind:
        case "method":
            return f"{VALID}bayesian: {{method: {word}}}\n"
        case "layer":
            return with_layer(f"{{type: {word}}}")
        case "distribution":
            return VALID.replace(OUTPUT, OUTPUT.replace("categorical", word))
        case "loss":
            return f"{VALID}loss: {{type: {word}}}\n"
        case "optimizer":
            return f"{VALID}training: {{optimizer: {{type: {word}}}}}\n"
        case "learning_rate":
            rate = f"{{type: {word}, initial_learning_rate: 0.1}}"
            return f"{VALID}training: {{optimizer: {{type: sgd, learning_rate: {rate}}}}}\n"
        case "prior" | "posterior":
            return f"{VALID}bayesian: {{method: flipout, {kind}: {{distribution: {word}}}}}\n"
        case _:
            return with_layer(f"{{type: dense, units: 5, activation: {word}}}")


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        (
            "method",
            "swag ivon sgld hmc vcl radial deep_kernel evidential normalizing_flow vae MIMO",
        ),
        (
            "layer",
            "lstm GRU LSTM attention MultiHeadAttention multi_head_attention TransformerEncoder "
            "embedding detection segmentation mixture_density PReLU InstanceNorm2d keras.layers.GRU",
        ),
        (
            "distribution",
            "beta dirichlet mixture laplace multivariate_normal gamma negative_binomial Beta",
        ),
        ("loss", "focal hinge dice huber triplet focal_loss DiceLoss mae kl_divergence"),
        ("optimizer", "lamb adafactor lbfgs sgdr LBFGS RAdam"),
        ("learning_rate", "one_cycle cosine_annealing_warm_restarts reduce_lr_on_plateau"),
        ("prior", "horseshoe spike_and_slab matrix_normal"),
        ("posterior", "matrix_normal full_rank"),
        ("activation", "prelu swiglu"),
    ],
)
def test_a_word_of_the_field_gets_one_sentence(kind: str, words: str) -> None:
    for word in words.split():
        report = check(Source("spec.yaml", placed(kind, word)))
        found = [one for one in report.diagnostics if one.code < "BNN2"]
        assert [one.code for one in found] == ["BNN104"], word
        (help,) = found[0].help
        assert "is not in this version; the nearest is `" in help
        assert not found[0].notes
        assert not found[0].fixes
        assert len(help) < 240


@pytest.mark.parametrize(
    ("line", "written"),
    [
        ("bayesian: swag", "`bayesian: {method: laplace, layers: last}` at the top"),
        ("loss: focal", "`loss: {type: negative_log_likelihood}` at the top"),
        ("training: {optimizer: lamb}", "`optimizer: {type: adamw}`"),
        ("bayesian: {method: flipout, prior: horseshoe}", "`prior: {distribution: scale_mixture}`"),
        ("focal_loss: true", "`loss: {type: negative_log_likelihood}` at the top"),
        ("swa: true", "`training: {optimizer: {type: adam, use_ema: true}}` at the top"),
        ("training: {mixup: 0.2}", "`- {type: random_erasing, factor: 0.5}` in `layers`"),
    ],
)
def test_such_a_word_in_the_place_of_a_mapping_or_a_key_gets_the_whole_line(
    line: str, written: str
) -> None:
    (help,) = only(f"{VALID}{line}\n").help
    assert f"is not in this version; the nearest is {written}" in help


@pytest.mark.parametrize("item", ["LSTM: 64", "LSTM(64)", "GRU", "{type: LSTM, units: 64}"])
def test_such_a_layer_is_known_in_every_form(item: str) -> None:
    (found,) = [
        one for one in check(Source("spec.yaml", with_layer(item))).diagnostics if one.code < "BNN2"
    ]
    assert (
        "the nearest is `- {type: conv1d, filters: 32, kernel_size: 3, padding: causal, "
        "activation: relu}`" in (found.help[0])
    )


@pytest.mark.parametrize("word", sorted(ENSEMBLES))
def test_an_ensemble_is_no_method_and_has_a_section(word: str) -> None:
    found = only(f"{VALID}bayesian: {{method: {word}, members: 3}}\n")
    assert found.help == ("write `ensemble: {members: 3}` at the top, instead of `bayesian`",)
    (fix,) = found.fixes
    assert fix.edits[0].replacement == "ensemble: {members: 3}"


def test_a_layers_own_method_is_told_its_own_line() -> None:
    found = Nearest({"bayesian": {"method": "laplace"}}, "")
    assert text_at(found, ("layers", 2, "bayesian", "method")) == "`method: laplace`"


def test_the_unions_of_the_language_have_their_tables() -> None:
    tagged = {
        path.rpartition(".")[2] or path
        for path in ("output", "training.optimizer", "bayesian.prior")
        if tag_of(schema_of_field(path) or {})
    }
    assert tagged == {"output", "optimizer", "prior"}
