"""What `sngp` makes of the layers of a spec, by their place, and where it is refused."""

from typing import Any

import pytest

import bnnc
from bnnc.compiler.pipeline import plan
from bnnc.specs.methods import METHODS
from tests.support.tiny_program import document

SPECTRAL, PROCESS = "spectral_normalization", "sngp"
HIDDEN: dict[str, Any] = {"type": "dense", "units": 5, "activation": "relu"}
HEAD: dict[str, Any] = {"type": "dense", "units": 3}


def written(*layers: dict[str, Any], **sections: Any) -> dict[str, Any]:
    return document("sngp", **{"layers": [{"type": "flatten"}, *layers], **sections})


@pytest.mark.parametrize(
    ("bayesian", "own", "expected"),
    [
        ({}, {}, [SPECTRAL, PROCESS]),
        ({"layers": "last"}, {}, [PROCESS]),
        ({"layers": ["dense_1"]}, {}, [PROCESS]),
        ({}, {"method": "none"}, [PROCESS]),
        ({}, {"method": "flipout"}, ["flipout", PROCESS]),
        ({"layers": "last"}, {"method": "sngp"}, [SPECTRAL, PROCESS]),
    ],
)
def test_the_last_layer_becomes_the_process_and_the_others_are_bounded(
    bayesian: dict[str, Any], own: dict[str, Any], expected: list[str]
) -> None:
    hidden = {**HIDDEN, **({"bayesian": own} if own else {})}
    spec = written(hidden, HEAD, bayesian={"method": "sngp", **bayesian})
    report = bnnc.check(spec)
    assert report.ok
    assert report.spec is not None
    assert [one.method for one in report.spec.bayesian_sections.values()] == expected
    classes = [node.keras_class.rpartition(".")[2] for node in plan(report).nodes]
    assert classes[-1] == "RandomFeatureGaussianProcess"
    assert ("SpectralNormalizedDense" in classes) == (SPECTRAL in expected)


def test_a_layer_has_its_own_bound_and_its_own_process() -> None:
    hidden = {**HIDDEN, "bayesian": {"norm_multiplier": 6.0}}
    head = {**HEAD, "bayesian": {"gaussian_process": {"num_inducing": 7}}}
    spec = bnnc.check(written(hidden, head, bayesian={"method": "sngp"})).spec
    assert spec is not None
    first, last = spec.bayesian_sections.values()
    assert first.norm_multiplier == 6.0
    assert last.gaussian_process.num_inducing == 7
    same = written(
        HIDDEN,
        HEAD,
        bayesian={
            "method": "sngp",
            "norm_multiplier": 6.0,
            "gaussian_process": {"num_inducing": 7},
        },
    )
    other = bnnc.check(same).spec
    assert other is not None
    assert other.fingerprint() == spec.fingerprint()


@pytest.mark.parametrize(
    ("spec", "label"),
    [
        (written(HIDDEN, HEAD, bayesian={"method": "sngp", "layers": ["dense"]}), "not under"),
        (written(HIDDEN, {**HEAD, "bayesian": {"method": "none"}}), "not under"),
        (
            written(HIDDEN, HEAD, {"type": "activation", "activation": "linear"}),
            "not a dense layer",
        ),
        (
            written({**HIDDEN, "bayesian": {"method": "sngp"}}, HEAD, bayesian={"method": "none"}),
            "not under",
        ),
    ],
)
def test_without_its_head_it_is_refused(spec: dict[str, Any], label: str) -> None:
    (found,) = (one for one in bnnc.check(spec).diagnostics if one.code == "BNN457")
    assert label in found.related[0].text
    assert "spectral_normalization" in found.help[0]


@pytest.mark.parametrize(
    ("output", "advice"),
    [
        (
            {"distribution": "normal", "parameterization": "loc", "scale": "learned"},
            "a number as `scale`",
        ),
        (
            {"distribution": "student_t", "parameterization": "loc_and_unconstrained_scale"},
            "`distribution: normal`",
        ),
    ],
)
def test_an_output_without_a_posterior_is_refused_with_one_that_has_it(
    output: dict[str, Any], advice: str
) -> None:
    width = 1 if output["parameterization"] == "loc" else 2
    spec = written({"type": "dense", "units": width}, output={**output, "labels": "real"})
    (found,) = (one for one in bnnc.check(spec).diagnostics if one.severity == "error")
    assert found.code == "BNN458"
    assert advice in found.help[0]


def test_bounds_alone_are_deterministic() -> None:
    spec = written(HIDDEN, HEAD, bayesian={"method": SPECTRAL, "norm_multiplier": 2.0})
    report = bnnc.check(spec)
    assert report.ok
    made = plan(report)
    assert made.first_stochastic is None
    assert made.posterior == made.kl == 0


@pytest.mark.parametrize(
    "method", [name for name, one in METHODS.items() if not one.noise_in_training]
)
def test_several_draws_of_a_training_without_noise_are_told(method: str) -> None:
    spec = written(HEAD, bayesian={"method": method}, training={"samples": 4})
    (found,) = (one for one in bnnc.check(spec).diagnostics if one.code == "BNN426")
    assert found.message == "all 4 draws of a training without noise are the same"


@pytest.mark.parametrize(
    ("bayesian", "hidden", "meant"),
    [
        ({}, [], "`layers: last`"),
        ({"layers": "all"}, [HIDDEN], "`layers: [dense, dense_1]`"),
        ({"layers": "last"}, [HIDDEN], None),
        ({"layers": ["dense", "dense_1"]}, [HIDDEN], None),
        ({"method": "spectral_normalization"}, [HIDDEN], None),
    ],
)
def test_a_backbone_before_the_process_is_told_that_it_is_not_bounded(
    bayesian: dict[str, Any], hidden: list[dict[str, Any]], meant: str | None
) -> None:
    backbone = {"type": "backbone", "application": "VGG16", "weights": "none", "pooling": "avg"}
    spec = document(
        "sngp",
        input={"shape": [64, 64, 3], "value_range": [0, 255]},
        layers=[backbone, *hidden, HEAD],
        bayesian={"method": "sngp", **bayesian},
        prediction={"samples": 1 if "method" in bayesian else 8},
    )
    found = [one for one in bnnc.check(spec).diagnostics if one.code == "BNN512"]
    assert [meant in one.help[0] for one in found if meant] == ([True] if meant else [])
    assert len(found) == (meant is not None)
