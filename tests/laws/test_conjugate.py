"""A linear model with Gaussian noise, whose posterior is known in closed form."""

import math

import keras
import numpy as np
import pytest
import tensorflow as tf

from bnnc.runtime.layers.dense import VariationalDense
from bnnc.runtime.noise import Draw, drawing
from bnnc.runtime.priors import NormalPrior

ROWS, FEATURES = 8, 3
WEIGHTS = FEATURES + 1  # the last is the bias
NOISE_SCALE = 0.5
PRIOR_SCALE = 0.8
STEPS = 6000
AVERAGED = 4000


@pytest.fixture(scope="module")
def design() -> tuple[tf.Tensor, tf.Tensor]:
    """Columns of different lengths, orthogonal to each other and to the ones of the bias.

    So no weight is correlated with another.
    """
    generator = np.random.default_rng(0)
    columns = np.concatenate([np.ones((ROWS, 1)), generator.normal(size=(ROWS, FEATURES))], axis=1)
    orthogonal, _ = np.linalg.qr(columns)
    inputs = orthogonal[:, 1:] * np.array([0.7, 1.5, 3.0])
    targets = inputs @ np.array([[0.5], [-1.0], [0.3]]) + 0.4
    targets += NOISE_SCALE * generator.normal(size=targets.shape)
    return tf.constant(inputs, tf.float32), tf.constant(targets, tf.float32)


def closed_form(inputs: tf.Tensor, targets: tf.Tensor) -> tuple[np.ndarray, np.ndarray]:
    """Mean and scale of every weight's posterior (Bishop 2006, eq. 3.53 and 3.54)."""
    x, y = np.asarray(inputs, np.float64), np.asarray(targets, np.float64)
    x = np.concatenate([x, np.ones((ROWS, 1))], axis=1)
    precision = np.eye(WEIGHTS) / PRIOR_SCALE**2 + x.T @ x / NOISE_SCALE**2
    off_diagonal = precision - np.diag(np.diag(precision))
    assert np.abs(off_diagonal).max() < 1e-5  # so that a mean field holds the whole posterior
    mean = np.linalg.solve(precision, x.T @ y / NOISE_SCALE**2)
    return mean[:, 0], np.diag(precision) ** -0.5


def test_training_reaches_the_closed_form_posterior(
    design: tuple[tf.Tensor, tf.Tensor], estimator_name: str
) -> None:
    inputs, targets = design
    layer = VariationalDense(
        1,
        bayesian_bias=True,
        estimator=estimator_name,
        prior=NormalPrior(scale=PRIOR_SCALE),
        initial_scale=0.1,
        seed=1,
    )
    layer.build((None, FEATURES))
    optimizer = keras.optimizers.Adam(keras.optimizers.schedules.CosineDecay(0.05, STEPS, 0.02))
    optimizer.build(layer.trainable_variables)

    @tf.function
    def train() -> tuple[tf.Tensor, tf.Tensor]:
        means, scales = tf.zeros(WEIGHTS), tf.zeros(WEIGHTS)
        for step in tf.range(STEPS):
            with drawing(Draw(tf.stack([5, step]), "estimator")), tf.GradientTape() as tape:
                residuals = targets - layer(inputs)
                likelihood = -0.5 * tf.reduce_sum(tf.square(residuals / NOISE_SCALE))
                loss = layer.kl_divergence() - likelihood
            gradients = tape.gradient(loss, layer.trainable_variables)
            optimizer.apply(gradients, layer.trainable_variables)
            if step >= STEPS - AVERAGED:
                means += tf.concat([layer.kernel_mean[:, 0], layer.bias_mean], axis=0)
                scales += tf.concat([layer.kernel_scale[:, 0], layer.bias_scale], axis=0)
        return means / AVERAGED, scales / AVERAGED

    mean, scale = (np.asarray(one) for one in train())
    expected_mean, expected_scale = closed_form(inputs, targets)
    # The error of averaged iterates is, in the limit, the gradient's deviation over the curvature
    # over the root of the steps (Polyak and Juditsky 1992). For a mean the gradient deviates by
    # x²s/noise² at most, and the curvature is 1/s²: no more than s. For a scale it is s/√2.
    error = 5 * expected_scale / math.sqrt(AVERAGED)
    assert (np.abs(mean - expected_mean) < error).all()
    assert (np.abs(scale - expected_scale) < error).all()
