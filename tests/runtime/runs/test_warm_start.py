"""A training that begins with the weights of a run: what is taken, what is refused, what is noted."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import bnnc
from bnnc.compiler import pipeline
from bnnc.errors import ArtifactError
from bnnc.runtime.artifacts import read_manifest
from bnnc.runtime.program import Program
from bnnc.runtime.runs.warm_start import digest_of, refuse_other_run
from bnnc.runtime.softplus import positive, unconstrained, unconstrained_array
from tests.support.predictions import of_classes
from tests.support.tiny_program import arrays, document, program

LAYERS: list[dict[str, Any]] = [
    {"type": "conv2d", "filters": 4, "kernel_size": 3, "activation": "relu"},
    {"type": "batch_normalization"},
    {"type": "flatten"},
    {"type": "dense", "units": 3},
]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A deterministic network that was trained for two epochs."""
    folder = tmp_path_factory.mktemp("runs") / "first"
    made = program("none", layers=LAYERS)
    made.fit(*arrays(20))
    made.save(folder)
    return folder


def begun(run: Path, method: str = "flipout", **sections: Any) -> Program:
    """A program of other noise that begins with the run, which lies beside its spec."""
    fields = {"relative_scale": 0.1} if method == "flipout" else {}
    training = {"batch_size": 8, "seed": 9, "initialize_from": {"run": run.name, **fields}}
    made = document(method, **{"layers": LAYERS, "training": training, **sections})
    return bnnc.compile(made, folder=run.parent)


def test_every_weight_of_the_run_is_the_first_of_the_training(run: Path) -> None:
    theirs, ours = bnnc.load(run).model, begun(run).model
    for name in ("conv2d", "batch_normalization", "dense"):
        there = {one.name: one for one in theirs.get_layer(name).weights}
        here = {one.name: one for one in ours.get_layer(name).weights}
        assert set(there) <= set(here)
        for key, weight in there.items():
            np.testing.assert_array_equal(np.array(here[key]), np.array(weight))
    images = arrays(5)[0]
    plain = of_classes(begun(run, "none").predict(images)).probs
    np.testing.assert_array_equal(plain, of_classes(bnnc.load(run).predict(images)).probs)


def test_a_gaussian_process_begins_with_the_features_that_its_weights_were_trained_for(
    tmp_path: Path,
) -> None:
    process = {"method": "sngp", "gaussian_process": {"num_inducing": 16}}
    first = program("sngp", bayesian=process)
    first.fit(*arrays(20))
    first.save(tmp_path / "first")
    training = {"seed": 9, "initialize_from": {"run": "first"}}
    begun = bnnc.compile(document("sngp", bayesian=process, training=training), folder=tmp_path)
    for name in ("kernel", "projection", "phase"):
        received = getattr(begun.model.get_layer("dense"), name)
        np.testing.assert_array_equal(received, getattr(first.model.get_layer("dense"), name))


def test_a_standard_deviation_is_a_share_of_its_mean(run: Path) -> None:
    layer = begun(run).model.get_layer("dense")
    sizes = np.abs(np.array(layer.kernel))
    np.testing.assert_allclose(layer.kernel_scale, np.maximum(0.1 * sizes, 2e-6), rtol=1e-4)
    biased = {"method": "flipout", "bias": True}
    of_bias = begun(run, bayesian=biased).model.get_layer("dense")
    expected = np.maximum(0.1 * np.abs(np.array(of_bias.bias)), 2e-6)
    assert expected.max() > 1e-4  # trained
    np.testing.assert_allclose(of_bias.bias_scale, expected, rtol=1e-4)
    training = {"initialize_from": {"run": run.name}}
    layer = begun(run, training=training).model.get_layer("dense")
    np.testing.assert_allclose(layer.kernel_scale, 0.1, rtol=1e-5)  # as the posterior says


def test_the_unconstrained_numbers_of_an_array_are_those_of_its_numbers() -> None:
    values = np.array([2e-6, 1e-3, 0.5, 30.0])
    received = unconstrained_array(values)
    np.testing.assert_allclose(received, [unconstrained(one) for one in values], rtol=1e-12)
    np.testing.assert_allclose(positive(received), values, rtol=1e-9)


def test_the_manifest_says_which_run_it_was(run: Path, tmp_path: Path) -> None:
    made = begun(run)
    made.save(tmp_path / "saved")
    noted = read_manifest(tmp_path / "saved")["initialized"]
    assert noted == {
        "run": "first",
        "fingerprint": read_manifest(run)["fingerprint"],
        "digest": digest_of(bnnc.load(run).model),
    }
    loaded = bnnc.load(tmp_path / "saved")
    assert loaded.manifest["initialized"] == noted
    refuse_other_run(loaded, str(run.parent))
    other = bnnc.load(run)
    other.model.get_layer("dense").bias.assign([1.0, 2.0, 3.0])
    other.save(tmp_path / "first")
    with pytest.raises(ArtifactError, match="other weights than those that this training began"):
        refuse_other_run(loaded, str(tmp_path))
    refuse_other_run(loaded, str(tmp_path / "nowhere"))


