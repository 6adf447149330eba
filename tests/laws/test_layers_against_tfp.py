"""`tfp.layers`, given the same posterior, has the same KL term and the same moments."""

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from bnnc.runtime.estimators import ESTIMATORS

with warnings.catch_warnings():
    # TFP and tf_keras use what TensorFlow and Python have deprecated when first imported.
    warnings.simplefilter("ignore", DeprecationWarning)
    import tensorflow_probability as tfp

    PEERS = {
        f"{case}, {estimator}": (case, estimator, getattr(tfp.layers, name))
        for case, kind in (
            ("VariationalDense, features", "Dense"),
            ("VariationalConv2D, valid", "Convolution2D"),
            ("VariationalConv2D, same", "Convolution2D"),
            ("VariationalConv2D, strides", "Convolution2D"),
            ("VariationalConv2D, dilation", "Convolution2D"),
            ("VariationalDense, Bayesian bias", "Dense"),
            ("VariationalConv2D, Bayesian bias", "Convolution2D"),
        )
        for estimator in sorted(ESTIMATORS)
        # Antithetic draws are those of reparameterization, and their mirror images.
        for learned_by in [estimator.replace("antithetic", "reparameterization")]
        if hasattr(tfp.layers, name := kind + learned_by.title().replace("_", ""))
    }

DRAWS = 1000


def peer_of(layer: Any, peer_class: Any, arguments: dict[str, Any]) -> Any:
    def posterior(mean: tf.Tensor, scale: tf.Tensor) -> Callable[..., Any]:
        def made(dtype: Any, shape: Any, *_: Any) -> Any:
            normal = tfp.distributions.Normal(tf.cast(mean, dtype), tf.cast(scale, dtype))
            return tfp.distributions.Independent(normal, reinterpreted_batch_ndims=len(shape))

        return made

    def prior(dtype: Any, shape: Any, *_: Any) -> Any:
        normal = tfp.distributions.Normal(tf.zeros(shape, dtype), tf.cast(layer.prior.scale, dtype))
        return tfp.distributions.Independent(normal, reinterpreted_batch_ndims=len(shape))

    of_bias: dict[str, Any] = {"bias_posterior_fn": None, "bias_prior_fn": None}
    if layer.bayesian_bias:
        of_bias["bias_posterior_fn"] = posterior(layer.bias_mean, layer.bias_scale)
        of_bias["bias_prior_fn"] = prior
    return peer_class(
        **{name: value for name, value in arguments.items() if name != "bayesian_bias"},
        kernel_posterior_fn=posterior(layer.kernel_mean, layer.kernel_scale),
        kernel_prior_fn=prior,
        **of_bias,
        **({"seed": 7} if "Flipout" in peer_class.__name__ else {}),
    )


@pytest.mark.parametrize(("name", "estimator", "peer_class"), PEERS.values(), ids=PEERS.keys())
def test_the_kl_term_and_the_moments_are_those_of_tfp_layers(
    name: str,
    estimator: str,
    peer_class: Any,
    named_case: Callable[[str], Any],
    sample: Callable[..., np.ndarray],
) -> None:
    case = named_case(name)
    use_bias = case.arguments.get("bayesian_bias", False)
    layer, inputs = case.layer(estimator, use_bias=use_bias), case.inputs()
    tf.random.set_seed(7)
    peer = peer_of(layer, peer_class, case.arguments)
    peer(inputs)
    assert len(peer.losses) == 1 + use_bias
    np.testing.assert_allclose(layer.kl_divergence(), sum(peer.losses), rtol=1e-5)

    @tf.function
    def peer_outputs() -> tf.Tensor:
        return tf.map_fn(lambda _: peer(inputs), tf.zeros([DRAWS]))

    theirs = np.asarray(peer_outputs(), np.float64)
    ours = sample(layer, inputs, draws=DRAWS)
    variance = (theirs.var(0, ddof=1) + ours.var(0, ddof=1)) / 2
    mean_error = np.sqrt(2 * variance / DRAWS)
    variance_error = 2 * variance / np.sqrt(DRAWS - 1)
    assert np.all(np.abs(theirs.mean(0) - ours.mean(0)) <= 5 * mean_error)
    assert np.all(np.abs(theirs.var(0, ddof=1) - ours.var(0, ddof=1)) <= 5 * variance_error)


def test_every_estimator_has_a_peer() -> None:
    compared = {estimator for _, estimator, _ in PEERS.values()}
    assert compared == set(ESTIMATORS)
