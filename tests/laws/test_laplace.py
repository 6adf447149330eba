"""The Laplace approximation of the last layer: closed forms, and laplace-torch as an oracle."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import scipy.stats
import tensorflow as tf

from bnnc.cli.trained import tell_of_chosen_scales, warn_of_interruption
from bnnc.runtime.evidence import best_prior_scale, log_evidence
from bnnc.runtime.layers.dense import LaplaceDense
from bnnc.runtime.model import BayesianModel
from bnnc.runtime.noise import Draw, drawing
from bnnc.runtime.outputs.categorical import Categorical
from bnnc.runtime.outputs.normal import Normal
from bnnc.runtime.program import Program
from bnnc.runtime.runs.loading import load
from bnnc.runtime.training.fitting import fit_posteriors
from tests.laws.test_training import assert_same_bits
from tests.support.predictions import of_classes, of_numbers
from tests.support.tiny_program import CLASSES, arrays, program

# What `benchmarks/laplace_torch.py` wrote.
ORACLE = json.loads(Path(__file__).with_name("laplace_torch.json").read_text())["cases"]
DRAWS = 4000


class Case:
    """A last layer of the oracle's, fitted to its rows by ours."""

    def __init__(self, name: str) -> None:
        self.oracle = ORACLE[name]
        self.features = np.array(self.oracle["features"])
        kernel = np.array(self.oracle["kernel"])
        regression = self.oracle["likelihood"] == "regression"
        self.layer = LaplaceDense(
            kernel.shape[1],
            hessian="full" if self.oracle["hessian"] == "full" else "kronecker",
            prior_scale=self.oracle["precision"] ** -0.5,
            use_bias=self.oracle["bias"],
            seed=1,
        )
        self.layer.build((None, kernel.shape[0]))
        self.layer.kernel.assign(kernel)
        if self.oracle["bias"]:
            self.layer.bias.assign(self.oracle["bias_values"])
        self.output = (
            Normal(parameterization="loc", labels="real", event_size=2, scale=self.oracle["sigma"])
            if regression
            else Categorical(parameterization="logits", labels="integer", classes=kernel.shape[1])
        )
        read = tf.constant(self.features, tf.float32)
        fisher = self.output.fisher_information(self.layer.before_activation(read))
        sums = self.layer.information(read, fisher)
        self.information = {key: np.asarray(one, np.float64) for key, one in sums.items()}
        self.layer.fit_posterior(self.information)

    @property
    def eigenvalues(self) -> np.ndarray:
        """Of the whole Hessian."""
        if "whole" in self.information:
            return np.linalg.eigvalsh(self.information["whole"]).clip(0)
        inputs, outputs = (
            np.linalg.eigvalsh(self.information[one]).clip(0) for one in ("inputs", "outputs")
        )
        return np.outer(inputs, outputs) / self.information["rows"]

    @property
    def squared_norm(self) -> float:
        return float(sum(np.sum(np.square(one)) for one in self.layer.trainable_weights))

    @property
    def covariance(self) -> np.ndarray:
        """Of the weights, [inputs, units, inputs, units]."""
        units = self.layer.units
        if self.layer.hessian == "full":
            root = np.asarray(self.layer.covariance_root, np.float64)
        else:
            vectors = np.kron(self.layer.input_eigenvectors, self.layer.output_eigenvectors)
            root = vectors * np.ravel(self.layer.eigen_scales)
        return (root @ root.T).reshape(-1, units, root.shape[0] // units, units)


@pytest.fixture(params=sorted(ORACLE), scope="module")
def case(request: pytest.FixtureRequest) -> Case:
    return Case(request.param)


def test_the_covariance_of_the_outputs_is_that_of_laplace_torch(case: Case) -> None:
    read = case.features[:4]
    if case.layer.use_bias:
        read = np.pad(read, [(0, 0), (0, 1)], constant_values=1.0)
    received = np.einsum("bi,ikjl,bj->bkl", read, case.covariance, read)
    np.testing.assert_allclose(received, case.oracle["functional_covariance"], rtol=1e-4, atol=1e-6)


def test_the_draws_have_that_covariance(case: Case) -> None:
    read = tf.constant(case.features[:4], tf.float32)

    @tf.function
    def outputs(index: tf.Tensor) -> tf.Tensor:
        with drawing(Draw(tf.stack([5, index]), "weights")):
            return case.layer(read)

    drawn = np.asarray(tf.map_fn(outputs, tf.range(DRAWS), fn_output_signature=tf.float32))
    np.testing.assert_allclose(
        case.layer(read, training=True), case.oracle["functional_mean"], rtol=1e-5, atol=1e-5
    )
    around = drawn - np.array(case.oracle["functional_mean"])
    expected = np.array(case.oracle["functional_covariance"])
    spread = np.sqrt(np.einsum("bkk->bk", expected))
    assert (np.abs(around.mean(axis=0)) < 5 * spread / DRAWS**0.5).all()
    products = np.einsum("nbk,nbl->nbkl", around, around)
    error = products.std(axis=0) / DRAWS**0.5
    assert (np.abs(products.mean(axis=0) - expected) < 5 * error).all()


def test_the_evidence_is_that_of_laplace_torch(case: Case) -> None:
    likelihood = case.oracle["log_likelihood"]
    for precision, expected in (
        (case.oracle["precision"], case.oracle["log_marginal_likelihood"]),
        (case.oracle["best_precision"], case.oracle["best_log_marginal_likelihood"]),
    ):
        occam = log_evidence(case.eigenvalues, case.squared_norm, precision**-0.5)
        assert likelihood + occam == pytest.approx(expected, rel=1e-5)


def test_the_scale_with_the_most_evidence_is_that_of_laplace_torch(case: Case) -> None:
    best = best_prior_scale(case.eigenvalues, case.squared_norm)
    # The oracle's is what a gradient descent of 4,000 steps came to.
    assert best**-2 == pytest.approx(case.oracle["best_precision"], rel=1e-3)
    most = log_evidence(case.eigenvalues, case.squared_norm, best)
    for other in (0.98, 1.02):
        assert log_evidence(case.eigenvalues, case.squared_norm, other * best) < most


def fit(model: BayesianModel, batches: list[tuple[Any, Any]]) -> None:
    """Fit the posterior around the weights as they are."""
    rows = sum(len(images) for images, _ in batches)
    model.bind(rows=rows, batch_size=rows)
    fit_posteriors(model, [(tf.constant(one), tf.constant(other)) for one, other in batches])


LINEAR = [{"type": "flatten"}, {"type": "dense", "units": 1}]
REAL = {"distribution": "normal", "parameterization": "loc", "scale": 0.5, "labels": "real"}
PRIOR = 0.7


def regression(**bayesian: Any) -> Program:
    """A linear model of real numbers with normal noise of a given scale."""
    section = {"method": "laplace", "prior": {"scale": PRIOR}, **bayesian}
    shape = {"shape": [2, 2, 1], "value_range": [0, 1]}
    return program("laplace", input=shape, layers=LINEAR, output=REAL, bayesian=section)


def test_of_a_linear_model_with_normal_noise_it_is_the_exact_posterior() -> None:
    """Bayesian linear regression: its posterior, its prediction and its evidence."""
    generator = np.random.default_rng(2)
    images = generator.uniform(size=(25, 2, 2, 1)).astype(np.float32)
    labels = (images.sum(axis=(1, 2, 3)) + generator.normal(0, 0.5, 25)).astype(np.float32)
    read = np.pad(images.reshape(25, 4).astype(np.float64), [(0, 0), (0, 1)], constant_values=1.0)
    precision = read.T @ read / 0.5**2 + np.eye(5) / PRIOR**2
    mean = np.linalg.solve(precision, read.T @ labels / 0.5**2)
    made = regression(hessian="full")
    layer = made.model.layers[-1]
    layer.kernel.assign(mean[:4, np.newaxis])
    layer.bias.assign(mean[4:])
    fit(made.model, [(images, labels)])
    covariance = np.linalg.inv(precision)
    root = np.asarray(layer.covariance_root, np.float64)
    np.testing.assert_allclose(root @ root.T, covariance, rtol=1e-4, atol=1e-6)
    predicted = of_numbers(made.predict(images[:5], DRAWS))
    variances = np.einsum("bi,ij,bj->b", read[:5], covariance, read[:5])
    error = np.sqrt(variances / DRAWS)
    assert (np.abs(predicted.mean.ravel() - read[:5] @ mean) < 5 * error).all()
    error = np.sqrt(variances / (2 * DRAWS))
    assert (np.abs(predicted.epistemic_std.ravel() - np.sqrt(variances)) < 5 * error).all()
    eigenvalues = np.asarray(np.linalg.eigvalsh(read.T @ read / 0.5**2), np.float64)
    likelihood = scipy.stats.norm.logpdf(labels, read @ mean, 0.5).sum()
    of_labels = 0.5**2 * np.eye(25) + PRIOR**2 * read @ read.T
    expected = scipy.stats.multivariate_normal(np.zeros(25), of_labels).logpdf(labels)
    received = likelihood + log_evidence(eigenvalues, float(mean @ mean), PRIOR)
    assert received == pytest.approx(expected, rel=1e-9)


def test_of_one_output_the_kronecker_factors_are_the_whole_hessian() -> None:
    """Where all rows have one curvature, the product of the sums is the sum of the products."""
    images = np.random.default_rng(3).uniform(size=(9, 2, 2, 1)).astype(np.float32)
    roots = []
    for hessian in ("full", "kronecker"):
        made = regression(hessian=hessian)
        fit(made.model, [(images, np.zeros(9, np.float32))])
        with drawing(Draw(tf.constant([3, 4]), "weights")):
            roots.append(np.asarray(made.model(images)))
    np.testing.assert_allclose(roots[0], roots[1], rtol=1e-4)


def bayesian(**fields: Any) -> dict[str, Any]:
    return {"method": "laplace", "prior": {"scale": "learned"}, **fields}


def test_the_training_is_that_of_the_deterministic_twin_and_its_mode_predicts_the_same() -> None:
    made, twin = program("laplace", bayesian=bayesian()), program("none")
    histories = [one.fit(*arrays(40)) for one in (made, twin)]
    assert histories[0].history["loss"] == histories[1].history["loss"]
    ours, theirs = (one.model.trainable_variables for one in (made, twin))
    for one, other in zip(ours, theirs, strict=True):
        np.testing.assert_array_equal(np.array(one), np.array(other))
    images = tf.constant(arrays(5)[0])
    np.testing.assert_array_equal(made.model(images, training=True), twin.model(images))


def test_more_rows_leave_less_to_disagree_on() -> None:
    made = program("laplace", bayesian=bayesian(hessian="full", prior={"scale": 1.0}))
    fit(made.model, [arrays(20)])
    before = of_classes(made.predict(arrays(30, seed=2)[0], 200)).mutual_information
    fit(made.model, [arrays(20)] * 20)
    after = of_classes(made.predict(arrays(30, seed=2)[0], 200)).mutual_information
    assert (after < 0.5 * before).all()


def test_the_weight_of_a_class_counts_in_the_hessian_as_in_the_loss() -> None:
    weighted = program(
        "laplace",
        bayesian=bayesian(hessian="full", prior={"scale": 1.0}),
        loss={"type": "negative_log_likelihood", "class_weight": [3.0] * CLASSES},
    )
    plain = program("laplace", bayesian=bayesian(hessian="full", prior={"scale": 1.0}))
    fit(weighted.model, [arrays(10)])
    fit(plain.model, [arrays(10)] * 3)
    one, other = (each.model.layers[-1].covariance_root for each in (weighted, plain))
    np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-6)


