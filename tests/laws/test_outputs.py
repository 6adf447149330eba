"""Output distributions: held against TFP, Keras and closed forms, over the whole registry."""

from typing import Any

import keras
import numpy as np
import pytest
import scipy.special
import scipy.stats
import tensorflow as tf

from bnnc.runtime.outputs import OUTPUTS, OutputDistribution
from bnnc.runtime.outputs.number import NumberOutput
from bnnc.runtime.outputs.output import ClassOutput
from bnnc.runtime.training.losses import LOSSES
from tests.support.distributions import (
    CLASSES,
    ROWS,
    class_outputs,
    expit,
    indices_of,
    labels_of,
    name_of,
    numbers_of,
    outputs,
    softmax,
)


@pytest.fixture(params=list(outputs()), ids=name_of)
def output(request: pytest.FixtureRequest) -> Any:
    return request.param


@pytest.fixture(params=class_outputs(), ids=name_of)
def class_output(request: pytest.FixtureRequest) -> Any:
    return request.param


@pytest.fixture
def parameters(output: OutputDistribution) -> tf.Tensor:
    return tf.constant(numbers_of(output), tf.float32)


@pytest.fixture
def labels(output: OutputDistribution) -> tf.Tensor:
    return labels_of(output, indices_of(output))


def class_probabilities(output: ClassOutput, numbers: np.ndarray) -> np.ndarray:
    """By numpy, in double precision."""
    if output.distribution_name == "ordered_logistic":
        below = expit(numbers[:, 1:] - numbers[:, :1])
        ends = np.zeros((ROWS, 1)), np.ones((ROWS, 1))
        return np.diff(np.concatenate([ends[0], below, ends[1]], axis=-1), axis=-1)
    if output.width == 1:
        yes = expit(numbers) if output.parameterization == "logits" else numbers
        return np.concatenate([1 - yes, yes], axis=-1)
    return softmax(numbers) if output.parameterization == "logits" else numbers


