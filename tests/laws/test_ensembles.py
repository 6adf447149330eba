"""An ensemble is the average of the programs that it is made of, and nothing else."""

import itertools
import json
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

import bnnc
from bnnc.errors import ArtifactError, OutputError
from bnnc.runtime.prediction.ensemble_prediction import EnsembleDraws, mixture
from bnnc.runtime.prediction.multilabel_prediction import LabelSetPredictor
from bnnc.runtime.prediction.prediction import Prediction
from bnnc.runtime.program import Program
from bnnc.runtime.runs.loading import load
from bnnc.specs.seeds import layer_seed, member_seed
from tests.laws.test_training import assert_same_bits
from tests.support.predictions import of_classes, of_label_sets, of_numbers
from tests.support.tiny_program import CLASSES, VARIATIONAL, arrays, program

MEMBERS = 3
METHODS = ("none", "flipout")
ENSEMBLE = {"members": MEMBERS}
# One layer: what a member is does not depend on how many it has, and each is traced for each member.
LAYERS = [{"type": "flatten"}, {"type": "dense", "units": CLASSES}]
NORMAL = {
    "layers": [{"type": "flatten"}, {"type": "dense", "units": 2}],
    "output": {
        "distribution": "normal",
        "parameterization": "loc_and_unconstrained_scale",
        "labels": "real",
    },
}
LABEL_SETS = {
    "layers": [{"type": "flatten"}, {"type": "dense", "units": CLASSES}],
    "output": {
        "distribution": "independent_bernoulli",
        "parameterization": "logits",
        "classes": CLASSES,
        "labels": "multi_hot",
    },
}


def trained(made: Program, labels: Any = None) -> Program:
    images, classes = arrays(20)
    made.fit(images, classes if labels is None else labels, epochs=2)
    return made


@cache
def ensemble(method: str) -> Program:
    return trained(program(method, layers=LAYERS, ensemble=ENSEMBLE))


@cache
def alone(method: str) -> tuple[Program, ...]:
    """Programs with the members' seeds, compiled and trained as if there were no ensemble."""
    seeds = [member_seed(3, number) for number in range(MEMBERS)]
    training = {"batch_size": 8, "epochs": 2}
    return tuple(
        trained(program(method, layers=LAYERS, training={**training, "seed": seed}))
        for seed in seeds
    )


@pytest.mark.parametrize("method", METHODS)
def test_members_are_the_programs_with_their_seeds_to_the_last_bit(method: str) -> None:
    for member, other in zip(ensemble(method).members, alone(method), strict=True):
        assert_same_bits(member, other)


@pytest.mark.parametrize("seed", [None, 7])
@pytest.mark.parametrize("method", METHODS)
def test_an_ensemble_is_the_average_of_its_programs(method: str, seed: int | None) -> None:
    images = arrays(9, seed=1)[0]
    received = of_classes(ensemble(method).predict(images, 4, seed=seed))
    each = [of_classes(one.predict(images, 4, seed=seed)) for one in alone(method)]
    for name in ("probs", "expected_entropy"):
        mean = np.mean([getattr(one, name) for one in each], axis=0, dtype=np.float64)
        np.testing.assert_array_equal(getattr(received, name), mean.astype(np.float32))
    assert received.samples == (MEMBERS if method == "none" else 4 * MEMBERS)
    probs = received.probs.astype(np.float64)
    np.testing.assert_allclose(received.entropy, -(probs * np.log(probs)).sum(-1), rtol=1e-5)
    np.testing.assert_array_equal(
        received.mutual_information, np.maximum(received.entropy - received.expected_entropy, 0)
    )
    assert (received.mutual_information > 0).all()
    # What the members disagree on is added to what the draws of each disagree on.
    within = np.mean([one.mutual_information for one in each], axis=0)
    assert (received.mutual_information >= within - 1e-6).all()


def test_the_order_of_the_members_says_nothing() -> None:
    images = arrays(9, seed=1)[0]
    each = [of_classes(one.predict(images, 4)) for one in alone("flipout")]
    orders = [mixture(order) for order in itertools.permutations(each)]
    for other in orders[1:]:
        for name in ("probs", "entropy", "expected_entropy", "mutual_information"):
            np.testing.assert_array_equal(getattr(orders[0], name), getattr(other, name))