def test_an_activation_of_the_last_layer_is_seen_through() -> None:
    """The softmax in the layer and that of the distribution are one posterior of one network."""
    heads: dict[str, dict[str, Any]] = {"logits": {}, "probs": {"activation": "softmax"}}
    roots = []
    for parameterization, head in heads.items():
        layers = [{"type": "flatten"}, {"type": "dense", "units": CLASSES, **head}]
        output = {
            "distribution": "categorical",
            "parameterization": parameterization,
            "classes": CLASSES,
            "labels": "integer",
        }
        section = bayesian(hessian="full", prior={"scale": 1.0})
        made = program("laplace", layers=layers, output=output, bayesian=section)
        fit(made.model, [arrays(12)])
        roots.append(made.model.layers[-1].covariance_root)
    one, other = roots
    np.testing.assert_allclose(one, other, rtol=1e-3, atol=1e-5)


def test_what_the_distribution_learns_once_stands_behind_the_last_layer() -> None:
    """Cutpoints are appended to the location: the posterior is of the location alone."""
    made = program(
        "laplace",
        layers=LINEAR,
        output={"distribution": "ordered_logistic", "parameterization": "loc", "classes": 3}
        | {"labels": "integer"},
        bayesian=bayesian(hessian="full", prior={"scale": 1.0}),
    )
    images, labels = arrays(12)
    fit(made.model, [(images, labels)])
    parameters = made.model(images, training=True)
    fisher = made.model.objective.output.fisher_information(parameters)[:, 0, 0]
    read = np.pad(images.reshape(12, -1) / 16, [(0, 0), (0, 1)], constant_values=1.0)
    precision = np.einsum("bi,b,bj->ij", read, fisher, read) + np.eye(37)
    root = np.asarray(made.model.get_layer("dense").covariance_root, np.float64)
    np.testing.assert_allclose(root @ root.T, np.linalg.inv(precision), rtol=1e-3, atol=1e-5)


