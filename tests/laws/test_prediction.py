"""Prediction: a mean over weight draws, and what the draws disagree on."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from bnnc.runtime.model import BayesianModel
from bnnc.runtime.noise import Draw, drawing
from bnnc.runtime.prediction.prediction import Prediction, Predictor
from bnnc.specs.methods import METHODS, NAMES
from tests.support.predictions import of_classes
from tests.support.tiny_program import CLASSES, SHAPE, arrays, document, program, shared_program

DRAWS = 250
WEIGHT_DRAWS = ("flipout", "reparameterization")


@pytest.fixture(scope="module")
def images() -> np.ndarray:
    return arrays(12, seed=4)[0]


@pytest.fixture(params=NAMES, scope="module")
def prediction(request: pytest.FixtureRequest, images: np.ndarray) -> Prediction:
    predicted = shared_program(request.param).predict(images, 16)
    assert isinstance(predicted, Prediction)
    return predicted


def loop_over_weight_draws(model: BayesianModel, images: np.ndarray) -> np.ndarray:
    """Class probabilities by plain Keras layers whose kernels are drawn from each posterior."""
    twin = keras.Sequential([keras.Input(SHAPE)])
    for layer in model.layers[1:]:
        plain = getattr(keras.layers, type(layer).__name__.removeprefix("Variational"))
        known = set(plain(**_required(layer)).get_config())
        config = {key: one for key, one in layer.get_config().items() if key in known}
        twin.add(plain.from_config(config))
    call = tf.function(twin)
    generator = np.random.default_rng(11)
    probs = []
    for _ in range(DRAWS):
        for layer, copy in zip(model.layers[1:], twin.layers, strict=True):
            if hasattr(layer, "kernel_posterior"):
                posterior = layer.kernel_posterior
                noise = generator.normal(size=posterior.batch_shape)
                copy.kernel.assign(posterior.mean() + posterior.stddev() * noise.astype(np.float32))
                copy.bias.assign(layer.bias)
                if layer.bayesian_bias:
                    noise = generator.normal(size=layer.bias.shape).astype(np.float32)
                    copy.bias.assign_add(layer.bias_scale * noise)
        logits = np.asarray(call(images), np.float64)
        exponentials = np.exp(logits - logits.max(axis=-1, keepdims=True))
        probs.append(exponentials / exponentials.sum(axis=-1, keepdims=True))
    return np.stack(probs)


def _required(layer: Any) -> dict[str, Any]:
    wanted = {"filters", "kernel_size", "units", "scale"}
    return {key: one for key, one in layer.get_config().items() if key in wanted}


# Local reparameterization of a convolution keeps its own noise; of a dense layer it does not.
@pytest.mark.parametrize("method", WEIGHT_DRAWS)
def test_the_mean_is_that_of_a_plain_loop_over_weight_draws(
    method: str, images: np.ndarray
) -> None:
    assert_equals_the_loop(shared_program(method).model, images)


def test_local_reparameterization_of_a_dense_layer_predicts_with_weight_draws(
    images: np.ndarray,
) -> None:
    layers = [{"type": "flatten"}, {"type": "dense", "units": CLASSES}]
    assert_equals_the_loop(program("local_reparameterization", layers=layers).model, images)


def test_a_bias_with_a_posterior_is_drawn_with_the_kernel(images: np.ndarray) -> None:
    bayesian = {"method": "flipout", "bias": True, "posterior": {"initial_scale": 0.001}}
    model = program("flipout", bayesian=bayesian).model
    for layer in model.layers:
        if hasattr(layer, "bias_unconstrained_scale"):  # nearly all of the noise is its
            layer.bias_unconstrained_scale.assign(tf.ones_like(layer.bias_unconstrained_scale))
    assert_equals_the_loop(model, images)


def assert_equals_the_loop(model: BayesianModel, images: np.ndarray) -> None:
    """Mean and expected entropy, within five standard errors of two means of DRAWS draws each."""
    draws = loop_over_weight_draws(model, images)
    received = Predictor(model).predict(images, DRAWS, seed=0)
    error = np.sqrt(2 * draws.var(axis=0) / DRAWS)
    assert (error > 1e-4).all()  # the draws differ
    assert (np.abs(received.probs - draws.mean(axis=0)) < 5 * error).all()
    entropies = -(draws * np.log(draws)).sum(axis=-1)
    error = np.sqrt(2 * entropies.var(axis=0) / DRAWS)
    assert (np.abs(received.expected_entropy - entropies.mean(axis=0)) < 5 * error).all()


@pytest.mark.parametrize("method", NAMES)
def test_the_same_seed_gives_the_same_bits(method: str, images: np.ndarray) -> None:
    made = shared_program(method)
    first = of_classes(made.predict(images, 8, seed=5))
    second = Predictor(made.model).predict(images, 8, seed=5)
    np.testing.assert_array_equal(first.probs, second.probs)
    np.testing.assert_array_equal(first.mutual_information, second.mutual_information)
    if METHODS[method].has_noise:
        other = of_classes(made.predict(images, 8, seed=6))
        assert not np.array_equal(first.probs, other.probs)


@pytest.mark.parametrize("method", [*WEIGHT_DRAWS, "mc_dropout"])
def test_the_draws_are_the_same_whatever_the_chunk(method: str, images: np.ndarray) -> None:
    predictor = Predictor(shared_program(method).model)
    whole = predictor.predict(images, 8, seed=5)
    for rows in (1, 5, 7):
        predictor._chunk = rows
        chunked = predictor.predict(images, 8, seed=5)
        # Vector instructions take the numbers in groups, and what is left over one by one: the last
        # bit of a logarithm depends on its place in the batch. Other draws differ by a thousandth.
        np.testing.assert_allclose(whole.probs, chunked.probs, atol=1e-6)
        np.testing.assert_allclose(whole.expected_entropy, chunked.expected_entropy, atol=1e-6)


def test_more_samples_begin_with_the_same_draws(images: np.ndarray) -> None:
    predictor = Predictor(shared_program("flipout").model)
    one, two = (predictor.predict(images, samples, seed=5) for samples in (1, 2))
    second = 2 * two.probs - one.probs
    assert (second > -1e-6).all()
    assert not np.allclose(second, one.probs)


def test_entropies_are_within_their_bounds(prediction: Prediction) -> None:
    np.testing.assert_allclose(prediction.probs.sum(axis=-1), 1, rtol=1e-5)
    assert (prediction.expected_entropy >= 0).all()
    assert (prediction.entropy <= np.log(CLASSES) + 1e-6).all()
    assert (prediction.mutual_information >= 0).all()
    # Jensen's inequality, up to the rounding of a sum of 16 float32.
    assert (prediction.expected_entropy <= prediction.entropy + 1e-5).all()


def test_entropy_is_that_of_the_mean(prediction: Prediction) -> None:
    probs = prediction.probs.astype(np.float64)
    expected = -(probs * np.log(probs)).sum(axis=-1)
    np.testing.assert_allclose(prediction.entropy, expected, rtol=1e-5)


def test_mutual_information_is_entropy_less_expected_entropy(prediction: Prediction) -> None:
    difference = prediction.entropy - prediction.expected_entropy
    np.testing.assert_array_equal(prediction.mutual_information, np.maximum(difference, 0))


def test_label_and_confidence_are_those_of_the_mean(prediction: Prediction) -> None:
    np.testing.assert_array_equal(prediction.label, prediction.probs.argmax(axis=-1))
    np.testing.assert_array_equal(prediction.confidence, prediction.probs.max(axis=-1))


def test_a_deterministic_model_knows_no_mutual_information(images: np.ndarray) -> None:
    made = shared_program("none")
    prediction = of_classes(made.predict(images, 16))
    assert prediction.samples == 1
    assert (prediction.mutual_information == 0).all()
    logits = np.asarray(made.model(images), np.float64)
    expected = np.exp(logits) / np.exp(logits).sum(axis=-1, keepdims=True)
    np.testing.assert_allclose(prediction.probs, expected, rtol=1e-5)


# The members of a mixture disagree without any.
@pytest.mark.parametrize("method", [one for one in NAMES if METHODS[one].posterior_of_kernel])
def test_weights_without_noise_know_no_mutual_information(method: str, images: np.ndarray) -> None:
    bayesian = {"method": method, "posterior": {"initial_scale": 2e-6}}
    prediction = of_classes(program(method, bayesian=bayesian).predict(images, 16))
    assert (prediction.mutual_information < 1e-5).all()


def test_the_members_of_a_batch_ensemble_are_averaged_each_once(images: np.ndarray) -> None:
    made = program("batch_ensemble", bayesian={"method": "batch_ensemble", "members": 3})
    single = []
    for member in range(3):
        with drawing(Draw(tf.constant([0, member]), "weights")):
            single.append(tf.nn.softmax(made.model(images)))
    for samples, expected in ((2, single[:2]), (3, single), (32, single)):
        prediction = of_classes(made.predict(images, samples))
        assert prediction.samples == len(expected)
        np.testing.assert_allclose(prediction.probs, np.mean(expected, axis=0), rtol=1e-5)


@pytest.mark.parametrize(
    "method", [one for one in NAMES if METHODS[one].has_noise or METHODS[one].has_members]
)
def test_weights_with_noise_have_mutual_information(method: str, images: np.ndarray) -> None:
    assert (of_classes(shared_program(method).predict(images, 16)).mutual_information > 1e-4).all()


def test_what_stands_before_the_first_stochastic_layer_runs_once() -> None:
    """The convolution is outside of the loop over draws, the Bayesian head inside."""
    model = program("flipout", bayesian={"method": "flipout", "layers": "last"}).model
    predictor = Predictor(model)
    graph = predictor._predict_chunk.traced.graph
    loops = [one for one in graph.get_operations() if one.type in {"While", "StatelessWhile"}]
    assert len(loops) == 1
    bodies = [graph._get_function(loops[0].get_attr("body").name).cached_definition]
    in_loop = [node.op for body in bodies for node in body.node_def]
    outside = [one.type for one in graph.get_operations()]
    assert "Conv2D" not in in_loop
    assert outside.count("Conv2D") == 1
    assert in_loop.count("MatMul") == 1


@pytest.mark.parametrize("samples", [0, -1])
def test_no_samples_are_refused(samples: int, images: np.ndarray) -> None:
    with pytest.raises(ValueError, match=f"Received: samples={samples}"):
        shared_program("flipout").predict(images, samples)


def test_images_of_another_shape_are_refused() -> None:
    predictor = Predictor(shared_program("flipout").model)
    for shape in ((2, 6, 6), (2, 5, 6, 1), (6, 6, 1)):
        with pytest.raises(ValueError, match="Expected images of shape"):
            predictor.predict(np.zeros(shape, np.float32), 2, seed=0)


def test_no_images_have_no_predictions() -> None:
    prediction = Predictor(shared_program("flipout").model).predict(
        np.zeros((0, *SHAPE), np.float32), 2, seed=0
    )
    assert prediction.probs.shape == (0, CLASSES)
    assert prediction.mutual_information.shape == (0,)


_PEAKS = """
import json, resource, sys, warnings
warnings.simplefilter("ignore")
import numpy as np
import bnnc
document = json.loads(sys.argv[1])
program = bnnc.compile(document)
images = np.random.default_rng(0).uniform(0, 16, (256, *document["input"]["shape"]))
for samples in (32, 512):
    program.predict(images, samples)
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


def test_memory_does_not_grow_with_the_samples() -> None:
    """The maps of one draw take 1.6 MB here: those of 480 more would double the process."""
    layers = [
        {"type": "conv2d", "filters": 16, "kernel_size": 3},
        {"type": "global_average_pooling2d"},
        {"type": "dense", "units": CLASSES},
    ]
    large = document("flipout", layers=layers, input={"shape": [12, 12, 1]})
    ended = subprocess.run(
        [sys.executable, "-c", _PEAKS, json.dumps(large)],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=True,
    )
    few, many = (int(line) for line in ended.stdout.split())
    assert many / few < 1.1
