"""The plan, made without TensorFlow, says what Keras says of the model that is built."""

import math
import re
from random import Random
from typing import Any

import keras
import pytest
import tensorflow as tf

import bnnc.runtime
from bnnc.compiler.planning.plan import Node
from bnnc.runtime.layers.backbone import Backbone
from bnnc.runtime.layers.concrete_dropout import ConcreteDropout
from bnnc.runtime.layers.laplace import Laplace
from bnnc.runtime.layers.random_feature_gaussian_process import RandomFeatureGaussianProcess
from bnnc.runtime.layers.rank_1 import FACTORS, Rank1
from bnnc.runtime.layers.variational import Variational
from bnnc.specs.layers import Shape, ShapeError
from bnnc.specs.methods.rank_1 import FACTOR_SPREAD
from bnnc.specs.priors import NormalPrior
from bnnc.specs.priors.prior import over_weights
from bnnc.specs.priors.sampled import SampledPrior
from tests.compiler.backend.conftest import Compiled
from tests.generated import section, windowed_layer

SHAPES = 600


def nodes_and_layers(compiled: Compiled) -> list[tuple[Node, keras.layers.Layer]]:
    """Each node with the layer of its name.

    Keras orders layers by their distance to the output, the plan as the spec says them.
    """
    layers = {layer.name: layer for layer in compiled.model.layers}
    assert set(layers) == {node.name for node in compiled.plan.nodes}, compiled
    return [(node, layers[node.name]) for node in compiled.plan.nodes]


def test_every_node_has_name_class_and_shapes_of_its_keras_layer(
    compiled_specs: list[Compiled],
) -> None:
    for compiled in compiled_specs:
        for node, layer in nodes_and_layers(compiled):
            assert node.output_shape == tuple(layer.output.shape[1:]), (node, str(compiled))
            if node.keras_class != "keras.Input":
                inputs = keras.tree.flatten(layer.input)
                takes = tuple(one._keras_history.operation.name for one in inputs)
                assert node.inputs == takes, (node, str(compiled))
                assert node.input_shape == tuple(inputs[0].shape[1:]), (node, str(compiled))
                assert type(layer) is _class_named(node.keras_class), (node, str(compiled))


def test_every_count_of_parameters_is_that_of_keras(compiled_specs: list[Compiled]) -> None:
    for compiled in compiled_specs:
        model, plan = compiled.model, compiled.plan
        for node, layer in nodes_and_layers(compiled):
            assert node.parameters == layer.count_params(), (node, str(compiled))
            trainable = sum(math.prod(weight.shape) for weight in layer.trainable_weights)
            assert node.trainable == trainable, (node, str(compiled))
            assert node.posterior == _posterior_weights(layer), (node, str(compiled))
        assert plan.parameters == model.count_params(), compiled
        assert plan.trainable == sum(math.prod(one.shape) for one in model.trainable_weights)


def test_first_stochastic_is_the_first_layer_that_is_random_at_prediction(
    compiled_specs: list[Compiled],
) -> None:
    for compiled in compiled_specs:
        layers = [layer for _, layer in nodes_and_layers(compiled)]
        random = [getattr(one, "stochastic", False) for one in layers]
        assert [node.stochastic for node in compiled.plan.nodes] == random, compiled
        first = random.index(True) if True in random else None
        assert compiled.plan.first_stochastic == first, compiled


def test_optimizer_slots_are_those_that_keras_makes(compiled_specs: list[Compiled]) -> None:
    for compiled in compiled_specs:
        model = compiled.model
        inner: Any = getattr(model.optimizer, "inner_optimizer", model.optimizer)
        # Keras keeps its counters beside the slots, which have the shapes of the weights, and
        # Nadam one product of decays.
        counters = [one for one in inner.variables if one.name in {"iteration", "learning_rate"}]
        counters.append(getattr(inner, "_u_product", None))
        slots = [one for one in inner.variables if not any(one is other for other in counters)]
        held = sum(math.prod(one.shape) for one in slots)
        assert held == compiled.plan.optimizer_slots * compiled.plan.trainable, compiled


