"""Output distributions: held against TFP, Keras and closed forms, over the whole registry."""

from collections.abc import Iterator
from dataclasses import fields
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from bnnc.runtime.losses import LOSSES
from bnnc.runtime.outputs import OUTPUTS, OutputDistribution

ROWS = 50
CLASSES = 4


def softmax(logits: np.ndarray) -> np.ndarray:
    exponentials = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return np.asarray(exponentials / exponentials.sum(axis=-1, keepdims=True))


def expit(logits: np.ndarray) -> np.ndarray:
    return np.asarray(1 / (1 + np.exp(-logits)))


def outputs() -> Iterator[OutputDistribution]:
    """Every registered distribution, with every parameterization and label encoding."""
    for output_class in OUTPUTS.values():
        has_classes = "classes" in {field.name for field in fields(output_class)}
        classes: dict[str, Any] = {"classes": CLASSES} if has_classes else {}
        for parameterization in ("logits", "probs"):
            for labels in output_class.accepted_labels():
                yield output_class(parameterization=parameterization, labels=labels, **classes)


def name_of(output: OutputDistribution) -> str:
    return f"{output.distribution_name}, {output.parameterization}, {output.labels}"


@pytest.fixture(params=list(outputs()), ids=name_of)
def output(request: pytest.FixtureRequest) -> Any:
    return request.param


@pytest.fixture
def parameters(output: OutputDistribution) -> tf.Tensor:
    logits = np.random.default_rng(0).normal(0, 3, (ROWS, output.width))
    if output.parameterization == "probs":
        logits = softmax(logits) if output.width > 1 else expit(logits)
    return tf.constant(logits, tf.float32)


@pytest.fixture
def indices(output: OutputDistribution) -> np.ndarray:
    return np.random.default_rng(1).integers(0, output.classes, ROWS)


@pytest.fixture
def labels(output: OutputDistribution, indices: np.ndarray) -> tf.Tensor:
    return {
        "integer": tf.constant(indices, tf.int32),
        "one_hot": tf.one_hot(indices, output.classes),
        "binary": tf.constant(indices, tf.float32),
    }[output.labels]


def class_probabilities(output: OutputDistribution, parameters: tf.Tensor) -> np.ndarray:
    """By numpy and SciPy, in double precision."""
    numbers = np.asarray(parameters, np.float64)
    if output.width == 1:
        yes = expit(numbers) if output.parameterization == "logits" else numbers
        return np.concatenate([1 - yes, yes], axis=-1)
    return softmax(numbers) if output.parameterization == "logits" else numbers


def test_the_negative_log_likelihood_is_minus_the_logarithm_of_the_labels_probability(
    output: OutputDistribution, parameters: tf.Tensor, labels: tf.Tensor, indices: np.ndarray
) -> None:
    probability = class_probabilities(output, parameters)[np.arange(ROWS), indices]
    received = LOSSES["negative_log_likelihood"](output, parameters, labels)
    assert received.shape == (ROWS,)
    np.testing.assert_allclose(received, -np.log(probability), rtol=1e-4, atol=2e-6)


def test_the_negative_log_likelihood_is_that_of_the_tfp_distribution(
    output: OutputDistribution,
    parameters: tf.Tensor,
    labels: tf.Tensor,
    indices: np.ndarray,
    tfd: Any,
) -> None:
    tfp_class = getattr(tfd, type(output).__name__)
    numbers = parameters if output.width > 1 else parameters[:, 0]
    expected = tfp_class(**{output.parameterization: numbers})
    one_hot = expected.event_shape.rank == 1
    value = tf.one_hot(indices, output.classes) if one_hot else indices
    log_prob = expected.log_prob(tf.cast(value, expected.dtype))
    received = LOSSES["negative_log_likelihood"](output, parameters, labels)
    np.testing.assert_allclose(received, -log_prob, rtol=1e-5, atol=1e-6)


def test_the_distribution_has_the_class_and_the_shapes_of_tfp(
    output: OutputDistribution, parameters: tf.Tensor, tfd: Any
) -> None:
    distribution = output.distribution(parameters)
    assert type(distribution) is getattr(tfd, type(output).__name__)
    assert distribution.batch_shape == (ROWS,)
    rows = type(output).__name__.startswith("OneHot")
    assert distribution.event_shape == ((CLASSES,) if rows else ())


def test_class_probabilities_are_those_of_the_closed_form_and_sum_to_1(
    output: OutputDistribution, parameters: tf.Tensor
) -> None:
    received = np.asarray(output.class_probabilities(parameters))
    assert received.shape == (ROWS, output.classes)
    np.testing.assert_allclose(received.sum(axis=-1), 1, rtol=1e-6)
    np.testing.assert_allclose(received, class_probabilities(output, parameters), rtol=2e-5)


