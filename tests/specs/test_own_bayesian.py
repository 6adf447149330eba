"""What a layer says of itself counts in place of the `bayesian` section, and means one thing."""

from __future__ import annotations

import copy
import json
from typing import Any

from hypothesis import HealthCheck, given, settings

from bnnc.specs.spec import Spec
from tests.generated.spec import specs

Json = Any

LAYERS: list[dict[str, Any]] = [
    {"type": "conv2d", "filters": 4, "kernel_size": 3, "name": "first"},
    {"type": "dropout", "rate": 0.2, "name": "drop"},
    {"type": "flatten"},
    {"type": "dense", "units": 10, "name": "head"},
]


def spec(minimal: Json, section: Json, **own: Json) -> Spec:
    """A spec with this `bayesian` section, and what the layers of these names say."""
    layers = copy.deepcopy(LAYERS)
    for layer in layers:
        if layer.get("name") in own:
            layer["bayesian"] = own[str(layer["name"])]
    return Spec.from_json(json.dumps({**minimal, "layers": layers, "bayesian": section}))


def methods(one: Spec) -> dict[int, str]:
    return {index: section.method for index, section in one.bayesian_sections.items()}


def test_a_layers_own_method_counts_whatever_is_selected(minimal: Json) -> None:
    section = {"method": "flipout", "layers": ["head"]}
    own = {"first": {"method": "reparameterization"}, "drop": {"method": "mc_dropout"}}
    one = spec(minimal, section, **own)
    assert methods(one) == {0: "reparameterization", 1: "mc_dropout", 3: "flipout"}


def test_a_layer_without_a_method_of_its_own_is_selected_as_every_other(minimal: Json) -> None:
    own = {"first": {"prior": {"scale": 2}}}
    assert methods(spec(minimal, {"method": "flipout", "layers": "last"}, **own)) == {3: "flipout"}
    whole = spec(minimal, {"method": "flipout", "prior": {"scale": 3}}, **own)
    scales = [one.prior.scale for one in whole.bayesian_sections.values()]
    assert scales == [2, 3]


def test_a_layer_may_exempt_itself(minimal: Json) -> None:
    assert methods(spec(minimal, {"method": "flipout"}, head={"method": "none"})) == {0: "flipout"}


def test_a_method_that_a_layer_cannot_carry_does_not_apply(minimal: Json) -> None:
    assert methods(spec(minimal, {"method": "none"}, head={"method": "mc_dropout"})) == {}


def test_who_says_it_the_section_or_the_layers_makes_no_other_model(minimal: Json) -> None:
    narrow, wide = {"scale": 0.1}, {"scale": 2}
    said_by_section = {"method": "flipout", "prior": wide}
    same = (
        spec(minimal, said_by_section, first={"prior": narrow}),
        spec(minimal, {"method": "flipout", "prior": narrow}, head={"prior": wide}),
        spec(
            minimal,
            {"method": "none"},
            first={"method": "flipout", "prior": narrow},
            head={"method": "flipout", "prior": wide},
        ),
        spec(minimal, said_by_section, first={"prior": narrow}, drop={"method": "none"}),
    )
    assert len({one.fingerprint() for one in same}) == 1
    assert spec(minimal, said_by_section).fingerprint() != same[0].fingerprint()


def test_a_bias_has_a_posterior_where_it_is_said_and_where_it_can(minimal: Json) -> None:
    biased = {"method": "flipout", "bias": True}
    same = (
        spec(minimal, biased, first={"bias": False}),
        spec(minimal, {"method": "flipout"}, head={"bias": True}),
        spec(minimal, {"method": "none"}, first={"method": "flipout"}, head=biased),
    )
    assert len({one.fingerprint() for one in same}) == 1
    for one in same:
        assert [each.bias for each in one.bayesian_sections.values()] == [False, True]
    plain = spec(minimal, {"method": "flipout"})
    assert plain.fingerprint() != same[0].fingerprint()
    # Where no method of the layer takes it, or the layer has no bias, it says nothing.
    dropout = {"method": "mc_dropout"}
    assert (
        spec(minimal, dropout).fingerprint()
        == spec(minimal, {**dropout, "bias": True}).fingerprint()
    )
    unbiased = {**minimal, "layers": [{**one} for one in LAYERS]}
    for layer in (unbiased["layers"][0], unbiased["layers"][-1]):
        layer["use_bias"] = False
    prints = set()
    for bias in (False, True):
        section = {"method": "flipout", "bias": bias}
        prints.add(Spec.from_json(json.dumps({**unbiased, "bayesian": section})).fingerprint())
    assert len(prints) == 1


@settings(
    max_examples=60,
    deadline=None,
    database=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)
@given(document=specs())
def test_the_canonical_spec_means_what_the_spec_means(document: Json) -> None:
    one = Spec.from_json(json.dumps(document))
    canonical = one.canonical()
    if not canonical["bayesian"]["layers"]:
        canonical["bayesian"]["layers"] = "all"  # a list of none cannot be said
    again = Spec.from_json(json.dumps(canonical))
    assert again.canonical() == one.canonical()
