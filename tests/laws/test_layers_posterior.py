"""Posterior, prior, KL term, gradients, precision, and what is saved."""

import json
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from bnnc.runtime.layers.conv2d import VariationalConv2D
from bnnc.runtime.layers.dense import VariationalDense
from bnnc.runtime.layers.dropout import Dropout
from bnnc.runtime.noise import Draw, drawing
from bnnc.runtime.priors import PRIORS, NormalPrior
from bnnc.runtime.priors.laplace import LaplacePrior
from bnnc.runtime.priors.sampled import SampledPrior
from bnnc.runtime.priors.scale_mixture import ScaleMixturePrior
from bnnc.runtime.priors.student_t import StudentTPrior
from tests.support.integrals import integrated_kl, standard_error_of_kl

DRAW = Draw(tf.constant([1, 2]), "estimator")


def around(prior: Any, mean: tf.Tensor, layer: Any) -> Any:
    """The law of weights with these means, given what the layer has learned of its prior."""
    return prior.distribution_around(mean, layer._prior_variables)


def test_the_kl_term_is_tfps_closed_form_or_where_there_is_none_the_integral(
    first_case: Any, prior: Any, tfd: Any
) -> None:
    assert_kl_is_right(first_case, prior, tfd)


def test_the_kl_term_is_so_for_all_arguments_of_a_layer(case: Any, a_prior: Any, tfd: Any) -> None:
    assert_kl_is_right(case, a_prior, tfd)


def assert_kl_is_right(case: Any, prior: Any, tfd: Any) -> None:
    layer = case.layer("flipout", prior=prior)
    posteriors = [(layer.kernel_posterior, layer.kernel_prior)]
    if layer.bayesian_bias:
        of_bias = tfd.Normal(layer.bias_mean, layer.bias_scale)
        posteriors.append((of_bias, around(prior, layer.bias_mean, layer)))
    expected, variance = 0.0, 0.0
    for posterior, law in posteriors:
        mean, scale = (np.ravel(one) for one in (posterior.loc, posterior.scale))
        try:
            expected += tf.reduce_sum(tfd.kl_divergence(posterior, law))
        except NotImplementedError:
            expected += integrated_kl(mean, scale, law)
        if isinstance(prior, SampledPrior):
            variance += standard_error_of_kl(mean, scale, law) ** 2
    error = variance**0.5
    np.testing.assert_allclose(layer.kl_divergence(), expected, rtol=1e-6, atol=5 * error)
    assert layer.kl_divergence().shape == []
    assert not layer.losses


@pytest.mark.parametrize(("mean", "scale"), [(0.0, 1e-3), (0.0, 2.0), (-3.0, 1e-4), (0.02, 0.01)])
def test_the_kl_to_a_laplace_prior_is_the_integral_also_far_from_it(
    mean: float, scale: float
) -> None:
    prior = LaplacePrior(0.3)
    means, scales = tf.constant([mean]), tf.constant([scale])
    expected = integrated_kl(np.array([mean]), np.array([scale]), prior.distribution({}))
    with tf.GradientTape() as tape:
        tape.watch([means, scales])
        divergence = prior.kl_divergence(means, scales, {})
    np.testing.assert_allclose(divergence, expected, rtol=1e-5)
    assert np.all(np.isfinite(tape.gradient(divergence, [means, scales])))


def test_a_learned_laplace_prior_is_best_at_the_mean_size_of_the_weights() -> None:
    prior = LaplacePrior(learned=True)
    layer = VariationalDense(4, estimator="flipout", prior=prior, seed=1)
    layer.build((None, 5))
    (variable,) = (each for each in layer.trainable_variables if "prior" in each.name)
    noise = np.random.default_rng(0).normal(size=(200_000, 20))
    weights = np.ravel(layer.kernel_mean) + np.ravel(layer.kernel_scale) * noise
    # The KL in b is n log b + sum E|w| / b: least at b = mean E|w|.
    best = np.mean(np.abs(weights))
    variable.assign(tf.math.log(tf.math.expm1(best - 1e-6)))
    with tf.GradientTape() as tape:
        divergence = layer.kl_divergence()
    # An error of the sampled mean moves the derivative by n / b² times it; softplus lessens that.
    error = np.std(np.mean(np.abs(weights), axis=1)) / np.sqrt(len(weights))
    slope = tape.gradient(divergence, variable.value)
    np.testing.assert_allclose(slope, 0.0, atol=5 * error * 20 / best**2)