def test_members_that_agree_know_no_mutual_information_and_opposites_know_one_bit() -> None:
    sure = np.array([[1, 0], [0.5, 0.5]], np.float32)
    none, half = np.zeros(2, np.float32), np.array([0, np.log(2)], np.float32)
    one = Prediction(sure, half, half, none, 1)
    np.testing.assert_array_equal(mixture([one, one, one]).mutual_information, 0)
    other = Prediction(sure[:, ::-1], half, half, none, 1)
    np.testing.assert_allclose(mixture([one, other]).mutual_information, [np.log(2), 0], rtol=1e-6)


def test_numbers_are_the_mixture_over_members_and_draws() -> None:
    """Mean and variance by the law of total variance over the predictions of the single programs."""
    images, classes = arrays(20)
    made = trained(
        program("flipout", **NORMAL, ensemble={"members": 2}), classes.astype(np.float32)
    )
    received = of_numbers(made.predict(images[:5], 4))
    each = [member.predict(images[:5], 4) for member in made.members]
    means, stds, noise = (
        np.array([getattr(one, name) for one in each], np.float64)
        for name in ("mean", "std", "aleatoric_std")
    )
    np.testing.assert_allclose(received.mean, means.mean(0), rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(received.aleatoric_std, np.sqrt((noise**2).mean(0)), rtol=1e-5)
    total = (stds**2 + means**2).mean(0) - means.mean(0) ** 2
    np.testing.assert_allclose(received.std, np.sqrt(total), rtol=1e-4)
    assert (received.epistemic_std > 1e-3).all()
    metrics = made.evaluate(images, classes.astype(np.float32), samples=4)
    assert metrics["nll"] > 0
    assert metrics["rmse"] > 0


def test_sets_of_labels_are_the_mixture_over_members_and_draws() -> None:
    images, classes = arrays(20)
    labels = np.eye(CLASSES, dtype=np.float32)[classes]
    made = trained(program("flipout", **LABEL_SETS, ensemble={"members": 2}), labels)
    received = of_label_sets(made.predict(images, 4))
    each = [member.predict(images, 4) for member in made.members]
    for name in ("probs", "expected_entropy"):
        mean = np.mean([getattr(one, name) for one in each], axis=0)
        np.testing.assert_allclose(getattr(received, name), mean, rtol=1e-5)
    assert (received.mutual_information > 0).all()
    assert received.samples == 8
    # The parts that a chunk of all members is divided into are put together again.
    predictor = made._predictor
    assert isinstance(predictor, LabelSetPredictor)
    draws = predictor._draws
    assert isinstance(draws, EnsembleDraws)
    for member in draws.members:
        member._chunk = 8
    parts = list(draws.parameters(images, 4, None))
    assert [part.stop - part.start for part, _ in parts] == [4] * 5
    np.testing.assert_allclose(
        of_label_sets(made.predict(images, 4)).probs, received.probs, atol=1e-6
    )
    assert np.concatenate([np.arange(20)[part] for part, _ in parts]).tolist() == list(range(20))


def test_the_distribution_is_the_mixture_of_the_members() -> None:
    """A deterministic member's distribution is a function: the density is the mean of theirs."""
    images, labels = arrays(6)
    made = ensemble("none")
    received = made.distribution(images).log_prob(labels)
    each = tf.stack([member.distribution(images).prob(labels) for member in made.members])
    np.testing.assert_allclose(received, np.log(np.mean(each, axis=0)), rtol=1e-5)


def test_a_step_is_one_of_every_member() -> None:
    made = program("none", ensemble=ENSEMBLE)
    members = [program("none", training={"seed": one.spec.training.seed}) for one in made.members]
    received = made.train_step(*arrays(8))
    each = [member.train_step(*arrays(8)) for member in members]
    assert received["loss"] == pytest.approx(np.mean([one["loss"] for one in each]))
    for member, other in zip(made.members, members, strict=True):
        assert_same_bits(member, other)


def test_save_and_load_change_nothing_and_every_member_is_a_program(tmp_path: Path) -> None:
    made, images = ensemble("flipout"), arrays(5)[0]
    made.save(tmp_path / "saved")
    loaded = bnnc.load(tmp_path / "saved")
    assert loaded.manifest == json.loads(json.dumps(made.manifest))
    assert loaded.manifest["members"] == [3, member_seed(3, 1), member_seed(3, 2)]
    np.testing.assert_array_equal(
        of_classes(loaded.predict(images)).probs, of_classes(made.predict(images)).probs
    )
    second = bnnc.load(tmp_path / "saved" / "members" / "1")
    np.testing.assert_array_equal(
        of_classes(second.predict(images)).probs,
        of_classes(alone("flipout")[1].predict(images)).probs,
    )


def test_an_ensemble_is_whole_or_refused(tmp_path: Path) -> None:
    place = tmp_path / "saved"
    ensemble("none").save(place)
    (place / "members" / "1").rename(tmp_path / "elsewhere")
    with pytest.raises(ArtifactError, match="members/1 does not exist"):
        load(place)
    alone("none")[0].save(place / "members" / "1")
    with pytest.raises(ArtifactError, match="members/1 is no member of the ensemble"):
        load(place)


def test_an_ensemble_may_take_the_place_of_a_single_program_and_the_other_way_round(
    tmp_path: Path,
) -> None:
    single, several = program("none"), program("none", ensemble={"members": 2})
    for made in (single, several, single):
        made.save(tmp_path / "built")
        assert (tmp_path / "built" / "members").exists() == (made is several)
    (tmp_path / "built" / "notes.txt").write_text("mine")
    with pytest.raises(OutputError, match=r"also holds notes\.txt"):
        several.save(tmp_path / "built")


def test_an_ensemble_has_no_single_model() -> None:
    with pytest.raises(AttributeError, match=r"has 3 models: expected `program\.models`"):
        _ = ensemble("none").model


def test_one_member_is_the_program_without_an_ensemble() -> None:
    made, other = program("none", ensemble={"members": 1}), program("none")
    assert made.spec.fingerprint() == other.spec.fingerprint()
    assert_same_bits(made, other)


def test_seeds_of_members_meet_no_others() -> None:
    """More members begin with the same; neighbouring seeds share none; nor do members and layers."""
    seeds = {seed: [member_seed(seed, one) for one in range(100)] for seed in range(20)}
    everything = [one for some in seeds.values() for one in some]
    assert len(set(everything)) == len(everything)
    assert all(0 <= one < 2**31 for one in everything)
    assert [some[0] for some in seeds.values()] == list(seeds)
    layers = {layer_seed(seed, f"member_{one}") for seed in seeds for one in range(100)}
    assert not layers & set(everything)


def test_the_held_out_rows_are_the_same_for_all() -> None:
    data = {"source": "mine.npz", "validation_split": 0.25}
    made = program("none", layers=LAYERS, ensemble=ENSEMBLE, data=data)
    made.fit(*arrays(20), epochs=1)
    digests = {member.manifest["trained"]["digest"] for member in made.members}
    assert digests == {made.manifest["trained"]["digest"]}
    assert made.manifest["trained"]["validation_rows"] == 5


def test_every_method_predicts_as_an_ensemble() -> None:
    """Of untrained members: what is new in a method is drawn for each member by itself."""
    images = arrays(4)[0]
    for method in ("mc_dropout", *sorted(VARIATIONAL)):
        own = {} if method.endswith("dropout") else {"layers": LAYERS}
        made = program(method, **own, ensemble={"members": 2})
        first, second = (
            of_classes(member.predict(images, 3, seed=1)).probs for member in made.members
        )
        assert not np.array_equal(first, second)
        both = of_classes(made.predict(images, 3, seed=1)).probs
        np.testing.assert_allclose(both, (first + second) / 2, rtol=1e-6)


def test_many_members_are_trained_and_predict_without_a_warning(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """TensorFlow takes the functions of six models for one that is traced six times."""
    made = program("none", **NORMAL, ensemble={"members": 6})
    images, labels = arrays(8)
    made.fit(images, labels.astype(np.float32), epochs=1)
    made.predict(images)
    assert not caplog.records
