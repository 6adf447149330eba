"""Layers with members: each member is the kernel with factors of its channels, and rows find theirs."""

import importlib
import json
import pkgutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

import bnnc.runtime.layers
from bnnc.runtime.layers.dense import BatchEnsembleDense, Rank1Dense
from bnnc.runtime.layers.member_factors import MemberFactors
from bnnc.runtime.layers.rank_1 import CENTRE, FACTORS, Rank1
from bnnc.runtime.noise import Draw, Kind, drawing
from bnnc.runtime.priors import NormalPrior
from bnnc.runtime.priors.sampled import SampledPrior
from bnnc.runtime.softplus import unconstrained
from tests.laws.conftest import CASES, priors
from tests.support.integrals import integrated_kl, standard_error_of_kl

MEMBERS = 3
STANDARD_ERRORS = 5.0


def member_layers() -> dict[str, type[MemberFactors]]:
    """The layer classes of the package with members that can be built."""
    found = {}
    for module in pkgutil.iter_modules(bnnc.runtime.layers.__path__):
        members = vars(importlib.import_module(f"bnnc.runtime.layers.{module.name}"))
        for name, one in members.items():
            if isinstance(one, type) and issubclass(one, MemberFactors):
                found[name] = one
    for mixin in ("MemberFactors", "BatchEnsemble", "Rank1"):
        del found[mixin]
    return found


def cases_of(layer_class: type[MemberFactors]) -> dict[str, tuple[dict[str, Any], tuple[int, ...]]]:
    """Those of the variational class over the same layer of Keras."""
    prefix = "Rank1" if issubclass(layer_class, Rank1) else "BatchEnsemble"
    return CASES["Variational" + layer_class.__name__.removeprefix(prefix)]


ALL = {
    f"{name}, {label}": (layer_class, *case)
    for name, layer_class in member_layers().items()
    for label, case in cases_of(layer_class).items()
}
FIRST = {
    name: next(one for label, one in ALL.items() if label.startswith(f"{name},"))
    for name in member_layers()
}
every_case = pytest.mark.parametrize("case", ALL.values(), ids=list(ALL))
every_layer = pytest.mark.parametrize("case", FIRST.values(), ids=list(FIRST))
Case = tuple[type[MemberFactors], dict[str, Any], tuple[int, ...]]


def made(case: Case, scale: float = 0.2, **arguments: Any) -> Any:
    """The layer, with factors and biases at random, and posteriors of one scale where it has them."""
    layer_class, own, shape = case
    layer: Any = layer_class(**{**own, "members": MEMBERS, "seed": 20, **arguments})
    layer.build((None, *shape))
    generator = np.random.default_rng(3)
    for name in FACTORS:
        factor = getattr(layer, name)
        factor.assign(generator.uniform(0.5, 1.5, factor.shape))
    if isinstance(layer, Rank1):
        for name in FACTORS:
            variable = getattr(layer, f"{name}_unconstrained_scale")
            variable.assign(np.full(variable.shape, unconstrained(scale)))
    if layer.use_bias:
        layer.bias.assign(generator.normal(size=layer.bias.shape))
    return layer


def inputs_of(case: Case, rows: int = 2 * MEMBERS + 1) -> tf.Tensor:
    """So many equal rows."""
    one = np.random.default_rng(4).normal(size=(1, *case[2]))
    return tf.constant(np.repeat(one, rows, axis=0), tf.float32)


def called(layer: Any, inputs: tf.Tensor, kind: Kind, index: int = 0) -> np.ndarray:
    with drawing(Draw(tf.constant([7, index]), kind)):
        return np.asarray(layer(inputs), np.float64)


