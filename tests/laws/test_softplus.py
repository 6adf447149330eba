"""Standard deviations as unconstrained variables: softplus, and its gradient."""

import numpy as np
import tensorflow as tf
from scipy.special import expit

from bnnc.runtime.softplus import SCALE_FLOOR, positive, unconstrained

# From where softplus underflows in float32 to where it is the identity.
POINTS = np.concatenate([np.linspace(-110, 110, 2001), [-20.0, 19.99, 20.0, 20.01, 3e38, -3e38]])


def test_a_scale_is_softplus_and_a_floor() -> None:
    points = POINTS.astype(np.float32)
    expected = np.logaddexp(0.0, points.astype(np.float64)) + SCALE_FLOOR
    np.testing.assert_allclose(positive(tf.constant(points)), expected, rtol=3e-7)


def test_its_gradient_is_the_logistic_function() -> None:
    points = tf.constant(POINTS.astype(np.float32))
    with tf.GradientTape() as tape:
        tape.watch(points)
        scales = positive(points)
    expected = expit(np.asarray(points, np.float64))
    # Below the smallest normal float32 the digits end.
    np.testing.assert_allclose(tape.gradient(scales, points), expected, rtol=3e-7, atol=2e-38)


def test_what_a_scale_is_made_of_gives_it_back() -> None:
    for scale in (2e-6, 1e-4, 0.01, 0.3, 1.0, 25.0):
        made = positive(tf.constant(unconstrained(scale), tf.float32))
        # A unit in the last place of an unconstrained -13 is 1e-6 of the scale.
        np.testing.assert_allclose(made, scale, rtol=2e-6)
