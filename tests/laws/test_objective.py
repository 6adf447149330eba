"""The objective: mean loss of a batch plus the KL, once, with the weight that is said."""

import math
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from bnnc.runtime.model import BayesianModel
from bnnc.runtime.noise import Draw, drawing
from bnnc.runtime.outputs import OUTPUTS
from bnnc.runtime.training.objective import Objective
from bnnc.specs.methods import NAMES
from tests.support.tiny_program import VARIATIONAL, arrays, program

ROWS = 200


def objective(**arguments: Any) -> Objective:
    output: Any = OUTPUTS["categorical"]
    chosen = output(parameterization="logits", labels="integer", classes=3)
    return Objective(chosen, **arguments)


def first_step(**kl: Any) -> tuple[dict[str, float], BayesianModel]:
    """Metrics of the first step of a program whose KL is weighted so."""
    made = program(loss={"type": "negative_log_likelihood", "kl": kl})
    made.model.bind(rows=ROWS, batch_size=8)
    return made.train_step(*arrays(8)), made.model


@pytest.mark.parametrize("method", VARIATIONAL)
def test_the_step_is_the_gradient_of_mean_loss_plus_weighted_kl(method: str) -> None:
    rate = 0.5
    made = program(method, training={"optimizer": {"type": "sgd", "learning_rate": rate}})
    model = made.model
    model.bind(rows=ROWS, batch_size=8)
    images, labels = (tf.constant(one) for one in arrays(8))
    draw = Draw(key=tf.constant([made.spec.training.seed, 0]), kind="estimator")
    before = model.get_weights()
    with drawing(draw), tf.GradientTape() as tape:
        logits = model(images, training=True)
        likelihood = tf.nn.sparse_softmax_cross_entropy_with_logits(labels, logits)
        loss = tf.reduce_mean(likelihood) + model.kl_divergence() / ROWS
    gradients = tape.gradient(loss, model.trainable_variables)
    expected = [
        np.array(one) - rate * np.array(gradient)
        for one, gradient in zip(model.trainable_variables, gradients, strict=True)
    ]
    model.set_weights(before)  # a call in training may change what is not trained
    metrics = made.train_step(images, labels)
    assert metrics["loss"] == pytest.approx(float(loss), rel=1e-6)
    for one, wanted in zip(model.trainable_variables, expected, strict=True):
        np.testing.assert_allclose(np.array(one), wanted, rtol=1e-4, atol=1e-6)


def test_doubling_the_weight_adds_exactly_the_kl_over_n() -> None:
    once, model = first_step()
    twice, _ = first_step(temperature=2.0)
    kl = once["kl"]
    assert kl == twice["kl"]
    assert kl > 10  # else a difference would drown in the loss's own rounding
    assert twice["loss"] - once["loss"] == pytest.approx(kl / ROWS, rel=1e-4)
    assert once["loss"] - once["nll"] == pytest.approx(kl / ROWS, rel=1e-4)
    assert model.objective.full_weight == 1 / ROWS


def test_a_number_is_the_weight_itself() -> None:
    metrics, _ = first_step(weight=0.03, temperature=0.5)
    assert metrics["loss"] - metrics["nll"] == pytest.approx(0.015 * metrics["kl"], rel=1e-5)


def test_a_weight_of_0_leaves_the_likelihood_alone() -> None:
    metrics, _ = first_step(weight=0)
    assert metrics["loss"] == metrics["nll"]


@pytest.mark.parametrize("method", NAMES)
def test_no_layer_adds_a_loss_of_its_own(method: str) -> None:
    model = program(method).model
    model(tf.constant(arrays(2)[0]), training=True)
    assert model.losses == []


def test_the_kl_of_the_model_is_the_sum_over_its_layers_by_tfp(tfd: Any) -> None:
    model = program().model
    layers = [layer for layer in model.layers if hasattr(layer, "kernel_posterior")]
    assert len(layers) == 2
    total = sum(
        float(tf.reduce_sum(tfd.kl_divergence(layer.kernel_posterior, layer.kernel_prior)))
        for layer in layers
    )
    assert float(model.kl_divergence()) == pytest.approx(total, rel=1e-5)


def test_a_deterministic_model_has_no_kl_and_needs_no_rows() -> None:
    made = program("none")
    metrics = made.train_step(*arrays(8))
    assert metrics["kl"] == 0
    assert metrics["loss"] == metrics["nll"]


@pytest.mark.parametrize("epochs", [0.5, 2, 3.25])
def test_the_warmup_is_linear_in_the_steps_and_ends_exactly(epochs: float) -> None:
    bound = objective(kl_warmup_epochs=epochs, temperature=0.7).bind(rows=100, batch_size=8)
    steps = epochs * 13  # 100 rows in batches of 8
    full = np.float32(0.7 / 100)
    for step in range(60):
        weight = float(bound.weight(tf.constant(step)))
        assert weight == pytest.approx(full * min(1, step / steps), rel=1e-6)
        if step >= steps:
            assert weight == full