def test_the_kl_term_is_zero_where_the_posterior_is_the_prior(first_case: Any, prior: Any) -> None:
    law = prior.distribution(prior.add_variables(keras.layers.Layer()))
    layer = first_case.layer_as_built("flipout", prior=prior, initial_scale=float(law.stddev()))
    layer.kernel.assign(law.mean() * tf.ones_like(layer.kernel))
    if isinstance(prior, NormalPrior):
        np.testing.assert_allclose(layer.kl_divergence(), 0.0, atol=1e-9)
        return
    # No normal posterior is this prior, however like it.
    mean, scales = (np.ravel(one) for one in (layer.kernel_mean, layer.kernel_scale))
    expected, error = integrated_kl(mean, scales, layer.kernel_prior), 1e-5
    if isinstance(prior, SampledPrior):
        error = 5 * standard_error_of_kl(mean, scales, layer.kernel_prior)
    assert expected > 0.01
    np.testing.assert_allclose(layer.kl_divergence(), expected, atol=error)


SAMPLED: list[SampledPrior] = [StudentTPrior(0.3), StudentTPrior(df=2.5, learned=True)]
SAMPLED += [one() for one in PRIORS.values() if issubclass(one, SampledPrior)]


@pytest.mark.parametrize("prior", SAMPLED, ids=str)
def test_a_sampled_kl_is_on_average_the_integral_in_every_step_and_place(
    prior: SampledPrior,
) -> None:
    variables = prior.add_variables(keras.layers.Layer())
    means = np.array([0.0, 0.02, -0.3, 4.0], np.float32)
    scales = np.array([0.5, 1e-3, 0.05, 1e-4], np.float32)
    law, draws = prior.distribution(variables), 4000

    @tf.function
    def divergences() -> tf.Tensor:
        def of_step(step: tf.Tensor) -> tf.Tensor:
            with drawing(Draw(tf.stack([7, step]), "estimator")):
                return prior.kl_divergence(tf.constant(means), tf.constant(scales), variables, 3)

        return tf.map_fn(of_step, tf.range(draws), fn_output_signature=tf.float32)

    found = np.asarray(divergences(), np.float64)
    error = standard_error_of_kl(means, scales, law)
    # The noise has 16 bits and no tails beyond 4.9, which float32 sums do not tell from normal.
    expected = integrated_kl(means, scales, law)
    np.testing.assert_allclose(found.mean(), expected, atol=5 * error / np.sqrt(draws), rtol=1e-6)
    assert len(set(found)) > draws / 2


@pytest.mark.parametrize("prior", SAMPLED, ids=str)
@pytest.mark.parametrize("mean", [0.0, 1e-7, 1000.0])
def test_a_sampled_kl_has_finite_gradients_however_far_from_the_prior(
    prior: SampledPrior, mean: float
) -> None:
    variables = prior.add_variables(keras.layers.Layer())
    sources = [tf.constant([mean] * 3), tf.constant([2e-6, 0.1, 30.0])]
    sources += [one.value for one in variables.values()]
    with tf.GradientTape() as tape:
        tape.watch(sources[:2])
        divergence = prior.kl_divergence(sources[0], sources[1], variables)
    assert np.isfinite(divergence)
    for gradient in tape.gradient(divergence, sources):
        assert np.all(np.isfinite(gradient))


def test_the_density_of_a_mixture_is_tfps() -> None:
    prior = ScaleMixturePrior(0.3, 0.5, 1e-3)
    weights = tf.constant([0.0, 1e-4, 0.003, 0.01, -0.4, 20.0])
    expected = prior.distribution({}).log_prob(weights)
    np.testing.assert_allclose(prior.log_prob(weights, {}), expected, rtol=1e-5)


