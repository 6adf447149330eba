"""Concrete dropout: the KL of the paper, the law of its relaxed mask, and a rate that is learned."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from scipy.integrate import quad
from scipy.optimize import minimize_scalar
from scipy.special import expit, logit

from bnnc.runtime import BayesianModel, Objective
from bnnc.runtime.layers.concrete_dropout import TEMPERATURE, ConcreteDropout
from bnnc.runtime.layers.dropout import Dropout
from bnnc.runtime.noise import Draw, Kind, drawing
from bnnc.runtime.outputs.normal import Normal
from tests.support.tiny_program import CLASSES, program

RATES = [0.02, 0.3, 0.5, 0.9]
STANDARD_ERRORS = 5.0
SHAPE = (3, 2)


def layer_of(rate: float, **arguments: Any) -> ConcreteDropout:
    layer = ConcreteDropout(rate, **{"seed": 3, **arguments})
    layer.build((None, *SHAPE))
    return layer


def model_of(features: int, rate: float, **arguments: Any) -> BayesianModel:
    """A row of numbers, concrete dropout, and a linear layer that reads it; noise of scale 1."""
    inputs = keras.Input((features,))
    arguments = {"prior_scale": 0.5, "readers": ["head"], "seed": 3, "name": "drop", **arguments}
    dropped = ConcreteDropout(rate, **arguments)(inputs)
    initializer = keras.initializers.RandomNormal(stddev=0.3, seed=1)
    head = keras.layers.Dense(1, name="head", kernel_initializer=initializer)
    output = Normal(parameterization="loc", labels="real", scale=1.0, event_size=1)
    return BayesianModel(inputs, head(dropped), objective=Objective(output), seed=5)


def moments(rate: float) -> list[float]:
    """First and second moment of what an input of 1 becomes, by quadrature."""

    def kept(uniform: float) -> float:
        return float(expit(-(logit(rate) + logit(uniform)) / TEMPERATURE)) / (1 - rate)

    return [
        quad(lambda u, power=power: kept(u) ** power, 0, 1, points=[1 - rate])[0]
        for power in (1, 2)
    ]


@pytest.mark.parametrize("rate", RATES)
def test_the_kl_is_the_papers_with_its_constant_set(rate: float, tfd: Any) -> None:
    model = model_of(6, rate)
    # Gal, Hron and Kendall 2017, equations 3 and 4, for inverted scaling: the kernel that acts is
    # W / (1 - p), so (1 - p) l²/2 times its square is l²/2 W² / (1 - p), with l = 1 / prior scale.
    kernel = np.asarray(model.get_layer("head").kernel, np.float64)
    of_kernel = np.sum(kernel**2) / (1 - rate) / (2 * 0.5**2)
    of_rate = -6 * float(tfd.Bernoulli(probs=rate).entropy())
    constant = 6 * np.log(2)
    np.testing.assert_allclose(model.kl_divergence(), of_kernel + of_rate + constant, rtol=1e-5)
    bernoulli = tfd.kl_divergence(tfd.Bernoulli(probs=rate), tfd.Bernoulli(probs=0.5))
    alone = layer_of(rate)
    np.testing.assert_allclose(alone.kl_divergence(), 6 * bernoulli, rtol=1e-5, atol=1e-6)
    assert not model.losses


def test_the_kl_is_zero_for_no_kernel_and_a_rate_of_one_half_and_nowhere_below() -> None:
    layer = layer_of(0.5)
    np.testing.assert_allclose(layer.kl_divergence(), 0.0, atol=1e-6)
    for value in np.linspace(-60, 60, 31):
        layer.logit.assign(value)
        assert np.isfinite(layer.kl_divergence())
        assert layer.kl_divergence() >= -1e-6
    # What is certain has no entropy: K log 2 is the most that a rate alone can cost.
    np.testing.assert_allclose(layer.kl_divergence(), 6 * np.log(2), rtol=1e-6)


@pytest.mark.parametrize("rate", RATES)
def test_the_mask_has_the_law_of_the_concrete_distribution(rate: float) -> None:
    layer, count = layer_of(rate), 20_000
    z = np.asarray(layer.relaxed_mask(tf.random.stateless_uniform([count], [1, 2])), np.float64)
    for at in (0.01, 0.3, 0.5, 0.7, 0.99):
        # z <= a where logit u <= t logit a - logit p (Maddison et al. 2017, arXiv:1611.00712).
        below = expit(TEMPERATURE * logit(at) - logit(rate))
        error = STANDARD_ERRORS * np.sqrt(below * (1 - below) / count)
        assert abs(np.mean(z <= at) - below) <= error
    # So z is nearer to 1 than to 0 with exactly the probability of a Bernoulli variable.
    assert expit(TEMPERATURE * logit(0.5) - logit(rate)) == pytest.approx(1 - rate)


def test_the_colder_the_nearer_is_the_mask_to_bernoullis(monkeypatch: pytest.MonkeyPatch) -> None:
    layer = layer_of(0.3)
    uniform = tf.random.stateless_uniform([20_000], [1, 2])
    dropped = np.asarray(uniform) > 0.7
    distances = []
    for temperature in (1.0, 0.1, 0.01, 0.0001):
        monkeypatch.setattr("bnnc.runtime.layers.concrete_dropout.TEMPERATURE", temperature)
        distances.append(np.mean(np.abs(layer.relaxed_mask(uniform) - dropped)))
    assert distances == sorted(distances, reverse=True)
    assert distances[-1] < 1e-3


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("kind", ["estimator", "weights"])
def test_the_mean_of_the_outputs_is_that_of_the_inputs_but_for_the_relaxation(
    rate: float, kind: Kind, sample: Callable[..., np.ndarray]
) -> None:
    inputs = tf.random.stateless_uniform([4, *SHAPE], [3, 4], 0.5, 2.0)
    draws = 2000
    results = sample(layer_of(rate), inputs, kind=kind, draws=draws) / np.asarray(inputs)

    mean, square = moments(rate)
    assert mean == pytest.approx(1, abs=0.02)
    error = STANDARD_ERRORS * np.sqrt((square - mean**2) / draws)
    assert np.all(np.abs(results.mean(0) - mean) <= error)


@pytest.mark.parametrize("policy", ["float32", "mixed_bfloat16", "mixed_float16"])
@pytest.mark.parametrize("value", [-30.0, 0.0, 10.0])
def test_the_gradient_of_the_rate_is_finite(policy: str, value: float) -> None:
    layer = layer_of(0.3, dtype=policy)
    layer.logit.assign(value)
    inputs = tf.ones([200, *SHAPE], layer.compute_dtype)
    with tf.GradientTape() as tape, drawing(Draw(tf.constant([1, 2]), "estimator")):
        results = layer(inputs)
        loss = tf.reduce_mean(tf.square(tf.cast(results, tf.float32))) + layer.kl_divergence()
    assert results.dtype == layer.compute_dtype
    assert layer.logit.dtype == "float32"
    assert layer.learned_rate.dtype == layer.kl_divergence().dtype == tf.float32
    assert np.isfinite(tape.gradient(loss, layer.logit.value))
    ends = tf.constant([0.0, 1 - 2**-24])
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(layer.relaxed_mask(ends))
    assert np.isfinite(tape.gradient(loss, layer.logit.value))


def best_rate(targets: np.ndarray, rows: int, prior_scale: float) -> float:
    """The rate at which the bound of a linear model on orthonormal inputs is best.

    The loss of a row is half of Σ (t² - 2 m w t + q w²), m and q being the moments above. The
    weights that are best for a rate follow from it, and only the rate is left to search.
    """

    def bound(value: float) -> float:
        rate = float(expit(value))
        mean, square = moments(rate)
        decay = 1 / (1 - rate) / (rows * prior_scale**2)
        weights = mean * targets / (square + decay)
        losses = targets**2 - 2 * mean * weights * targets + (square + decay) * weights**2
        entropy = -rate * np.log(rate) - (1 - rate) * np.log1p(-rate)
        return float(np.sum(losses) / 2 - targets.size * entropy / rows)

    return float(expit(minimize_scalar(bound, bounds=(-9, 5), method="bounded").x))


def test_the_rate_goes_to_where_the_bound_is_best() -> None:
    """From 0.3, two rows take it up, to a coin's, and eight take it down: noise costs them more."""
    features, batch, steps, averaged = 6, 32, 6000, 4000
    generator = np.random.default_rng(0)
    orthogonal, _ = np.linalg.qr(generator.normal(size=(batch, features)))
    inputs = tf.constant(orthogonal * np.sqrt(batch), tf.float32)
    targets = generator.normal(size=features)
    labels = inputs @ tf.constant(targets[:, None], tf.float32)
    model = model_of(features, 0.3, prior_scale=0.8)
    model.get_layer("head").bias.assign([0.0])
    variables = [model.get_layer("head").kernel, model.get_layer("drop").logit]

    @tf.function
    def train(optimizer: Any, rows: tf.Tensor) -> tf.Tensor:
        rates = tf.TensorArray(tf.float32, steps)
        for step in tf.range(steps):
            with drawing(Draw(tf.stack([5, step]), "estimator")), tf.GradientTape() as tape:
                losses = tf.square(labels - model(inputs)) / 2
                loss = tf.reduce_mean(losses) + model.kl_divergence() / rows
            optimizer.apply(tape.gradient(loss, variables), variables)
            rates = rates.write(step, model.get_layer("drop").learned_rate)
        return rates.stack()

    expected = {}
    for rows in (2, 4, 8):
        optimizer = keras.optimizers.Adam(keras.optimizers.schedules.CosineDecay(0.05, steps, 0.02))
        optimizer.build(variables)
        rates = np.asarray(train(optimizer, tf.constant(float(rows))))[-averaged:]
        expected[rows] = best_rate(targets, rows, 0.8)
        # Means of blocks that are longer than the memory of the iterates are nearly independent.
        blocks = rates.reshape(10, -1).mean(1)
        error = STANDARD_ERRORS * blocks.std(ddof=1) / np.sqrt(len(blocks))
        assert abs(rates.mean() - expected[rows]) <= error
    assert expected[2] > 0.35
    assert expected[8] < 0.1