@pytest.mark.parametrize("cycles", [1, 2, 4, 7])
@pytest.mark.parametrize("proportion", [0.25, 0.5, 1.0])
def test_the_cycles_are_those_of_the_paper(cycles: int, proportion: float) -> None:
    """Fu et al. 2019, equations 5 to 7, whose steps t begin with 1: f linear from 0 to 1."""
    epochs, first_step = 6, 17
    cyclical = objective(kl_cycles=cycles, kl_cycle_proportion=proportion, temperature=0.7)
    bound = cyclical.bind(rows=100, batch_size=8, first_step=first_step, epochs=epochs)
    total = 13 * epochs  # 100 rows in batches of 8
    full = np.float32(0.7 / 100)
    whole = 0
    for t in range(1, total + 1):
        tau = ((t - 1) % math.ceil(total / cycles)) / (total / cycles)
        beta = tau / proportion if tau <= proportion else 1.0
        weight = float(bound.weight(tf.constant(first_step + t - 1)))
        assert weight == pytest.approx(full * min(beta, 1.0), rel=1e-5, abs=1e-9), t
        whole += weight == full
    assert whole == pytest.approx((1 - proportion) * total, abs=2 * cycles)


def test_one_rise_and_several_are_not_said_together() -> None:
    with pytest.raises(ValueError, match="Received: kl_warmup_epochs=1, kl_cycles=2"):
        objective(kl_warmup_epochs=1, kl_cycles=2)
    for wrong in ({"kl_cycles": -1}, {"kl_cycles": 2, "kl_cycle_proportion": 0.0}):
        with pytest.raises(ValueError, match="Received: kl_cycles="):
            objective(**wrong)


def test_the_weight_follows_the_steps_of_a_training() -> None:
    kl = {"warmup_epochs": 1}
    made = program(loss={"type": "negative_log_likelihood", "kl": kl})
    made.model.bind(rows=32, batch_size=8)
    for step in range(6):
        metrics = made.train_step(*arrays(8, seed=step))
        weight = min(1, step / 4) / 32
        received = metrics["loss"] - metrics["nll"]
        assert received == pytest.approx(weight * metrics["kl"], rel=1e-4, abs=1e-6)


def test_n_is_the_rows_after_the_validation_split() -> None:
    images, labels = arrays(40)
    made = program()
    made.model.fit(images, labels, batch_size=8, epochs=1, validation_split=0.25, verbose=0)
    assert made.model.objective.rows == 30
    assert made.model.objective.full_weight == 1 / 30
    assert made.model.objective.steps_per_epoch == 4


def test_n_is_written_to_the_manifest() -> None:
    made = program(loss={"type": "negative_log_likelihood", "kl": {"temperature": 0.5}})
    made.fit(*arrays(20), epochs=1)
    assert made.manifest["trained"]["rows"] == 20
    assert made.manifest["trained"]["kl_weight"] == 0.5 / 20


def test_rows_that_are_not_known_are_asked_for() -> None:
    made = program()
    with pytest.raises(ValueError, match=r"model\.bind"):
        made.train_step(*arrays(8))
    with pytest.raises(ValueError, match=r"model\.bind"):
        objective(kl_weight=1.0, kl_warmup_epochs=1.0).weight(tf.constant(0))
    for rows, batch_size in ((0, 8), (8, 0), (-1, 8)):
        with pytest.raises(ValueError, match=f"Received: rows={rows}, batch_size={batch_size}"):
            objective().bind(rows, batch_size)


def test_arguments_that_no_objective_has_are_refused() -> None:
    with pytest.raises(ValueError, match="Received: loss='hinge'"):
        objective(loss="hinge")
    for weight in (-1.0, "per_batch"):
        with pytest.raises(ValueError, match="Received: kl_weight="):
            objective(kl_weight=weight)


def test_fewer_labels_than_images_are_refused_before_they_are_broadcast() -> None:
    made = program("none")
    images, labels = arrays(8)
    with pytest.raises(ValueError, match="8 images and 1 labels"):
        made.train_step(images, labels[:1])


def test_the_spec_says_the_objective() -> None:
    made = program(
        loss={"type": "sparse_categorical_crossentropy", "kl": {"weight": 0.1, "warmup_epochs": 3}}
    )
    received = made.model.objective
    assert received == objective(
        loss="sparse_categorical_crossentropy", kl_weight=0.1, kl_warmup_epochs=3.0
    )
    kl = {"cyclical": {"cycles": 3}}
    received = program(loss={"type": "negative_log_likelihood", "kl": kl}).model.objective
    assert received == objective(kl_cycles=3, kl_cycle_proportion=0.5)