def test_a_sampled_kl_is_a_function_of_draw_and_layer_and_outside_of_draws_of_the_layer() -> None:
    layers = [
        VariationalDense(4, estimator="flipout", prior=ScaleMixturePrior(), seed=seed)
        for seed in (3, 4)
    ]
    for layer in layers:
        layer.build((None, 5))
    layers[1].set_weights(layers[0].get_weights())
    first, second = layers
    outside = first.kl_divergence()
    assert first.kl_divergence() == outside != second.kl_divergence()
    found = []
    for _ in range(2):
        for step in (1, 2):
            with drawing(Draw(tf.constant([8, step]), "estimator")):
                found.append(float(first.kl_divergence()))
    assert found[:2] == found[2:]
    assert len({*found, float(outside)}) == 3


def test_a_learned_prior_starts_at_its_scale_and_minimises_the_kl_in_closed_form() -> None:
    layer = VariationalDense(4, estimator="flipout", prior=NormalPrior(0.3, learned=True), seed=1)
    layer.build((None, 5))
    np.testing.assert_allclose(layer.kernel_prior.stddev(), 0.3, rtol=1e-6)
    (variable,) = (each for each in layer.trainable_variables if "prior" in each.name)
    # The KL is least where the prior's variance is the mean of (mean² + scale²) over the weights.
    best = tf.sqrt(tf.reduce_mean(tf.square(layer.kernel_mean) + tf.square(layer.kernel_scale)))
    variable.assign(tf.math.log(tf.math.expm1(best - 1e-6)))
    with tf.GradientTape() as tape:
        divergence = layer.kl_divergence()
    np.testing.assert_allclose(tape.gradient(divergence, variable.value), 0.0, atol=1e-3)


def test_a_tied_prior_holds_the_standard_deviations_alone() -> None:
    layer = VariationalDense(4, estimator="flipout", prior=NormalPrior(0.3, tied=True), seed=1)
    layer.build((None, 5))
    np.testing.assert_array_equal(layer.kernel_prior.mean(), layer.kernel)
    with tf.GradientTape() as tape:
        divergence = layer.kl_divergence()
    of_means, of_scales = tape.gradient(
        divergence, [layer.kernel.value, layer.kernel_unconstrained_scale.value]
    )
    assert of_means is None
    assert np.all(np.asarray(of_scales) < 0)  # they are narrower, and would be wider


@pytest.mark.parametrize("scale", [2e-6, 1e-3, 0.01, 0.05, 1.0, 30.0])
def test_the_scale_at_the_start_is_the_initial_scale(first_case: Any, scale: float) -> None:
    layer = first_case.layer_as_built("flipout", initial_scale=scale)
    np.testing.assert_allclose(layer.kernel_scale, scale, rtol=5e-6)
    np.testing.assert_array_equal(layer.kernel_posterior.stddev(), layer.kernel_scale)
    np.testing.assert_array_equal(layer.kernel_posterior.mean(), layer.kernel)


def test_the_means_at_the_start_are_he_normal_and_apart_from_the_noise(first_case: Any) -> None:
    layer = first_case.layer_as_built("flipout")
    shape = tuple(layer.kernel.shape)
    if "depthwise" in layer.kernel_initializer_argument:  # an output sums over one channel
        shape = (*shape[:-2], 1, shape[-2] * shape[-1])
    expected = keras.initializers.HeNormal(seed=layer.seed)(shape)
    np.testing.assert_array_equal(layer.kernel, np.reshape(expected, layer.kernel.shape))


def test_the_first_noise_does_not_repeat_the_numbers_of_the_initial_means() -> None:
    # Both start from the seed. With a key in common they would be equal but for the truncation.
    layer = VariationalDense(100, estimator="reparameterization", seed=3, use_bias=False)
    layer.build((None, 100))
    noise = layer(tf.eye(100)) - layer.kernel_mean
    correlation = np.corrcoef(np.ravel(noise), np.ravel(layer.kernel_mean))[0, 1]
    assert abs(correlation) <= 5 / np.sqrt(100 * 100)


