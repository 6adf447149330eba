"""`method: variational` says one method for each layer, as the layers could do themselves."""

from __future__ import annotations

import json
from typing import Any

from bnnc.compiler.planning.make_plan import make_plan
from bnnc.specs.spec import Spec

Json = Any

CONVOLUTION: dict[str, Any] = {"type": "conv2d", "filters": 4, "kernel_size": 3, "padding": "same"}
NORMALIZATION: dict[str, Any] = {"type": "batch_normalization"}
END: list[dict[str, Any]] = [{"type": "flatten"}, {"type": "dense", "units": 10}]
LOCAL = "local_reparameterization"


def chosen(minimal: Json, stack: list[Json], **section: Json) -> Spec:
    document = {**minimal, "layers": stack, "bayesian": {"method": "variational", **section}}
    return Spec.from_json(json.dumps(document))


def methods(spec: Spec) -> list[str]:
    return [one.method for one in spec.bayesian_sections.values()]


def test_dense_layers_are_locally_reparameterized_and_convolutions_antithetic(
    minimal: Json,
) -> None:
    depthwise = {"type": "depthwise_conv2d", "kernel_size": 3}
    layers = [CONVOLUTION, depthwise, {"type": "flatten"}, {"type": "dense", "units": 9}, END[1]]
    assert methods(chosen(minimal, layers)) == ["antithetic", "antithetic", LOCAL, LOCAL]


def test_batch_normalization_anywhere_leaves_one_draw_for_convolutions(minimal: Json) -> None:
    normalized = {"type": "residual", "body": [CONVOLUTION, NORMALIZATION], "shortcut": "identity"}
    first = {**CONVOLUTION, "filters": 1}
    layers = [first, {**normalized, "body": [first, NORMALIZATION]}, CONVOLUTION, *END]
    assert methods(chosen(minimal, layers)) == ["reparameterization"] * 3 + [LOCAL]


def test_a_layers_own_method_and_a_selection_count(minimal: Json) -> None:
    own = {**END[1], "bayesian": {"method": "flipout"}}
    assert methods(chosen(minimal, [CONVOLUTION, END[0], own])) == ["antithetic", "flipout"]
    last = chosen(minimal, [CONVOLUTION, *END], layers="last")
    assert methods(last) == [LOCAL]


def test_layers_that_say_the_same_methods_make_the_same_model(minimal: Json) -> None:
    layers = [CONVOLUTION, *END]
    for section in ({}, {"pairs": 2}, {"bias": True, "prior": {"scale": 0.3}}):
        one = chosen(minimal, layers, **section)
        local = {**END[1], "bayesian": {"method": LOCAL}}
        document = {**minimal, "layers": [CONVOLUTION, END[0], local]}
        document["bayesian"] = {"method": "antithetic", **section}
        said = Spec.from_json(json.dumps(document))
        assert said.fingerprint() == one.fingerprint()
        assert Spec.from_json(json.dumps(one.canonical())).fingerprint() == one.fingerprint()


def test_the_plan_names_the_method_of_each_layer(minimal: Json) -> None:
    plan = make_plan(chosen(minimal, [CONVOLUTION] * 7 + END))
    found = {node.name: node.method for node in plan.nodes if node.method_is_chosen}
    assert found == {
        node.name: "antithetic" if node.name.startswith("conv") else LOCAL
        for node in plan.nodes
        if node.posterior
    }
    said = str(plan)
    assert "antithetic for conv2d, conv2d_1, conv2d_2, conv2d_3 and 3 other layers; " in said
    assert f"{LOCAL} for dense" in said
    assert "methods" not in str(make_plan(Spec.from_json(json.dumps(minimal))))