def test_masks_are_drawn_per_example_or_shared_where_weights_are_drawn() -> None:
    layer, inputs = ConcreteDropout(0.5, seed=3), tf.ones([2, 200])
    with drawing(Draw(tf.constant([1, 2]), "estimator")):
        first, second = np.asarray(layer(inputs))
    assert 50 < np.count_nonzero(np.abs(first - second) > 1) < 150
    with drawing(Draw(tf.constant([1, 2]), "weights")):
        first, second = np.asarray(layer(inputs))
    np.testing.assert_array_equal(first, second)
    assert np.ptp(first) > 1
    with drawing(Draw(tf.constant([1, 2]), "weights")):
        hard = np.asarray(Dropout(0.5, seed=3, monte_carlo=True)(inputs))[0]
    # The same uniform numbers: mostly the units that are kept there are dropped here.
    assert np.mean((hard > 1) == (first > 1)) < 0.1


def test_channels_of_a_map_are_dropped_whole_and_counted_once() -> None:
    layer = ConcreteDropout(0.5, noise_shape=(None, 1, 1, None), seed=3)
    results = np.asarray(layer(tf.ones([2, 5, 4, 7])))
    np.testing.assert_array_equal(results, np.broadcast_to(results[:, :1, :1], results.shape))
    assert layer.mask_size == 7


