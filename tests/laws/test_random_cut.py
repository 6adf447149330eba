"""A model that is divided where its randomness begins is the whole model, whatever its graph."""

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from bnnc.runtime import BayesianModel, Objective
from bnnc.runtime.layers.conv2d import VariationalConv2D
from bnnc.runtime.layers.dense import VariationalDense
from bnnc.runtime.layers.depthwise_conv2d import VariationalDepthwiseConv2D
from bnnc.runtime.layers.dropout import Dropout
from bnnc.runtime.layers.random_feature_gaussian_process import RandomFeatureGaussianProcess
from bnnc.runtime.noise import Draw, drawing
from bnnc.runtime.outputs.categorical import Categorical
from bnnc.runtime.prediction import batched_draws as side_by_side
from bnnc.runtime.prediction.draws import WeightDraws, random_cut

SHAPE = (4, 4, 2)
CLASSES = 3
SAMPLES = 3
layers = keras.layers


def random_conv(seed: int, estimator: str = "flipout", **arguments: Any) -> VariationalConv2D:
    """A convolution whose noise is as large as its means."""
    return VariationalConv2D(
        arguments.pop("filters", 2),
        3,
        padding="same",
        estimator=estimator,
        initial_scale=0.3,
        seed=seed,
        **arguments,
    )


def conv(seed: int, **arguments: Any) -> keras.layers.Conv2D:
    """A convolution without noise."""
    initializer = keras.initializers.HeNormal(seed=seed)
    return layers.Conv2D(2, 3, padding="same", kernel_initializer=initializer, **arguments)


def head(x: Any) -> Any:
    """Logits of a map, without noise."""
    initializer = keras.initializers.HeNormal(seed=9)
    return layers.Dense(CLASSES, kernel_initializer=initializer)(layers.Flatten()(x))


def chain(images: Any) -> Any:
    x = conv(1, activation="relu")(images)
    return head(random_conv(2)(x))


def first_layer_random(images: Any) -> Any:
    return head(random_conv(2)(images))


def deterministic(images: Any) -> Any:
    return head(layers.Add()([conv(1)(images), conv(2)(images)]))


def pooled(images: Any) -> Any:
    """What stands behind the first random layer sees every channel alone, and then none does."""
    x = random_conv(2, filters=5, activation="relu")(images)
    x = layers.Activation("tanh")(layers.AveragePooling2D(2)(layers.MaxPooling2D(2, 1)(x)))
    return head(random_conv(3)(x))


def softmax_over_channels(images: Any) -> Any:
    """An activation that mixes the channels of one draw, and must not mix those of two."""
    return head(random_conv(2, activation="softmax")(images))


def bayesian_bias(images: Any) -> Any:
    """Every draw has a bias of its own."""
    return head(random_conv(2, filters=5, bayesian_bias=True, activation="relu")(images))


def read_twice(images: Any) -> Any:
    """What the first random layer gives goes two ways."""
    x = random_conv(2)(images)
    return head(layers.Add()([layers.MaxPooling2D(2)(x), layers.AveragePooling2D(2)(x)]))


def grouped(images: Any) -> Any:
    """The kernel of a group sums over its own channels."""
    return head(random_conv(2, groups=2)(images))


def depthwise(images: Any) -> Any:
    x = VariationalDepthwiseConv2D(3, estimator="flipout", initial_scale=0.3, seed=2)(images)
    return head(x)


def random_head(images: Any) -> Any:
    """The whole model is behind it, and nothing before."""
    x = layers.Flatten()(conv(1)(images))
    return VariationalDense(CLASSES, estimator="flipout", initial_scale=0.3, seed=7)(x)


def gaussian_process(images: Any) -> Any:
    """Its features are the same for all draws."""
    x = layers.Flatten()(conv(1)(images))
    return RandomFeatureGaussianProcess(CLASSES, num_inducing=8, length_scale=5.0, seed=7)(x)


def own_noise(images: Any) -> Any:
    """A convolution that keeps the noise it was trained with draws no weights."""
    return head(random_conv(2, "local_reparameterization")(images))


def residual_with_random_body(images: Any) -> Any:
    x = conv(1, activation="relu")(images)
    return head(layers.Add()([random_conv(2)(conv(3)(x)), x]))


def residual_with_projection(images: Any) -> Any:
    """The projection is deterministic and depends on what the random body takes."""
    x = conv(1, activation="relu")(images)
    return head(layers.Add()([random_conv(2)(x), conv(3)(x)]))


def projected_image(images: Any) -> Any:
    """The images themselves are in the cut, beside what is made of them."""
    return head(layers.Add()([random_conv(2)(images), conv(3)(images)]))


def residual_with_random_shortcut(images: Any) -> Any:
    x = conv(1, activation="relu")(images)
    return head(layers.Add()([conv(2)(conv(3)(x)), random_conv(4)(x)]))


def residuals_in_a_row(images: Any) -> Any:
    x = conv(1)(images)
    x = layers.Activation("relu")(layers.Add()([conv(2)(x), x]))
    x = layers.Activation("relu")(layers.Add()([random_conv(3)(conv(4)(x)), x]))
    return head(layers.Add()([conv(5)(x), x]))


def parallel(images: Any) -> Any:
    x = conv(1, activation="relu")(images)
    branches = [random_conv(2)(x), conv(3)(conv(4)(x)), layers.MaxPooling2D(2, 1, "same")(x)]
    return head(layers.Concatenate()(branches))