def test_kl_at_the_start_is_the_expected_one_within_five_standard_errors(
    compiled_specs: list[Compiled],
) -> None:
    for compiled in compiled_specs:
        sections = compiled.program.spec.bayesian_sections
        # Only the means are drawn: their squares, each over 2 p², have a variance of at most
        # 2 (2 / fan-in)² / (2 p²)², less for HeNormal, whose tails are cut off.
        variance = 0.0
        for node, layer in nodes_and_layers(compiled):
            if node.posterior and node.layer is not None and hasattr(layer, "kl_divergence"):
                section = sections[node.layer]
                # A Gaussian process has a normal one of its own, as wide as its amplitude.
                prior = section.prior if "prior" in section.applied_method.fields else NormalPrior()
                scale = getattr(layer, "amplitude", prior.initial_scale)
                square = 2 / _summed(layer, layer.kernel)
                biases = layer.output_channels if getattr(layer, "bayesian_bias", False) else 0
                weights: float = node.posterior - biases  # the means of biases begin at 0
                if isinstance(layer, Rank1):  # a mean over members
                    square, weights = FACTOR_SPREAD**2, weights / layer.members**2
                if isinstance(prior, SampledPrior):  # pairs of draws vary no more than one does
                    variance += weights * _variance_of_log_prob(prior, layer, square)
                    variance += biases * _variance_of_log_prob(prior, layer, 0.0, given=True)
                elif prior.distribution == "laplace":  # E|w| / b moves less than the mean does
                    variance += weights * square / scale**2
                elif isinstance(prior, NormalPrior) and not isinstance(prior.loc, str):
                    of_squares = 2 * square**2 + 4 * prior.loc**2 * square
                    variance += weights * of_squares / (2 * scale**2) ** 2
            if isinstance(layer, ConcreteDropout):
                for name in layer.readers:
                    reader = compiled.model.get_layer(name)
                    kernel = (
                        reader.depthwise_kernel
                        if hasattr(reader, "depthwise_kernel")
                        else reader.kernel
                    )
                    squares = math.prod(kernel.shape) * 2 * (2 / _summed(reader, kernel)) ** 2
                    variance += squares / (2 * layer.prior_scale**2 * (1 - layer.rate)) ** 2
        assert compiled.kl == pytest.approx(compiled.plan.kl, rel=1e-4, abs=5 * variance**0.5), (
            compiled
        )


def _summed(layer: Any, kernel: Any) -> int:
    """Weights that an output sums over: of a depthwise kernel those of one channel."""
    is_depthwise = "Depthwise" in type(layer).__name__ or hasattr(layer, "depthwise_kernel")
    return int(math.prod(kernel.shape[: -2 if is_depthwise else -1]))


def _variance_of_log_prob(
    prior: SampledPrior, layer: Any, square: float, given: bool = False
) -> float:
    """Variance of the log-density of a weight at the start, its mean being drawn too."""
    size = (_summed(layer, layer.kernel), 1)
    known = (size, layer.initial_scale)
    square_of_means = square if given or isinstance(layer, Rank1) else None
    mean = over_weights(*known, prior.log_prob, square_of_means)
    return over_weights(*known, lambda one: (prior.log_prob(one) - mean) ** 2, square_of_means)


