"""Calibrators against their laws, and against scikit-learn."""

from typing import get_args

import numpy as np
import numpy.typing as npt
import pytest
from scipy.optimize import approx_fprime
from scipy.special import log_softmax, softmax
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.calibration import CalibratedClassifierCV
from sklearn.frozen import FrozenEstimator

from bnnc.runtime.calibration.calibrators import (
    TEMPERATURE_PRIOR,
    TEMPERATURES,
    Dirichlet,
    Temperature,
    Vector,
    fit_calibrator,
    fit_temperature,
    log_probabilities,
    mean_nll,
    read_calibrator,
)
from bnnc.specs.calibration import CalibrationMethod

METHODS: tuple[CalibrationMethod, ...] = get_args(CalibrationMethod)
Array = npt.NDArray[np.float64]
Labels = npt.NDArray[np.int64]


def drawn(probs: Array, seed: int = 0) -> Labels:
    """A label of each row, drawn from its probabilities."""
    random = np.random.default_rng(seed)
    return np.asarray((probs.cumsum(axis=-1) < random.random((len(probs), 1))).sum(axis=-1))


def overconfident(
    rows: int = 400, classes: int = 5, truth: float = 2.0, seed: int = 0
) -> tuple[Array, Labels]:
    """Probabilities of a model, and labels that are drawn at another temperature."""
    logits = 3 * np.random.default_rng(seed).standard_normal((rows, classes))
    return softmax(logits, axis=-1), drawn(softmax(logits / truth, axis=-1), seed + 1)


@pytest.mark.parametrize("truth", [0.5, 1.0, 2.0])
def test_the_temperature_is_that_which_the_labels_were_drawn_at(truth: float) -> None:
    probs, labels = overconfident(20_000, truth=truth)
    found = fit_calibrator("temperature", probs, labels)
    assert isinstance(found, Temperature)
    assert found.standard_error is not None
    assert abs(found.temperature - truth) < 5 * found.standard_error
    at_truth = Temperature(truth)(probs)
    assert mean_nll(found(probs), labels) <= mean_nll(at_truth, labels)


def test_the_standard_error_is_the_spread_of_the_temperature_over_labels() -> None:
    logits = 2 * np.random.default_rng(0).standard_normal((500, 4))
    probs = softmax(logits, axis=-1)
    found = [fit_temperature(log_probabilities(probs), drawn(probs, seed)) for seed in range(300)]
    spread = np.std([one.temperature for one in found])
    stated = float(np.mean([one.standard_error for one in found if one.standard_error]))
    # The standard error of a standard deviation of 300 draws is 1 / sqrt(600) of it.
    assert abs(spread / stated - 1) < 5 / np.sqrt(600)


@pytest.mark.parametrize("temperature", [0.3, 1.0, 3.0])
def test_a_temperature_keeps_the_order_of_the_classes(temperature: float) -> None:
    probs, _ = overconfident()
    scaled = Temperature(temperature)(probs)
    np.testing.assert_array_equal(probs.argsort(axis=-1), scaled.argsort(axis=-1))


@pytest.mark.parametrize("rows", [20, 400])
@pytest.mark.parametrize("prior", [0.3, np.inf])
def test_the_temperature_is_a_stationary_point_of_the_penalised_nll(
    rows: int, prior: float
) -> None:
    probs, labels = overconfident(rows)
    found = fit_temperature(log_probabilities(probs), labels, prior=prior)
    if prior == TEMPERATURE_PRIOR:
        assert found == fit_calibrator("temperature", probs, labels)

    def loss(temperature: Array) -> float:
        nll = mean_nll(Temperature(float(temperature[0]))(probs), labels)
        return nll + float(np.log(temperature[0]) ** 2 / (2 * prior**2 * rows))

    assert abs(approx_fprime([found.temperature], loss)[0]) < 1e-6
    near = [found.temperature * factor for factor in (0.99, 1.01)]
    assert all(loss(np.array([one])) > loss(np.array([found.temperature])) for one in near)


def test_rows_that_are_all_predicted_right_leave_a_temperature_near_the_prior() -> None:
    probs = softmax(3 * np.random.default_rng(0).standard_normal((50, 5)), axis=-1)
    right = probs.argmax(axis=-1)
    assert fit_temperature(log_probabilities(probs), right).temperature == TEMPERATURES[0]
    found = fit_calibrator("temperature", probs, right)
    assert isinstance(found, Temperature)
    grid = np.linspace(-1.5, 1.5, 30_001)
    loss = [
        50 * mean_nll(Temperature(float(np.exp(one)))(probs), right) + one**2 / (2 * 0.3**2)
        for one in grid
    ]
    assert abs(np.log(found.temperature) - grid[int(np.argmin(loss))]) <= 1e-4
    assert 0.3 < found.temperature < 1