def kernel_of(layer: Any, member: int) -> Any:
    """The shared kernel times the outer product of the member's factors, written out."""
    kernel = np.array(layer.kernel)
    into, out = (np.asarray(getattr(layer, name))[member] for name in FACTORS)
    if "Depthwise" in type(layer).__name__:
        return kernel * into[:, None] * out.reshape(kernel.shape[-2:])
    if "Transpose" in type(layer).__name__:  # channels out stand before those in
        return kernel * out[:, None] * into
    groups = getattr(layer, "groups", 1)
    for group in range(groups):
        outputs = slice(group * len(out) // groups, (group + 1) * len(out) // groups)
        inputs = slice(group * len(into) // groups, (group + 1) * len(into) // groups)
        kernel[..., outputs] *= into[inputs, None] * out[outputs]
    return kernel


@every_case
def test_a_member_is_the_kernel_times_the_outer_product_of_its_factors(case: Case) -> None:
    layer, inputs = made(case, scale=2e-6), inputs_of(case)
    for index in (0, 1, MEMBERS - 1, MEMBERS, 10 * MEMBERS + 1):
        member = index % MEMBERS
        expected = np.asarray(layer.op(inputs, tf.constant(kernel_of(layer, member))))
        if layer.use_bias:
            expected = expected + np.asarray(layer.bias)[member]
        np.testing.assert_allclose(
            called(layer, inputs, "weights", index), expected, rtol=1e-4, atol=1e-4
        )


@every_case
def test_the_rows_of_a_batch_are_dealt_out_to_the_members_in_turn(case: Case) -> None:
    layer = made(case, scale=2e-6)
    members = [called(layer, inputs_of(case, 1), "weights", one)[0] for one in range(MEMBERS)]
    for rows in (1, MEMBERS - 1, 2 * MEMBERS + 1):
        outputs = called(layer, inputs_of(case, rows), "estimator")
        expected = [members[row % MEMBERS] for row in range(rows)]
        np.testing.assert_allclose(outputs, expected, rtol=1e-4, atol=1e-4)


@every_case
def test_the_gradient_of_a_member_comes_from_its_rows_alone(case: Case) -> None:
    layer, inputs = made(case), inputs_of(case, MEMBERS - 1)
    own = [*FACTORS, *(["bias"] if layer.use_bias else [])]
    sources = [getattr(layer, name) for name in own]
    with tf.GradientTape() as tape, drawing(Draw(tf.constant([7, 0]), "estimator")):
        loss = tf.reduce_sum(tf.square(layer(inputs)))
    everything = tape.gradient(loss, [one.value for one in layer.trainable_variables])
    gradients = {
        one.path: gradient
        for one, gradient in zip(layer.trainable_variables, everything, strict=True)
    }
    for gradient in gradients.values():
        assert isinstance(gradient, tf.Tensor)  # and not slices that are added in any order
        assert np.all(np.isfinite(gradient))
        assert np.any(np.asarray(gradient) != 0)
    for one in sources:
        np.testing.assert_array_equal(gradients[one.path][MEMBERS - 1], 0)
        assert np.any(np.asarray(gradients[one.path][0]) != 0)


def cases_of_both_kinds() -> dict[str, tuple[Case, Kind]]:
    """Every class in a training and in a weight draw, its further arguments in the one or the other."""
    kinds: tuple[Kind, ...] = ("estimator", "weights")
    random = [label for label, one in ALL.items() if issubclass(one[0], Rank1)]
    return {
        f"{label}, {kind}": (ALL[label], kind)
        for number, label in enumerate(random)
        for kind in (kinds if ALL[label] in FIRST.values() else (kinds[number % 2],))
    }


@pytest.mark.parametrize(
    ("case", "kind"), cases_of_both_kinds().values(), ids=list(cases_of_both_kinds())
)
def test_mean_and_variance_of_a_members_outputs_are_those_of_the_factors(
    case: Case, kind: Kind, sample: Callable[..., np.ndarray]
) -> None:
    layer, row = made(case, scale=0.3), inputs_of(case, 1)
    # Row 0 is always member 0's in training; of the samples every third is.
    every = MEMBERS if kind == "weights" else 1
    outputs = sample(layer, row, kind=kind, draws=every * 1000)[::every]
    into, out = (np.asarray(getattr(layer, name), np.float64)[0] for name in FACTORS)
    expected = np.asarray(layer.op(row * tf.cast(into, tf.float32), layer.kernel), np.float64)
    # With d_c what channel c gives, the sum of r_c d_c has the variance of the sum of (sigma d_c)².
    parts = [
        np.asarray(layer.op(row * tf.one_hot(channel, len(into)), layer.kernel), np.float64)
        for channel in range(len(into))
    ]
    spread = sum(0.3**2 * np.square(part) for part in parts)
    mean = expected * out + (np.asarray(layer.bias)[0] if layer.use_bias else 0.0)
    # Of a product of independent numbers: the means' and the variances' products.
    variance = spread * out**2 + np.square(expected) * 0.3**2 + spread * 0.3**2
    count = len(outputs)
    assert np.all(
        np.abs(outputs.mean(0) - mean) <= STANDARD_ERRORS * np.sqrt(variance / count) + 1e-5
    )
    fourth = np.mean((outputs - outputs.mean(0)) ** 4, axis=0)
    error = STANDARD_ERRORS * np.sqrt((fourth - np.square(outputs.var(0))) / count) + 1e-5
    assert np.all(np.abs(outputs.var(0, ddof=1) - variance) <= error)


@every_layer
def test_rows_of_one_member_get_noise_of_their_own_in_training_and_share_it_in_a_weight_draw(
    case: Case, sample: Callable[..., np.ndarray]
) -> None:
    layer, inputs = made(case), inputs_of(case)
    same = called(layer, inputs, "weights", 1)
    np.testing.assert_allclose(same, np.repeat(same[:1], len(same), axis=0), rtol=1e-5, atol=1e-6)
    outputs = called(layer, inputs, "estimator")
    difference = np.abs(outputs[0] - outputs[MEMBERS]).max()
    assert difference > 0.05 if isinstance(layer, Rank1) else difference < 1e-6
    if isinstance(layer, Rank1):
        first, second = np.moveaxis(sample(layer, inputs[: MEMBERS + 1])[:, [0, MEMBERS]], 1, 0)
        products = (first - first.mean(0)) * (second - second.mean(0))
        error = products.std(0) / np.sqrt(len(products))
        assert np.all(np.abs(products.mean(0)) <= STANDARD_ERRORS * error)


@every_layer
def test_the_same_draw_gives_the_same_bits_and_another_other_noise(case: Case) -> None:
    layer, inputs = made(case), inputs_of(case)
    first = called(layer, inputs, "estimator", 4)
    np.testing.assert_array_equal(called(made(case), inputs, "estimator", 4), first)
    # Compiled by XLA where that is quick.
    compiled = tf.function(lambda: layer(inputs), jit_compile="Dense" in type(layer).__name__)
    if isinstance(layer, Rank1):
        assert np.abs(called(layer, inputs, "estimator", 5) - first).max() > 1e-3
        # Outside of a draw the noise is new on every call.
        assert np.abs(np.subtract(compiled(), compiled())).max() > 1e-3
    else:
        np.testing.assert_array_equal(called(layer, inputs, "estimator", 5), first)
        np.testing.assert_allclose(compiled(), first, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("prior", priors().values(), ids=list(priors()))
def test_the_kl_is_the_mean_of_the_members_closed_forms_or_integrals(prior: Any, tfd: Any) -> None:
    layer = made(FIRST["Rank1Dense"], prior=prior, scale=0.07)
    total, variance = 0.0, 0.0
    for name in FACTORS:
        posterior = layer.factor_posterior(name)
        assert posterior.batch_shape[0] == MEMBERS
        centred = tfd.Normal(posterior.loc - CENTRE, posterior.scale)
        mean, scale = (np.ravel(one) for one in (centred.loc, centred.scale))
        try:
            each = tfd.kl_divergence(centred, layer.centred_prior(name))
            total += float(tf.reduce_sum(each)) / MEMBERS
        except NotImplementedError:
            total += integrated_kl(mean, scale, layer.centred_prior(name)) / MEMBERS
        if isinstance(prior, SampledPrior):
            variance += (
                standard_error_of_kl(mean, scale, layer.centred_prior(name)) / MEMBERS
            ) ** 2
    divergence, error = layer.kl_divergence(), np.sqrt(variance)
    np.testing.assert_allclose(divergence, total, rtol=1e-5, atol=5 * error)
    assert not layer.losses


@every_layer
def test_the_kl_is_zero_where_the_posterior_is_the_prior_around_one(case: Case) -> None:
    layer = made(
        case, **({"prior": NormalPrior(0.3)} if issubclass(case[0], Rank1) else {}), scale=0.3
    )
    if not isinstance(layer, Rank1):
        assert not hasattr(layer, "kl_divergence")
        return
    assert float(layer.kl_divergence()) > 1
    for name in FACTORS:
        getattr(layer, name).assign(tf.ones_like(getattr(layer, name)))
    np.testing.assert_allclose(layer.kl_divergence(), 0.0, atol=1e-5)


def test_the_mean_of_the_members_kl_is_at_least_that_of_their_mixture(tfd: Any) -> None:
    """So the objective stays a bound: measured for one factor, over many draws of the mixture."""
    layer = made((Rank1Dense, {"units": 1, "use_bias": False}, (1,)), prior=NormalPrior(0.5))
    posterior = layer.factor_posterior("input_factor")
    mixture = tfd.MixtureSameFamily(
        tfd.Categorical(probs=[1 / MEMBERS] * MEMBERS),
        tfd.Normal(posterior.loc[:, 0], posterior.scale[:, 0]),
    )
    draws = mixture.sample(20_000, seed=[1, 2])
    prior = tfd.Normal(CENTRE, 0.5)
    log_ratio = np.asarray(mixture.log_prob(draws) - prior.log_prob(draws))
    of_mixture = log_ratio.mean() + STANDARD_ERRORS * log_ratio.std() / np.sqrt(len(log_ratio))
    assert of_mixture < float(tf.reduce_mean(tfd.kl_divergence(posterior, prior)))


@every_layer
def test_members_differ_from_the_start(case: Case) -> None:
    layer_class, own, shape = case
    layer: Any = layer_class(**own, members=200, seed=5)
    layer.build((None, *shape))
    into, out = (np.asarray(getattr(layer, name)) for name in FACTORS)
    for factor in (into, out):
        count = factor.size
        if isinstance(layer, Rank1):
            assert abs(factor.mean() - 1) < STANDARD_ERRORS * 0.1 / np.sqrt(count)
            assert abs(factor.std() - 0.1) < STANDARD_ERRORS * 0.1 / np.sqrt(2 * count)
        else:
            np.testing.assert_array_equal(np.abs(factor), 1.0)
            assert abs(factor.mean()) < STANDARD_ERRORS / np.sqrt(count)
    width = min(into.shape[1], out.shape[1])
    assert np.any(into[:, :width] != out[:, :width])


@every_layer
def test_saving_and_loading_changes_nothing(case: Case, tmp_path: Path) -> None:
    own: dict[str, Any] = {}
    if issubclass(case[0], Rank1):
        own["prior"] = NormalPrior(0.3, learned=True)
    layer = made(case, **own)
    inputs = keras.Input(case[2])
    model = keras.Model(inputs, layer(inputs))
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras", safe_mode=True)
    assert json.dumps(loaded.get_config()) == json.dumps(model.get_config())
    assert [one.name for one in loaded.variables] == [one.name for one in model.variables]
    np.testing.assert_array_equal(
        called(loaded, inputs_of(case), "estimator"), called(model, inputs_of(case), "estimator")
    )


@every_layer
@pytest.mark.parametrize("policy", ["mixed_bfloat16", "mixed_float16"])
def test_under_mixed_precision_only_the_operation_is_rounded(case: Case, policy: str) -> None:
    plain, layer = made(case), made(case, dtype=policy)
    assert {one.dtype for one in layer.weights} == {"float32"}
    with drawing(Draw(tf.constant([7, 0]), "estimator")):
        expected, outputs = plain(inputs_of(case)), layer(inputs_of(case))
    assert outputs.dtype == layer.compute_dtype
    # Inputs, factors and kernel are rounded once each, and so are their products.
    tolerance = 20 * (2**-8 if policy == "mixed_bfloat16" else 2**-11)
    np.testing.assert_allclose(tf.cast(outputs, tf.float32), expected, rtol=0, atol=tolerance)
    if isinstance(layer, Rank1):
        np.testing.assert_array_equal(layer.kl_divergence(), plain.kl_divergence())


@pytest.mark.parametrize("members", [0, -1, 2.0, True])
@pytest.mark.parametrize("layer_class", [BatchEnsembleDense, Rank1Dense])
def test_an_impossible_number_of_members_is_refused(layer_class: Any, members: Any) -> None:
    with pytest.raises(ValueError, match=f"Received: members={members!r}"):
        layer_class(3, members=members)