def test_a_posterior_is_of_its_own_weights_alone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """It is there when a training ends, gone while the next one is under way, and saved."""
    made = program("laplace", bayesian=bayesian())
    made.fit(*arrays(20), epochs=1)
    layer = made.model.layers[-1]
    assert float(tf.reduce_max(layer.eigen_scales)) > 0
    made.save(tmp_path / "saved")
    loaded = load(tmp_path / "saved")
    assert_same_bits(made, loaded)
    images = arrays(5)[0]
    np.testing.assert_array_equal(
        of_classes(loaded.predict(images, 8)).probs, of_classes(made.predict(images, 8)).probs
    )
    warn_of_interruption(made, tmp_path)
    assert capsys.readouterr().err == ""
    tell_of_chosen_scales(made)
    assert f"a prior of scale {layer.chosen_prior_scale:.4g} has" in capsys.readouterr().err
    made.train_step(*arrays(8))
    warn_of_interruption(made, tmp_path)
    assert (
        "its posterior is fitted at the end: the weights alone are used" in capsys.readouterr().err
    )
    assert float(tf.reduce_max(layer.eigen_scales)) == 0
    assert (of_classes(made.predict(images, 8)).mutual_information < 1e-6).all()


def test_keras_own_fit_ends_with_the_posterior_of_the_rows_that_it_trained_on() -> None:
    made = program("laplace", bayesian=bayesian())
    images, labels = arrays(20)
    made.model.fit(images, labels, validation_split=0.25, verbose=0)
    scales = np.array(made.model.layers[-1].eigen_scales)
    assert (scales > 0).all()
    fit(made.model, [(images[:15], labels[:15])])
    np.testing.assert_allclose(made.model.layers[-1].eigen_scales, scales, rtol=1e-4)


@pytest.mark.parametrize("arguments", [{"hessian": "diagonal"}, {"prior_scale": 0.0}])
def test_an_argument_out_of_range_is_refused(arguments: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="Received: "):
        LaplaceDense(3, **arguments)