@pytest.mark.parametrize("method", ["vector", "dirichlet"])
def test_factors_and_biases_are_a_stationary_point_of_the_penalised_nll(
    method: CalibrationMethod,
) -> None:
    probs, labels = overconfident(200, classes=3)
    found = fit_calibrator(method, probs, labels)
    assert isinstance(found, Vector | Dirichlet)
    logits = log_probabilities(probs)
    start = 1 / fit_temperature(logits, labels, prior=TEMPERATURE_PRIOR).temperature
    center = start * (np.ones(3) if method == "vector" else np.eye(3))
    rows = np.arange(200)

    def loss(flat: Array) -> float:
        weights, bias = flat[:-3].reshape(center.shape), flat[-3:]
        outputs = logits * weights if method == "vector" else logits @ weights.T
        nll = -log_softmax(outputs + bias, axis=-1)[rows, labels].mean()
        # A normal prior around temperature scaling, of this standard deviation.
        prior = {"vector": 0.3, "dirichlet": 0.1}[method]
        penalty = np.sum((weights - center) ** 2) + np.sum(bias**2)
        return float(nll + penalty / (2 * prior**2 * 200))

    at = np.concatenate([found.weights.ravel(), found.bias])
    # Central differences: their error is of the order of the square of the step.
    steps = 1e-5 * np.eye(len(at))
    slopes = [(loss(at + step) - loss(at - step)) / 2e-5 for step in steps]
    np.testing.assert_allclose(slopes, 0, atol=1e-6)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("classes", [2, 5])
def test_the_nll_of_the_fitted_rows_does_not_rise(classes: int, seed: int) -> None:
    probs, labels = overconfident(60, classes, seed=seed)
    nll = [
        mean_nll(fit_calibrator(one, probs, labels)(probs), labels)
        for one in ("temperature", "vector", "dirichlet")
    ]
    assert nll[0] <= mean_nll(probs, labels) + 1e-12
    # Vector and Dirichlet scaling hold temperature scaling, where their penalty is 0.
    assert max(nll[1:]) <= nll[0] + 1e-12


def test_vector_and_dirichlet_scaling_contain_temperature_scaling() -> None:
    probs, _ = overconfident()
    wanted = Temperature(1.7)(probs)
    vector = Vector(np.full(5, 1 / 1.7), np.zeros(5))
    dirichlet = Dirichlet(np.eye(5) / 1.7, np.full(5, 3.0))  # an equal bias changes nothing
    np.testing.assert_allclose(vector(probs), wanted, rtol=1e-12)
    np.testing.assert_allclose(dirichlet(probs), wanted, rtol=1e-12)


def test_a_dirichlet_calibrator_finds_the_map_that_the_labels_were_drawn_from() -> None:
    probs, _ = overconfident(20_000, classes=3)
    truth = Dirichlet(np.eye(3) + 0.05, np.array([0.3, 0.0, -0.3]))
    labels = drawn(truth(probs))
    found = fit_calibrator("dirichlet", probs, labels)
    # Twelve parameters: the NLL is lower than that of the truth by about 12 / 2 / rows.
    gain = mean_nll(truth(probs), labels) - mean_nll(found(probs), labels)
    assert -5e-4 < gain < 5e-3
    assert mean_nll(probs, labels) - mean_nll(found(probs), labels) > 0.01


@pytest.mark.parametrize("method", METHODS)
def test_calibrated_probabilities_are_probabilities(method: CalibrationMethod) -> None:
    probs, labels = overconfident()
    made = fit_calibrator(method, probs, labels)(softmax(9 * log_probabilities(probs), axis=-1))
    assert made.min() >= 0
    np.testing.assert_allclose(made.sum(axis=-1), 1, rtol=1e-12)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("right", [True, False])
def test_labels_that_are_all_right_or_all_wrong_are_fitted(
    method: CalibrationMethod, right: bool
) -> None:
    probs, _ = overconfident(60)
    labels = probs.argmax(axis=-1) if right else probs.argmin(axis=-1)
    made = fit_calibrator(method, probs, labels)
    assert np.isfinite(made(probs)).all()
    if isinstance(made, Temperature):
        assert (made.temperature < 1) == right


@pytest.mark.parametrize("method", METHODS)
def test_parameters_bring_back_the_same_probabilities(method: CalibrationMethod) -> None:
    probs, labels = overconfident()
    made = fit_calibrator(method, probs, labels)
    np.testing.assert_array_equal(read_calibrator(method, made.parameters())(probs), made(probs))


class Given(ClassifierMixin, BaseEstimator):
    """A classifier of scikit-learn whose features are its probabilities."""

    def fit(self, probs: Array, labels: Labels) -> "Given":
        """Note the classes."""
        self.classes_, self.n_features_in_ = np.arange(probs.shape[1]), probs.shape[1]
        return self

    def predict_proba(self, probs: Array) -> Array:
        """The features."""
        return probs

    def predict(self, probs: Array) -> Labels:
        """The likeliest class."""
        return np.asarray(probs.argmax(axis=-1))


@pytest.mark.parametrize("classes", [2, 5])
@pytest.mark.parametrize("method", ["isotonic", "temperature"])
def test_probabilities_are_those_of_scikit_learn(method: CalibrationMethod, classes: int) -> None:
    probs, labels = overconfident(classes=classes)
    others, _ = overconfident(classes=classes, seed=7)
    model = FrozenEstimator(Given().fit(probs, labels))
    wanted = CalibratedClassifierCV(model, method=method).fit(probs, labels).predict_proba(others)
    made = fit_calibrator(method, probs, labels)
    if method == "temperature":  # it has no prior there
        made = fit_temperature(log_probabilities(probs), labels)
    found = made(others)
    # Its temperature is searched for with a tolerance of 1e-3 or so.
    tolerance = 1e-12 if method == "isotonic" else 2e-3
    np.testing.assert_allclose(found, wanted, atol=tolerance)