def oracle(output: OutputDistribution, numbers: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Log-probabilities by scipy and closed forms, in double precision."""
    if isinstance(output, ClassOutput) and output.labels != "soft":
        indices = labels.argmax(axis=-1) if labels.ndim == 2 else labels.astype(int)
        probabilities = class_probabilities(output, numbers)
        return np.asarray(np.log(probabilities[np.arange(ROWS), indices]))
    config = output.get_config()
    size = numbers.shape[1] // 2
    spread = np.log1p(np.exp(numbers[:, size:])) + 1e-6
    rows = labels.reshape(ROWS, -1)
    # Where labels are standardised: by the change of variables.
    mean = np.array(config.get("label_mean") or 0.0)
    std = np.array(config.get("label_std") or 1.0)
    standard = (rows - mean) / std
    match output.distribution_name:
        case "independent_bernoulli":
            yes = expit(numbers) if output.parameterization == "logits" else numbers
            each = scipy.stats.bernoulli.logpmf(rows, yes)
        case "normal" if isinstance(config["scale"], float):
            each = scipy.stats.norm.logpdf(rows, mean + std * numbers, config["scale"])
        case "normal":
            each = scipy.stats.norm.logpdf(standard, numbers[:, :size], spread) - np.log(std)
        case "student_t":
            each = scipy.stats.t.logpdf(standard, config["df"], numbers[:, :size], spread)
            each -= np.log(std)
        case "poisson":
            rate = np.exp(numbers) if output.parameterization == "log_rate" else numbers
            each = scipy.stats.poisson.logpmf(rows, rate)
        case _:
            # Maddison et al. 2017, equation 10.
            temperature = config["temperature"]
            weights = numbers - temperature * np.log(rows)
            constant = scipy.special.gammaln(CLASSES) + (CLASSES - 1) * np.log(temperature)
            normaliser = CLASSES * scipy.special.logsumexp(weights, axis=-1)
            return np.asarray(constant + np.sum(weights - np.log(rows), axis=-1) - normaliser)
    return np.asarray(each.sum(axis=-1))


def test_the_negative_log_likelihood_is_that_of_the_closed_form(
    output: OutputDistribution, parameters: tf.Tensor, labels: tf.Tensor
) -> None:
    received = LOSSES["negative_log_likelihood"](output, parameters, labels)
    assert received.shape == (ROWS,)
    expected = -oracle(output, numbers_of(output), np.asarray(labels, np.float64))
    np.testing.assert_allclose(received, expected, rtol=1e-4, atol=2e-5)


def test_the_negative_log_likelihood_is_that_of_the_tfp_distribution(
    output: OutputDistribution, parameters: tf.Tensor, labels: tf.Tensor
) -> None:
    distribution = output.distribution(parameters)
    value = labels
    if isinstance(output, ClassOutput) and output.distribution_name == "categorical":
        value = output.class_indices(labels)  # TFP scores indices alone
    expected = distribution.log_prob(tf.cast(value, distribution.dtype))
    received = LOSSES["negative_log_likelihood"](output, parameters, labels)
    np.testing.assert_allclose(received, -expected, rtol=1e-4, atol=2e-5)


def test_the_distribution_has_the_class_and_the_shapes_of_tfp(
    output: OutputDistribution, parameters: tf.Tensor, tfd: Any
) -> None:
    distribution = output.distribution(parameters)
    several = output.label_shape() and not isinstance(output, ClassOutput)
    single = distribution.distribution if several else distribution
    name = "Bernoulli" if several and "bernoulli" in output.distribution_name else None
    assert type(single) is getattr(tfd, name or type(output).__name__)
    assert distribution.batch_shape == (ROWS,)
    assert distribution.event_shape == (
        () if output.distribution_name == "categorical" else output.label_shape()
    )


def test_class_probabilities_are_those_of_the_closed_form_and_sum_to_1(
    class_output: ClassOutput,
) -> None:
    numbers = numbers_of(class_output)
    received = np.asarray(class_output.class_probabilities(tf.constant(numbers, tf.float32)))
    assert received.shape == (ROWS, class_output.classes)
    np.testing.assert_allclose(received.sum(axis=-1), 1, rtol=2e-6)
    expected = class_probabilities(class_output, numbers)
    np.testing.assert_allclose(received, expected, rtol=5e-5, atol=1e-7)


def test_a_hit_is_an_image_whose_likeliest_class_is_the_labels(class_output: ClassOutput) -> None:
    numbers, indices = numbers_of(class_output), indices_of(class_output)
    parameters = tf.constant(numbers, tf.float32)
    likeliest = class_probabilities(class_output, numbers).argmax(axis=-1)
    hits = class_output.score(parameters, labels_of(class_output, indices))
    np.testing.assert_array_equal(hits, likeliest == indices)


def test_the_score_of_numbers_is_the_absolute_error_of_the_mean() -> None:
    for output in outputs():
        if isinstance(output, NumberOutput):
            parameters = tf.constant(numbers_of(output), tf.float32)
            labels = labels_of(output, indices_of(output))
            distribution = output.distribution(parameters)
            error = np.abs(distribution.mean() - labels).reshape(ROWS, -1).mean(axis=-1)
            np.testing.assert_allclose(output.score(parameters, labels), error, rtol=1e-5)
            assert output.score_name == "mae"


def test_the_largest_share_of_a_relaxed_row_is_that_of_a_class_with_its_probability() -> None:
    output = next(one for one in class_outputs() if one.labels == "soft")
    numbers = numbers_of(output)[:1]
    draws = 40_000
    distribution = output.distribution(tf.constant(numbers, tf.float32))
    rows = distribution.sample(draws, seed=(1, 2)).numpy()[:, 0]
    shares = np.bincount(rows.argmax(axis=-1), minlength=CLASSES) / draws
    expected = softmax(numbers)[0]
    assert np.all(np.abs(shares - expected) <= 5 * np.sqrt(expected * (1 - expected) / draws))


def test_an_ordered_class_far_away_has_a_finite_loss_and_a_gradient() -> None:
    output = next(one for one in class_outputs() if one.distribution_name == "ordered_logistic")
    far = np.tile(np.array([[0.0, -1.0, 0.0, 1.0]], np.float32), (2 * CLASSES, 1))
    far[:, 0] = np.repeat([-1e4, 1e4], CLASSES)
    parameters = tf.constant(far)
    labels = tf.constant(np.tile(np.arange(CLASSES), 2), tf.int32)
    with tf.GradientTape() as tape:
        tape.watch(parameters)
        loss = LOSSES["negative_log_likelihood"](output, parameters, labels)
    gradient = tape.gradient(loss, parameters)
    assert np.isfinite(loss).all()
    assert np.isfinite(gradient).all()
    # Of a label that is missed by far, the location is pulled with force 1, or 2 from between.
    assert np.abs(gradient.numpy()[1 : 2 * CLASSES - 1, 0]).min() >= 1


def wrong_shapes(output: OutputDistribution) -> list[tuple[int, ...]]:
    right = output.label_shape()
    if right:
        (columns,) = right
        return [(ROWS,), (ROWS, columns + 1), (ROWS, 1), (ROWS, columns, 1), (columns,)]
    return [(ROWS, 1), (ROWS, CLASSES), (), (1, ROWS)]


def test_labels_of_a_wrong_shape_are_refused_before_they_are_broadcast(
    output: OutputDistribution, parameters: tf.Tensor
) -> None:
    for shape in wrong_shapes(output):
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


def test_numbers_at_the_edge_give_a_finite_loss_with_a_finite_gradient(
    output: OutputDistribution, labels: tf.Tensor
) -> None:
    sharp = np.zeros((ROWS, output.width), np.float32)
    sharp[:, 0] = {"probs": 1, "rate": 0, "log_rate": -1e4}.get(output.parameterization, 1e4)
    if output.distribution_name == "ordered_logistic":
        sharp[:, 1:] = np.arange(output.width - 1)
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
    for output in outputs():
        config = output.get_config()
        with pytest.raises(ValueError, match="Received: parameterization='log_odds'"):
            type(output).from_config({**config, "parameterization": "log_odds"})
        with pytest.raises(ValueError, match="Received: labels='words'"):
            type(output).from_config({**config, "labels": "words"})


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("categorical", {"classes": 1}),
        ("ordered_logistic", {"classes": 1}),
        ("independent_bernoulli", {"classes": 0}),
        ("relaxed_one_hot_categorical", {"temperature": 0}),
        ("normal", {"scale": None}),
        ("normal", {"scale": 0}),
        ("normal", {"event_size": 0}),
        ("normal", {"label_std": 0.0}),
        ("normal", {"label_std": [1.0, -1.0], "event_size": 2}),
        ("student_t", {"label_mean": [1.0, 2.0]}),
        ("student_t", {"df": 2}),
    ],
)
def test_arguments_out_of_range_are_refused(name: str, wrong: dict[str, Any]) -> None:
    right = next(one for one in outputs() if one.distribution_name == name)
    with pytest.raises(ValueError, match="Received: "):
        OUTPUTS[name].from_config({**right.get_config(), **wrong})


def test_the_fisher_information_is_the_mean_square_of_the_gradient(
    output: OutputDistribution,
) -> None:
    """Over all classes where labels are one of them, over many drawn labels elsewhere."""
    numbers = numbers_of(output)
    received = np.asarray(output.fisher_information(tf.constant(numbers, tf.float32)), np.float64)
    assert received.shape == (ROWS, output.width, output.width)
    if isinstance(output, ClassOutput) and output.labels != "soft":
        expected = np.zeros_like(received)
        shares = class_probabilities(output, numbers)
        for one in range(output.classes):
            scores = gradients_of_log_prob(output, numbers, labels_of(output, np.full(ROWS, one)))
            expected += np.einsum("b,bi,bj->bij", shares[:, one], scores, scores)
        np.testing.assert_allclose(received, expected, rtol=1e-3, atol=1e-5)
        return
    draws, rows = 20_000, 4
    repeated = np.repeat(numbers[:rows], draws, axis=0)
    labels = output.distribution(tf.constant(repeated, tf.float32)).sample(seed=[3, 4])
    scores = gradients_of_log_prob(output, repeated, labels).reshape(rows, draws, -1)
    products = np.einsum("bni,bnj->bnij", scores, scores)
    error = products.std(axis=1) / draws**0.5
    distance = np.abs(received[:rows] - products.mean(axis=1))
    # What is left of a diagonal in float32 is not what its parts are known to.
    np.testing.assert_array_less(distance, 5 * error + 1e-4 * np.abs(received[:rows]) + 1e-5)


def gradients_of_log_prob(
    output: OutputDistribution, numbers: np.ndarray, labels: tf.Tensor
) -> np.ndarray:
    parameters = tf.constant(numbers, tf.float32)
    with tf.GradientTape() as tape:
        tape.watch(parameters)
        total = tf.reduce_sum(output.log_prob(parameters, labels))
    return np.asarray(tape.gradient(total, parameters), np.float64)


def test_keras_metrics_of_the_mean_are_the_score(output: OutputDistribution) -> None:
    """Accuracy as Keras chooses it for labels and predictions of these shapes; mean error of numbers."""
    parameters = tf.constant(numbers_of(output), tf.float32)
    labels, mean = labels_of(output, indices_of(output)), output.mean_label(parameters)
    assert mean.dtype == tf.float32
    if output.score_name == "mae":
        assert mean.shape == labels.shape
        metric = keras.metrics.MeanAbsoluteError()
    elif output.labels == "integer":
        metric = keras.metrics.SparseCategoricalAccuracy()
    elif output.labels in {"binary", "multi_hot"}:
        metric = keras.metrics.BinaryAccuracy()
    else:
        metric = keras.metrics.CategoricalAccuracy()
    expected = float(tf.reduce_mean(output.score(parameters, labels)))
    assert float(metric(labels, mean)) == pytest.approx(expected, rel=1e-6)