def test_a_hit_is_an_image_whose_likeliest_class_is_the_labels(
    output: OutputDistribution, parameters: tf.Tensor, labels: tf.Tensor, indices: np.ndarray
) -> None:
    likeliest = class_probabilities(output, parameters).argmax(axis=-1)
    np.testing.assert_array_equal(output.hits(parameters, labels), likeliest == indices)


KERAS_LOSSES = {
    ("categorical", "integer"): "sparse_categorical_crossentropy",
    ("categorical", "one_hot"): "categorical_crossentropy",
    ("bernoulli", "binary"): "binary_crossentropy",
}


@pytest.mark.parametrize(("cell", "loss"), KERAS_LOSSES.items(), ids=str)
@pytest.mark.parametrize("parameterization", ["logits", "probs"])
def test_keras_losses_are_the_negative_log_likelihood(
    cell: tuple[str, str], loss: str, parameterization: str
) -> None:
    distribution, encoding = cell
    output = next(
        one
        for one in outputs()
        if (one.distribution_name, one.labels, one.parameterization)
        == (distribution, encoding, parameterization)
    )
    generator = np.random.default_rng(2)
    numbers = generator.normal(0, 3, (ROWS, output.width))
    if parameterization == "probs":
        numbers = softmax(numbers) if output.width > 1 else expit(numbers)
    indices = generator.integers(0, output.classes, ROWS)
    labels = tf.one_hot(indices, CLASSES) if encoding == "one_hot" else tf.constant(indices)
    parameters = tf.constant(numbers, tf.float32)
    received = LOSSES[loss](output, parameters, labels)
    likelihood = LOSSES["negative_log_likelihood"](output, parameters, labels)
    np.testing.assert_allclose(received, likelihood, rtol=1e-4, atol=2e-6)
    # And it is Keras's own number, not a copy of its formula.
    columns = labels[:, tf.newaxis] if encoding == "binary" else labels
    own = getattr(keras.losses, loss)(columns, parameters, from_logits=parameterization == "logits")
    np.testing.assert_array_equal(received, own)


WRONG_SHAPES = {
    "integer": [(ROWS, 1), (ROWS, CLASSES), (), (1, ROWS)],
    "one_hot": [(ROWS,), (ROWS, CLASSES + 1), (ROWS, 1), (ROWS, CLASSES, 1), (CLASSES,)],
    "binary": [(ROWS, 1), (ROWS, 2), (), (1, ROWS)],
}


def test_labels_of_a_wrong_shape_are_refused_before_they_are_broadcast(
    output: OutputDistribution, parameters: tf.Tensor
) -> None:
    for shape in WRONG_SHAPES[output.labels]:
        for loss in LOSSES.values():
            with pytest.raises(ValueError, match="Received: labels with shape"):
                loss(output, parameters, tf.ones(shape, tf.int32))


def test_labels_whose_shape_is_not_known_until_they_come_are_refused_then(
    output: OutputDistribution, parameters: tf.Tensor, labels: tf.Tensor
) -> None:
    @tf.function(input_signature=[tf.TensorSpec(None, labels.dtype)])
    def loss(unknown: tf.Tensor) -> tf.Tensor:
        return LOSSES["negative_log_likelihood"](output, parameters, unknown)

    assert loss(labels).shape == (ROWS,)
    with pytest.raises(tf.errors.InvalidArgumentError):
        loss(labels[..., tf.newaxis])


def test_probabilities_of_0_and_1_give_a_finite_loss_with_a_finite_gradient(
    output: OutputDistribution, labels: tf.Tensor
) -> None:
    sharp = np.zeros((ROWS, output.width), np.float32)
    sharp[:, 0] = 1 if output.parameterization == "probs" else 1e4
    parameters = tf.constant(sharp)
    with tf.GradientTape() as tape:
        tape.watch(parameters)
        loss = LOSSES["negative_log_likelihood"](output, parameters, labels)
    assert np.isfinite(loss).all()
    assert np.isfinite(tape.gradient(loss, parameters)).all()


def test_a_distribution_is_the_value_that_its_config_says(output: OutputDistribution) -> None:
    assert type(output).from_config(output.get_config()) == output
    serialized = keras.saving.serialize_keras_object(output)
    assert keras.saving.deserialize_keras_object(serialized) == output


def test_arguments_that_no_distribution_has_are_refused() -> None:
    for output_class in OUTPUTS.values():
        accepted = output_class.accepted_labels()[0]
        with pytest.raises(ValueError, match="Received: parameterization='log_odds'"):
            output_class(parameterization="log_odds", labels=accepted)
        with pytest.raises(ValueError, match="Received: labels='soft'"):
            output_class(parameterization="logits", labels="soft")


def test_one_class_is_no_choice() -> None:
    with pytest.raises(ValueError, match="Received: classes=1"):
        OUTPUTS["categorical"](parameterization="logits", labels="integer", classes=1)  # type: ignore[call-arg]  # the class over classes has it