def test_every_trainable_variable_gets_a_gradient(
    case_and_estimator: tuple[Any, str], a_prior: Any
) -> None:
    case, estimator_name = case_and_estimator
    layer = case.layer(estimator_name, prior=a_prior)
    for inputs in (case.inputs(), tf.zeros_like(case.inputs())):
        with tf.GradientTape() as tape, drawing(DRAW):
            loss = tf.reduce_mean(tf.square(layer(inputs))) + layer.kl_divergence()
        gradients = tape.gradient(loss, [each.value for each in layer.trainable_variables])
        learned = getattr(a_prior, "learned", False)
        assert len(gradients) == 2 + layer.use_bias + layer.bayesian_bias + learned
        for variable, gradient in zip(layer.trainable_variables, gradients, strict=True):
            assert np.all(np.isfinite(gradient))
            # Images of 0 say nothing of the means, nor does a prior that is tied to them.
            is_free = variable is layer.kernel and getattr(a_prior, "tied", False)
            assert np.any(np.asarray(gradient) != 0) != (is_free and not np.any(inputs))


def test_the_gradient_of_the_outputs_alone_is_finite_with_all_zero_inputs(
    case_and_estimator: tuple[Any, str],
) -> None:
    case, estimator_name = case_and_estimator
    layer, inputs = case.layer(estimator_name), tf.zeros_like(case.inputs())
    with tf.GradientTape() as tape, drawing(DRAW):
        tape.watch(inputs)
        loss = tf.reduce_sum(tf.square(layer(inputs)))
    sources = [inputs, *(each.value for each in layer.trainable_variables)]
    for gradient in tape.gradient(loss, sources):
        assert np.all(np.isfinite(gradient))


def test_saving_and_loading_changes_nothing(
    case: Any, an_estimator: str, a_prior: Any, tmp_path: Path
) -> None:
    layer = case.layer(an_estimator, prior=a_prior)
    inputs = keras.Input(case.example_shape)
    model = keras.Model(inputs, Dropout(0.5, monte_carlo=True)(layer(inputs)))
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras", safe_mode=True)
    # As JSON, which is what the file holds: Keras returns tuples before and lists after.
    assert json.dumps(loaded.get_config()) == json.dumps(model.get_config())
    assert loaded.layers[1].prior == a_prior
    assert [each.name for each in loaded.variables] == [each.name for each in model.variables]
    for before, after in zip(model.variables, loaded.variables, strict=True):
        np.testing.assert_array_equal(before, after)
    with drawing(DRAW):
        np.testing.assert_array_equal(loaded(case.inputs()), model(case.inputs()))
    np.testing.assert_array_equal(loaded.layers[1].kl_divergence(), layer.kl_divergence())


def test_an_unseeded_layer_takes_the_same_indexed_noise_once_loaded(first_case: Any) -> None:
    layer = first_case.layer("flipout", seed=None)
    twin = type(layer).from_config(layer.get_config())
    twin.build((None, *first_case.example_shape))
    twin.set_weights(layer.get_weights())
    with drawing(DRAW):
        np.testing.assert_array_equal(twin(first_case.inputs()), layer(first_case.inputs()))


def test_variables_of_another_layer_are_refused_by_name(first_case: Any) -> None:
    store: dict[str, Any] = {}
    first_case.layer("flipout").save_own_variables(store)
    learned = first_case.layer("flipout", prior=NormalPrior(learned=True))
    with pytest.raises(
        ValueError, match=r"prior_unconstrained_scale.*Received: \['bias', 'kernel'"
    ):
        learned.load_own_variables(store)


@pytest.mark.parametrize("policy", ["mixed_bfloat16", "mixed_float16", "bfloat16", "float64"])
def test_the_posterior_stays_float32_and_the_outputs_take_the_compute_type(
    first_case: Any, estimator_name: str, a_prior: Any, policy: str
) -> None:
    plain = first_case.layer(estimator_name, prior=a_prior)
    layer = first_case.layer(estimator_name, prior=a_prior, dtype=policy)
    with drawing(DRAW):
        expected, outputs = plain(first_case.inputs()), layer(first_case.inputs())
    assert outputs.dtype == layer.compute_dtype
    posterior = [each for each in layer.weights if each.name != "bias" or layer.bayesian_bias]
    assert {each.dtype for each in posterior} == {"float32"}
    assert layer.kernel_mean.dtype == layer.kernel_scale.dtype == tf.float32
    assert layer.kl_divergence().dtype == tf.float32
    np.testing.assert_array_equal(layer.kl_divergence(), plain.kl_divergence())
    # Eight bits of bfloat16, over sums of ten products of order 1.
    tolerance = 10 * 2**-8 if "bfloat16" in policy else 10 * 2**-11
    np.testing.assert_allclose(tf.cast(outputs, tf.float32), expected, rtol=0, atol=tolerance)