def test_multiply_adds_are_what_a_kernel_of_ones_adds_up(compiled_specs: list[Compiled]) -> None:
    """On an image of ones, every multiply-add gives 1: the outputs sum to their number."""
    checked = 0
    for compiled in compiled_specs:
        for node, layer in nodes_and_layers(compiled):
            # What stands in for the border counts as multiplied too, and would add 0.
            if hasattr(layer, "pointwise_kernel"):
                positions = math.prod(node.output_shape[:-1])
                kernels = (layer.depthwise_kernel.shape, layer.pointwise_kernel.shape)
                assert node.multiply_adds == positions * sum(map(math.prod, kernels)), node
                continue
            if isinstance(
                layer, Backbone
            ):  # `bnnc.runtime.keras_applications` holds it against Keras
                continue
            if not hasattr(layer, "kernel") or getattr(layer, "padding", "valid") != "valid":
                assert hasattr(layer, "kernel") or node.multiply_adds == 0
                continue
            if isinstance(layer, RandomFeatureGaussianProcess):
                # One for every number of the projection, and of the dense layer behind it.
                projected = math.prod(layer.projection.shape)
                assert node.multiply_adds == projected + math.prod(layer.kernel.shape), node
                checked += 1
                continue
            plain = _class_named(f"keras.layers.{re.sub(_PREFIXES, '', type(layer).__name__)}")
            config = {key: one for key, one in layer.get_config().items() if key in _PLAIN}
            kernel = {
                "depthwise_initializer"
                if "Depthwise" in plain.__name__
                else "kernel_initializer": "ones"
            }
            copy = plain(**config, **kernel, use_bias=False)
            total = float(tf.reduce_sum(copy(tf.ones((1, *node.input_shape)))))
            assert node.multiply_adds == total, (node, str(compiled))
            checked += 1
    assert checked > len(compiled_specs)


def _posterior_weights(layer: Any) -> int:
    if isinstance(layer, Variational) and layer.bayesian_bias:
        return sum(math.prod(one.shape) for one in (layer.kernel, layer.bias))
    if isinstance(layer, Variational | RandomFeatureGaussianProcess):
        return math.prod(layer.kernel.shape)
    if isinstance(layer, Rank1):
        return sum(math.prod(getattr(layer, name).shape) for name in FACTORS)
    if isinstance(layer, Laplace):  # the bias too
        return sum(math.prod(weight.shape) for weight in layer.trainable_weights)
    return 0


# What the classes over Keras's own are called before its name.
_PREFIXES = "^(Variational|Rank1|BatchEnsemble|Laplace|SpectralNormalized)"
_PLAIN = {
    *("units", "filters", "kernel_size", "strides", "dilation_rate"),
    *("depth_multiplier", "groups"),
}


def test_shapes_are_keras_own_over_thousands_of_windows_and_so_are_refusals() -> None:
    refused = 0
    for seed in range(SHAPES):
        random = Random(seed)
        sides = [random.randint(1, 9) for _ in range(random.choice([1, 2, 2, 3]))]
        shape: Shape = (*sides, random.randint(1, 3))
        document = windowed_layer(random, shape)
        layer = section(document)
        try:
            expected = _class_named(layer.keras_class)(**layer.arguments()).compute_output_shape(
                (None, *shape)
            )
        except ValueError:  # Keras's word for a window larger than the map
            expected = None
        # A map of which nothing is left, or one that TensorFlow refuses in the first step.
        if expected is None or 0 in expected or _is_refused_by_tensorflow(layer, shape, expected):
            refused += 1
            with pytest.raises(ShapeError):
                layer.output_shape(shape)
            continue
        assert layer.output_shape(shape) == tuple(expected[1:]), (document, shape)
    assert refused > SHAPES / 20


def _is_refused_by_tensorflow(layer: Any, shape: Shape, expected: Any) -> bool:
    """Whether a transposed convolution under `same` padding has an output that no input gives.

    Its gradient is a convolution, whose output has the size of the input divided by the strides,
    rounded up.
    """
    if layer.type != "conv2d_transpose" or layer.padding != "same":
        return False
    sides = zip(shape[:-1], expected[1:-1], layer.sizes("strides"), strict=True)
    return any(-(-enlarged // stride) != side for side, enlarged, stride in sides)


def _class_named(target: str) -> type:
    name = target.rpartition(".")[2]
    found = getattr(bnnc.runtime if target.startswith("bnnc.") else keras.layers, name)
    assert isinstance(found, type)
    return found
