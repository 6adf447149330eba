"""Blocks of layers: what is placed, under which name, and what is found where."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import bnnc
from bnnc.compiler.analysis.initial_variance import inflation
from bnnc.compiler.pipeline import plan
from bnnc.compiler.planning.difference import difference
from bnnc.compiler.planning.plan import Plan
from bnnc.specs.methods import METHODS
from bnnc.specs.placement import MAX_PLACED, place

CONV = {"type": "conv2d", "filters": 4, "kernel_size": 3, "padding": "same", "activation": "relu"}
WIDER = {**CONV, "filters": 6, "strides": 2}
END = [{"type": "flatten"}, {"type": "dense", "units": 3, "name": "head"}]


def spec(*layers: dict[str, Any], **sections: Any) -> dict[str, Any]:
    return {
        "bnnc": 1,
        "name": "blocks",
        "input": {"shape": [8, 6, 4], "value_range": [0, 1]},
        "layers": [*layers, *END],
        "output": {
            "distribution": "categorical",
            "parameterization": "logits",
            "classes": 3,
            "labels": "integer",
        },
        **sections,
    }


def planned(*layers: dict[str, Any], **sections: Any) -> Plan:
    return plan(bnnc.check(spec(*layers, **sections)))


def names(made: Plan) -> list[str]:
    return [node.name for node in made.nodes if node.layer is not None][: -len(END)]


def codes(document: dict[str, Any], **said: Any) -> list[str]:
    return [one.code for one in bnnc.check(document, **said).diagnostics]


def residual(*body: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return {"type": "residual", "body": list(body), **fields}


def repeat(times: int, *body: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return {"type": "repeat", "times": times, "body": list(body), **fields}


def test_repetitions_get_numbers_and_so_do_layers_with_a_name() -> None:
    block = repeat(2, residual(CONV), {**CONV, "name": "own"})
    assert names(planned(repeat(2, block))) == [
        *("conv2d", "residual_add", "own"),
        *("conv2d_1", "residual_1_add", "own_1"),
        *("conv2d_2", "residual_2_add", "own_2"),
        *("conv2d_3", "residual_3_add", "own_3"),
    ]


def test_a_number_that_is_another_layers_name_is_passed_over() -> None:
    made = planned(repeat(2, {**CONV, "name": "own"}), {**CONV, "name": "own_1"})
    assert names(made) == ["own", "own_2", "own_1"]


def test_what_is_repeated_is_what_is_written_out() -> None:
    block = residual(CONV, activation="relu")
    short, long = spec(repeat(3, block)), spec(block, block, block)
    one, other = (bnnc.check(document).accepted() for document in (short, long))
    assert one.fingerprint() == other.fingerprint()
    assert not difference(one, other)
    assert [node.name for node in plan(bnnc.check(short)).nodes] == [
        node.name for node in plan(bnnc.check(long)).nodes
    ]


def test_a_difference_in_a_block_is_said_by_the_name_of_its_layer() -> None:
    before = bnnc.check(spec({"type": "parallel", "branches": [[CONV], [residual(CONV)]]}))
    other = {**CONV, "activation": "elu"}
    after = bnnc.check(spec({"type": "parallel", "branches": [[CONV], [residual(other)]]}))
    (found,) = difference(before.accepted(), after.accepted())
    assert (found.path, found.before, found.after) == ("layers.conv2d_1.activation", "relu", "elu")


@pytest.mark.parametrize(
    "method", [name for name, one in METHODS.items() if one.posterior_of_kernel]
)
@pytest.mark.parametrize(
    ("chosen", "random"),
    [
        (["own"], ["own", "own_1"]),
        (["stage"], ["own", "residual_projection", "own_1", "residual_1_projection"]),
        (["residual"], ["own", "residual_projection", "own_1", "residual_1_projection"]),
        (["residual_projection", "head"], ["residual_projection", "residual_1_projection", "head"]),
        ("last", ["head"]),
    ],
)
def test_a_name_stands_for_all_repetitions_and_that_of_a_block_for_what_is_in_it(
    method: str, chosen: Any, random: list[str]
) -> None:
    block = residual({**CONV, "name": "own"}, shortcut="projection")
    document = spec(repeat(2, block, name="stage"), bayesian={"method": method, "layers": chosen})
    nodes = plan(bnnc.check(document)).nodes
    assert [node.name for node in nodes if node.stochastic] == random
    assert bnnc.check(document).accepted().canonical()["bayesian"]["layers"] == random


def test_the_canonical_spec_means_the_same() -> None:
    block = residual(
        {**CONV, "name": "own"}, {"type": "batch_normalization"}, shortcut="projection"
    )
    written = spec(
        repeat(2, block, name="stage"),
        {"type": "parallel", "branches": [[], [CONV]], "merge": "add"},
        bayesian={"method": "flipout", "layers": ["stage", "parallel"]},
    )
    accepted = bnnc.check(written).accepted()
    canonical = bnnc.check(accepted.canonical())
    assert canonical.accepted().fingerprint() == accepted.fingerprint()


def test_layers_in_blocks_are_found_by_rules_once_and_at_their_place() -> None:
    narrow = {**CONV, "strides": 2, "dilation_rate": 2}
    document = spec(repeat(3, residual({"type": "parallel", "branches": [[CONV], [narrow]]})))
    found = [one for one in bnnc.check(document).diagnostics if one.code == "BNN207"]
    assert len(found) == 1
    assert found[0].span.text == '"dilation_rate": 2'


def test_errors_of_schema_in_a_block_do_not_hide_what_else_is_in_it() -> None:
    wrong = {**CONV, "filters": 0}
    narrow = {**CONV, "strides": 2, "dilation_rate": 2}
    document = spec(residual({"type": "parallel", "branches": [[wrong], [narrow], []]}))
    assert sorted(codes(document)) == ["BNN106", "BNN207"]
    document["layers"][0]["shortcut"] = "skip"
    assert sorted(codes(document)) == ["BNN104", "BNN106", "BNN207"]


@pytest.mark.parametrize(
    ("layer", "code"),
    [
        (residual(), "BNN107"),
        ({"type": "residual"}, "BNN103"),
        (repeat(0, CONV), "BNN106"),
        (repeat(2), "BNN107"),
        ({"type": "parallel", "branches": [[CONV]]}, "BNN107"),
        (residual(CONV, {**CONV, "type": "conv3"}), "BNN104"),
        (residual(CONV, {**CONV, "kernel": 3}), "BNN102"),
        (residual(CONV, projection=True), "BNN102"),
        (residual(WIDER), "BNN231"),
        (residual({**CONV, "padding": "valid"}, shortcut="projection"), "BNN232"),
        (residual({"type": "flatten"}, shortcut="projection"), "BNN233"),
        (residual({**CONV, "filters": 2}, shortcut="zero_padding"), "BNN234"),
        ({"type": "parallel", "branches": [[CONV], [WIDER]]}, "BNN235"),
        ({"type": "parallel", "branches": [[], [WIDER]], "merge": "add"}, "BNN236"),
    ],
)  # fmt: skip
def test_a_block_that_does_not_fit_is_one_finding(layer: dict[str, Any], code: str) -> None:
    assert codes(spec(CONV, layer, CONV)) == [code]


@pytest.mark.parametrize(
    ("layer", "meant"),
    [
        (residual(CONV, projection=True), "shortcut"),
        ({"type": "residual", "layers": [CONV]}, "body"),
        ({"type": "repeat", "n": 3, "body": [CONV]}, "times"),
        ({"type": "parallel", "branches": [[CONV], []], "mode": "add"}, "merge"),
    ],
)
def test_words_of_others_for_what_a_block_says_are_known(layer: Any, meant: str) -> None:
    (found,) = bnnc.check(spec(layer)).diagnostics
    assert found.help[0] == f"did you mean `{meant}`?"


def test_a_shape_that_breaks_in_a_later_repetition_is_found_at_its_layer() -> None:
    document = spec(repeat(4, {"type": "max_pooling2d"}))
    (found,) = bnnc.check(document).diagnostics
    assert found.code == "BNN201"
    # Of 8×6 the first pooling leaves 4×3, the second 2×1.
    assert found.message == "a window of 2×2 does not fit into a map of 2×1"
    assert found.notes[0].startswith("layer 1 of `body` in layer 1 has the input shape [2, 1, 4]")


def test_a_setting_reaches_a_layer_in_a_block_by_its_name() -> None:
    document = spec(repeat(2, residual({**CONV, "name": "own"}), name="stage"), residual(CONV))
    said = {
        "layers.own.activation": "elu",
        "layers.stage.times": 3,
        "layers.conv2d.use_bias": False,
    }
    made = bnnc.check(document, set=said).accepted()
    layers = made.canonical()["layers"]
    assert [layer["body"][0]["name"] for layer in layers[:4]] == ["own", "own_1", "own_2", "conv2d"]
    assert [layer["body"][0]["activation"] for layer in layers[:4]] == [*["elu"] * 3, "relu"]
    assert layers[3]["body"][0]["use_bias"] is False
    assert codes(document, set={"layers.own_1.activation": "elu"}) == ["BNN110"]


def test_too_many_layers_are_found_without_being_made() -> None:
    block = CONV
    for _ in range(3):
        block = repeat(65_536, block)
    assert codes(spec(block)) == ["BNN230"]
    assert codes(spec(block), set={"layers.repeat.times": 2}) == ["BNN230"]
    assert codes(spec(repeat(MAX_PLACED, CONV))) == ["BNN230"]


@pytest.mark.parametrize("kind", ["residual", "repeat", "parallel"])
def test_deep_nesting_ends_in_a_finding_or_a_plan(kind: str) -> None:
    def nested(depth: int) -> dict[str, Any]:
        block = CONV
        for _ in range(depth):
            inside = {"branches": [[block], []]} if kind == "parallel" else {"body": [block]}
            block = {"type": kind, **inside, **({"times": 1} if kind == "repeat" else {})}
            if kind == "parallel":
                block["merge"] = "add"
        return block

    assert len(plan(bnnc.check(spec(nested(15)))).nodes) > len(END)
    assert codes(spec(nested(40))) == ["BNN007"]


@pytest.mark.parametrize(
    ("layers", "expected"),
    [
        ([CONV, CONV], 1.5 * 1.5),
        # The signal of both paths, and the noise of the body: (1 + 1.5) / 2.
        ([residual(CONV)], 1.25),
        ([residual(CONV, CONV)], (1 + 1.5 * 1.5) / 2),
        ([CONV, residual(CONV)], (1.5 + 1.5 * 1.5) / 2),
        # A projection is noisy itself.
        ([residual(CONV, shortcut="projection")], 1.5),
        ([{"type": "parallel", "branches": [[], [CONV]]}], 1.25),
        ([{"type": "parallel", "branches": [[], [CONV]], "merge": "add"}], 1.25),
        # Normalised to a variance of 1, two thirds of which are signal, beside a signal of 1.
        ([residual(CONV, {"type": "batch_normalization"})], 2 / (1 + 1 / 1.5)),
    ],
)
def test_noise_over_signal_adds_where_paths_do(layers: Any, expected: float) -> None:
    placed = place(bnnc.check(spec(*layers)).accepted().layers)[: -len(END)]
    added = {one.index: 0.5 for one in placed if one.layer.variational_class}
    assert inflation(placed, added) == pytest.approx(expected)


PARAMETERS = {
    # Counted by hand from the papers' tables: convolutions k·k·in·out without bias, two trained
    # numbers a channel of batch normalization, and the dense layer.
    "cifar10-resnet20": 269_722,
    "cifar10-wide-resnet-28-10": 36_479_194,
}


def by_hand(name: str) -> int:
    if name == "cifar10-resnet20":
        convolutions = [
            (3, 16),
            *[(16, 16)] * 6,
            (16, 32),
            *[(32, 32)] * 5,
            (32, 64),
            *[(64, 64)] * 5,
        ]
        trained = sum(9 * given * made + 2 * made for given, made in convolutions)
        return trained + 64 * 10 + 10
    trained, given = 9 * 3 * 16 + 2 * 16, 16
    for width in (160, 320, 640):
        # First block: projection and two convolutions, one normalization between them; then one
        # in front, of which the first group's stands behind the stem.
        trained += given * width + 9 * given * width + 9 * width * width + 2 * width
        trained += 3 * (2 * 9 * width * width + 2 * 2 * width)
        trained += 2 * width  # before the next group, or before the pooling
        given = width
    return trained + 640 * 10 + 10


@pytest.mark.parametrize("name", PARAMETERS)
def test_residual_networks_of_the_gallery_have_the_parameters_of_their_papers(name: str) -> None:
    path = Path(bnnc.__file__).parent / "specs" / "gallery" / f"{name}.yaml"
    assert len(path.read_text().splitlines()) < 40
    report = bnnc.check(path)
    assert not report.diagnostics
    assert plan(report).trainable == by_hand(name) == PARAMETERS[name]