def test_float16_neither_overflows_nor_loses_small_scales(
    first_case: Any, estimator_name: str
) -> None:
    # The square of 300 is above the largest float16, the square of 1e-4 below the smallest.
    options: Any = {"initial_scale": 1e-4, "kernel_initializer": "zeros", "use_bias": False}
    name = first_case.layer_class.kernel_initializer_argument
    options[name] = options.pop("kernel_initializer")
    layer = first_case.layer_as_built(estimator_name, dtype="mixed_float16", **options)
    with drawing(DRAW):
        outputs = layer(300 * tf.ones_like(first_case.inputs()))
    assert np.all(np.isfinite(outputs))
    assert np.std(outputs) > 0.01


def test_channels_first_gives_the_same_numbers() -> None:
    inputs = tf.random.stateless_normal([3, 6, 5, 2], [1, 2])
    results = []
    for data_format, order, back in (
        ("channels_last", (0, 1, 2, 3), (0, 1, 2, 3)),
        ("channels_first", (0, 3, 1, 2), (0, 2, 3, 1)),
    ):
        # Flipout's noise has the layout of the kernel and the channels, not of the outputs.
        bias = keras.initializers.RandomNormal(seed=5)
        layer = VariationalConv2D(
            3, 2, estimator="flipout", seed=4, data_format=data_format, bias_initializer=bias
        )

        # On CPUs only XLA convolves with the channels first.
        @tf.function(jit_compile=True)
        def outputs(images: tf.Tensor, layer: VariationalConv2D = layer) -> tf.Tensor:
            with drawing(DRAW):
                return layer(images)

        results.append(tf.transpose(outputs(tf.transpose(inputs, order)), back))
    np.testing.assert_allclose(results[0], results[1], rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(
    ("arguments", "received"),
    [
        ({"initial_scale": -1}, "Received: initial_scale=-1"),
        ({"initial_scale": 1e-6}, "Received: initial_scale=1e-06"),
        ({"initial_scale": float("nan")}, "Received: initial_scale=nan"),
        ({"initial_scale": True}, "Received: initial_scale=True"),
        ({"seed": -1}, "Received: seed=-1"),
        ({"seed": 2**31}, "Received: seed=2147483648"),
        ({"estimator": "flip"}, "Received: estimator='flip'"),
        ({"lora_rank": 4}, "Received: lora_rank=4"),
    ],
)
def test_an_argument_out_of_range_is_refused_with_what_was_received(
    first_case: Any, arguments: dict[str, Any], received: str
) -> None:
    with pytest.raises(ValueError, match=received):
        first_case.layer_as_built(**{"estimator": "flipout", **arguments})


def test_what_is_no_prior_is_refused() -> None:
    with pytest.raises(TypeError, match=r"Received: prior=0\.1"):
        VariationalDense(4, estimator="flipout", prior=0.1)
    with pytest.raises(ValueError, match="Received: scale=0"):
        NormalPrior(0)
    with pytest.raises(TypeError, match="Received: learned='yes'"):
        NormalPrior(learned="yes")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="Received: loc=nan"):
        NormalPrior(loc=float("nan"))
    for arguments in ({"loc": 0.5}, {"learned": True}):
        with pytest.raises(ValueError, match="tied to the posterior's means"):
            NormalPrior(tied=True, **arguments)
    with pytest.raises(ValueError, match="Received: df=2"):
        StudentTPrior(df=2)
    with pytest.raises(ValueError, match="Received: narrow_scale=0"):
        ScaleMixturePrior(narrow_scale=0)
    with pytest.raises(ValueError, match=r"Received: narrow_scale=1\.0"):
        ScaleMixturePrior(scale=0.5, narrow_scale=1.0)
    with pytest.raises(ValueError, match="Received: weight=1"):
        ScaleMixturePrior(weight=1)