def nested(images: Any) -> Any:
    """A branch whose residual is random, one that is not, and noise behind the merge."""
    x = conv(1, activation="relu")(images)
    inner = layers.Add()([Dropout(0.3, monte_carlo=True, seed=6)(x), conv(2)(x)])
    x = layers.Concatenate()([inner, layers.Add()([conv(3)(x), x])])
    return VariationalDense(CLASSES, estimator="reparameterization", initial_scale=0.3, seed=7)(
        layers.GlobalAveragePooling2D()(x)
    )


# The number of tensors in each cut, counted by hand.
GRAPHS: dict[Callable[[Any], Any], int] = {
    chain: 1,
    first_layer_random: 1,
    pooled: 1,
    softmax_over_channels: 1,
    bayesian_bias: 1,
    read_twice: 1,
    grouped: 1,
    depthwise: 1,
    random_head: 1,
    gaussian_process: 1,
    own_noise: 1,
    deterministic: 0,
    residual_with_random_body: 2,
    residual_with_projection: 2,
    projected_image: 2,
    residual_with_random_shortcut: 2,
    residuals_in_a_row: 2,
    parallel: 3,
    nested: 3,
}


def model_of(graph: Callable[[Any], Any]) -> BayesianModel:
    """The model of a graph over images."""
    images = keras.Input(SHAPE)
    output = Categorical(parameterization="logits", classes=CLASSES, labels="integer")
    return BayesianModel(images, graph(images), objective=Objective(output))


@pytest.mark.parametrize("graph", GRAPHS, ids=lambda graph: graph.__name__)
def test_a_prediction_by_the_cut_is_that_of_the_whole_model(graph: Callable[[Any], Any]) -> None:
    model = model_of(graph)
    images = np.random.default_rng(0).normal(size=(5, *SHAPE)).astype(np.float32)
    [(_, received)] = WeightDraws(model).parameters(images, SAMPLES, seed=4)

    @tf.function
    def whole(sample: tf.Tensor) -> tf.Tensor:
        with drawing(Draw(key=tf.stack([4, sample]), kind="weights")):
            return model(images, training=False)

    draws = SAMPLES if GRAPHS[graph] else 1
    expected = np.stack([whole(tf.constant(sample)) for sample in range(draws)])
    # A wide convolution may add in another order than a narrow one. Other draws differ by a tenth.
    np.testing.assert_allclose(received, expected, rtol=1e-5, atol=1e-5)
    assert len(np.unique(expected, axis=0)) == draws  # the draws differ


# The graphs whose draws share their first operation, and how many layers of it they share.
SIDE_BY_SIDE: dict[Callable[[Any], Any], int] = {
    chain: 1,
    first_layer_random: 1,
    pooled: 4,
    bayesian_bias: 1,
    read_twice: 1,
    random_head: 1,
    gaussian_process: 1,
}


@pytest.mark.parametrize("graph", GRAPHS, ids=lambda graph: graph.__name__)
def test_the_draws_share_the_first_random_operation_where_they_may(
    graph: Callable[[Any], Any],
) -> None:
    first = WeightDraws(model_of(graph))._first
    shared = 0 if first is None else len(first.layers)
    assert shared == SIDE_BY_SIDE.get(graph, 0)


@pytest.mark.parametrize("samples", [1, 2, 3, 4])
def test_draws_taken_together_are_those_taken_one_by_one(
    samples: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whole groups, and one that is not."""
    model = model_of(pooled)
    images = np.random.default_rng(0).normal(size=(5, *SHAPE)).astype(np.float32)
    each = {}
    for channels in (1, 10, 64):  # one draw at once, two, and all
        monkeypatch.setattr(side_by_side, "_WIDE_CHANNELS", channels)
        [(_, each[channels])] = WeightDraws(model).parameters(images, samples, seed=4)
    np.testing.assert_allclose(each[10], each[1], rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(each[64], each[1], rtol=1e-5, atol=1e-5)


def test_a_map_too_large_for_two_draws_is_taken_one_by_one() -> None:
    first = WeightDraws(model_of(pooled))._first
    assert first is not None
    numbers = 4 * 4 * 5  # of the widest map of an image, 4 bytes each
    for rows, draws in ((0, 12), (1, 12), (2**27 // (4 * numbers * 2), 2), (2**25, 1)):
        assert first.draws_at_once(tf.constant(rows)) == draws


@pytest.mark.parametrize("graph", GRAPHS, ids=lambda graph: graph.__name__)
def test_the_cut_has_one_tensor_for_each_way_past_the_first_random_layer(
    graph: Callable[[Any], Any],
) -> None:
    assert len(random_cut(model_of(graph))) == GRAPHS[graph]


@pytest.mark.parametrize(
    "graph", [one for one in GRAPHS if GRAPHS[one]], ids=lambda one: one.__name__
)
def test_every_layer_runs_on_one_side_of_the_cut(graph: Callable[[Any], Any]) -> None:
    """What has nothing random before it runs once, all else for every draw, and nothing twice."""
    model = model_of(graph)
    draws = WeightDraws(model)

    def names(part: keras.Model) -> set[str]:
        inputs = keras.layers.InputLayer
        return {layer.name for layer in part.layers if not isinstance(layer, inputs)}

    before, after = names(draws._before), set() if draws._after is None else names(draws._after)
    first = set() if draws._first is None else {layer.name for layer in draws._first.layers}
    assert len(before) + len(first) + len(after) == len(names(model))
    assert before | first | after == names(model)
    assert not any(getattr(model.get_layer(name), "stochastic", False) for name in before)