def test_the_emitted_source_says_where_the_first_weights_are(run: Path) -> None:
    assert "`model.keras` has the weights" in begun(run).source
    assert "`model.keras` has the weights" not in program("none").source


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"layers": [*LAYERS[:3], {**LAYERS[3], "name": "head"}]}, "alone `dense`; here alone `h"),
        ({"layers": [{**LAYERS[0], "filters": 5}, *LAYERS[1:]]}, r"`conv2d` has the shape \(3, 3,"),
        ({"layers": [*LAYERS[:3], {**LAYERS[3], "use_bias": False}]}, "same arguments"),
        (
            {"bayesian": {"method": "sngp"}, "training": {"initialize_from": {"run": "first"}}},
            "`dense` in .* It is a Dense there and a RandomFeatureGaussianProcess here: begin with",
        ),
        ({"input": {"shape": [6, 6, 1], "value_range": [0, 8]}}, "the images of"),
    ],
)
def test_another_network_is_refused(run: Path, changed: dict[str, Any], message: str) -> None:
    with pytest.raises(ArtifactError, match=message):
        begun(run, **changed)


def test_what_is_no_trained_run_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ArtifactError, match="nowhere does not exist"):
        begun(tmp_path / "nowhere")
    program("none", layers=LAYERS).save(tmp_path / "built")
    with pytest.raises(ArtifactError, match="was never trained"):
        begun(tmp_path / "built")
    ensemble = program("none", layers=LAYERS, ensemble={"members": 2})
    ensemble.save(tmp_path / "several")
    with pytest.raises(ArtifactError, match="is an ensemble"):
        begun(tmp_path / "several")


@pytest.fixture(scope="module")
def several(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A deterministic ensemble of two that was trained for two epochs."""
    folder = tmp_path_factory.mktemp("runs") / "several"
    made = program("none", layers=LAYERS, ensemble={"members": 2})
    made.fit(*arrays(20))
    made.save(folder)
    return folder


def of_two(run: Path, method: str = "none", **sections: Any) -> dict[str, Any]:
    """The document of an ensemble whose members begin with those of a run, beside its spec."""
    begun = {"run": run.name, "per_member": True}
    training = {"batch_size": 8, "seed": 9, "initialize_from": begun}
    return document(
        method, **{"layers": LAYERS, "training": training, "ensemble": {"members": 2}, **sections}
    )


def test_each_member_begins_with_the_member_of_its_number(several: Path, tmp_path: Path) -> None:
    made = bnnc.compile(of_two(several), folder=several.parent)
    images = arrays(5)[0]
    theirs = bnnc.load(several)
    for ours, member in zip(made.members, theirs.members, strict=True):
        np.testing.assert_array_equal(
            of_classes(ours.predict(images)).probs, of_classes(member.predict(images)).probs
        )
    alone = pipeline.compile(bnnc.check(of_two(several), folder=several.parent), member=1)
    assert digest_of(alone.model) == digest_of(theirs.members[1].model) != digest_of(made.models[0])
    made.fit(*arrays(20), verbose=0)
    made.save(tmp_path / "saved")
    loaded = bnnc.load(tmp_path / "saved")
    for number, one in enumerate(loaded.members):
        assert one.manifest["initialized"]["run"] == f"several/members/{number}"
    refuse_other_run(loaded, str(several.parent))
    theirs.models[1].get_layer("dense").bias.assign([1.0, 2.0, 3.0])
    theirs.save(tmp_path / "several")
    with pytest.raises(ArtifactError, match="members/1 holds other weights than those"):
        refuse_other_run(loaded, str(tmp_path))
    assert "`members/*/model.keras` have the weights" in made.source


def test_an_ensemble_of_another_size_is_refused(several: Path, run: Path) -> None:
    with pytest.raises(ArtifactError, match="is an ensemble of 2 members, and this spec has 3"):
        bnnc.compile(of_two(several, ensemble={"members": 3}), folder=several.parent)
    with pytest.raises(ArtifactError, match="is a single network, and this spec has 2 members"):
        bnnc.compile(of_two(run), folder=run.parent)


def test_a_spec_has_the_fingerprint_of_before_unless_each_member_has_its_own(run: Path) -> None:
    value = begun(run).spec.canonical()["training"]["initialize_from"]
    assert value == {"run": "first", "relative_scale": 0.1}
    spec = bnnc.check(of_two(run)).accepted()
    assert spec.canonical()["training"]["initialize_from"] == {"run": "first", "per_member": True}