@pytest.mark.parametrize("dimensions", [1, 2, 3])
def test_spatial_dropout_learns_the_rate_of_whole_channels_whatever_reads_them(
    dimensions: int, tfd: Any
) -> None:
    spatial = {"type": f"spatial_dropout{dimensions}d", "rate": 0.3}
    made = program(
        "concrete_dropout",
        input={"shape": [*[3] * dimensions, 4]},
        layers=[spatial, {"type": "flatten"}, {"type": "dense", "units": CLASSES}],
        bayesian={"method": "concrete_dropout", "prior": {"scale": 0.5}},
    )
    dropping, dense = (
        next(one for one in made.model.layers if isinstance(one, kind))
        for kind in (ConcreteDropout, keras.layers.Dense)
    )
    results = np.asarray(dropping(tf.ones([2, *[3] * dimensions, 4])))
    first = results[(slice(None), *[slice(0, 1)] * dimensions)]
    np.testing.assert_array_equal(results, np.broadcast_to(first, results.shape))
    # A channel is one variable, and all rows of the kernel that read it go with it.
    of_rate = 4 * tfd.kl_divergence(tfd.Bernoulli(probs=0.3), tfd.Bernoulli(probs=0.5))
    of_kernel = np.sum(np.square(dense.kernel, dtype=np.float64)) / (2 * 0.5**2 * 0.7)
    np.testing.assert_allclose(made.model.kl_divergence(), of_rate + of_kernel, rtol=1e-5)


def test_saving_and_loading_changes_nothing(tmp_path: Path) -> None:
    model = model_of(6, 0.3)
    model.get_layer("drop").logit.assign(0.4)
    model.save(tmp_path / "model.keras")
    loaded: Any = keras.models.load_model(tmp_path / "model.keras", safe_mode=True)
    assert loaded.get_layer("drop").get_config() == model.get_layer("drop").get_config()
    np.testing.assert_array_equal(loaded.kl_divergence(), model.kl_divergence())
    inputs = tf.ones([3, 6])
    with drawing(Draw(tf.constant([1, 2]), "weights")):
        np.testing.assert_array_equal(loaded(inputs), model(inputs))
    assert loaded.get_layer("drop").stochastic


def test_the_kl_of_a_kernel_that_is_not_known_is_refused() -> None:
    layer = layer_of(0.3, readers=["head"], name="drop")
    with pytest.raises(ValueError, match=r"'drop' is that of the kernels of \['head'\]"):
        layer.kl_divergence()


@pytest.mark.parametrize("arguments", [{"rate": 0}, {"rate": 1.0}, {"prior_scale": 0}])
def test_an_argument_out_of_range_is_refused(arguments: dict[str, Any]) -> None:
    ((name, value),) = arguments.items()
    with pytest.raises(ValueError, match=f"Received: {name}={value}"):
        ConcreteDropout(**{"rate": 0.1, **arguments})
