"""Maps of class probabilities that are fitted to the labels of held-out rows.

Each takes the mean probabilities of all weight draws. Their logarithms are the logits: of a single
draw, the model's own less a constant of each row, which no softmax sees.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Final, Protocol

import numpy as np
import numpy.typing as npt
from scipy.optimize import brentq, minimize
from scipy.special import log_softmax, softmax
from sklearn.isotonic import IsotonicRegression

from bnnc.runtime.outputs.output import SMALLEST_PROBABILITY
from bnnc.specs.calibration import CalibrationMethod

Array = npt.NDArray[np.float64]
Labels = npt.NDArray[np.integer]

# The temperature is searched for between these: labels that are all right have none that is best.
TEMPERATURES: Final = (0.05, 20.0)
# Standard deviations of normal priors: of log T around 0, and of the factors and biases of `vector`
# and `dirichlet` around temperature scaling. Without them, the best temperature of rows that are all
# predicted right is 0, and the factors of rows that a hyperplane divides are infinite. Measured in
# `benchmarks/calibration.md`, on training rows.
TEMPERATURE_PRIOR: Final = 0.3
VECTOR_PRIOR: Final = 0.3
DIRICHLET_PRIOR: Final = 0.1


class Calibrator(Protocol):
    """A fitted map of probabilities."""

    method: ClassVar[CalibrationMethod]

    def __call__(self, probs: npt.NDArray[np.floating]) -> Array:
        """Calibrated probabilities. Shapes: [rows, classes] -> [rows, classes]."""

    def parameters(self) -> dict[str, Any]:
        """What was fitted, as numbers and lists for JSON."""


@dataclass(frozen=True)
class Temperature:
    """softmax(log p / T).

    Attributes:
        temperature: T, in [0.05, 20].
        standard_error: of T, by the curvature of the NLL; None at an end of the range.

    References: Guo et al. 2017, arXiv:1706.04599.
    """

    method: ClassVar[CalibrationMethod] = "temperature"
    temperature: float
    standard_error: float | None = None

    def __call__(self, probs: npt.NDArray[np.floating]) -> Array:
        """Calibrated probabilities, in the order of the given ones."""
        return np.asarray(softmax(log_probabilities(probs) / self.temperature, axis=-1))

    def parameters(self) -> dict[str, Any]:
        """The temperature, and its standard error where it has one."""
        made = {"temperature": self.temperature}
        return made if self.standard_error is None else made | {"error": self.standard_error}


@dataclass(frozen=True, eq=False)
class Vector:
    """softmax(w * log p + b), a factor and a bias for each class.

    References: Guo et al. 2017, arXiv:1706.04599, section 4.2.
    """

    method: ClassVar[CalibrationMethod] = "vector"
    weights: Array
    bias: Array

    def __call__(self, probs: npt.NDArray[np.floating]) -> Array:
        """Calibrated probabilities."""
        return np.asarray(softmax(log_probabilities(probs) * self.weights + self.bias, axis=-1))

    def parameters(self) -> dict[str, Any]:
        """Factors and biases."""
        return {"weights": self.weights.tolist(), "bias": self.bias.tolist()}


@dataclass(frozen=True, eq=False)
class Dirichlet:
    """softmax(W log p + b), a matrix and a bias.

    References: Kull et al. 2019, arXiv:1910.12656.
    """

    method: ClassVar[CalibrationMethod] = "dirichlet"
    weights: Array
    bias: Array

    def __call__(self, probs: npt.NDArray[np.floating]) -> Array:
        """Calibrated probabilities."""
        return np.asarray(softmax(log_probabilities(probs) @ self.weights.T + self.bias, axis=-1))

    def parameters(self) -> dict[str, Any]:
        """Matrix, a row for each class, and biases."""
        return {"weights": self.weights.tolist(), "bias": self.bias.tolist()}


@dataclass(frozen=True, eq=False)
class Isotonic:
    """An increasing function of each class's probability, normalised over the classes.

    Attributes:
        probs, shares: of each class, probabilities and the shares that they are mapped to, linear
            between them; of two classes, those of the second alone.

    References: Zadrozny and Elkan 2002, Transforming Classifier Scores into Accurate Multiclass
        Probability Estimates.
    """

    method: ClassVar[CalibrationMethod] = "isotonic"
    probs: tuple[Array, ...]
    shares: tuple[Array, ...]

    def __call__(self, probs: npt.NDArray[np.floating]) -> Array:
        """Calibrated probabilities; equal ones for a row whose classes are all mapped to 0."""
        given = np.asarray(probs, np.float64)
        classes = given.shape[-1]
        first = classes - len(self.probs)
        columns = [
            np.interp(given[:, first + place], x, y)
            for place, (x, y) in enumerate(zip(self.probs, self.shares, strict=True))
        ]
        made = np.stack([1 - columns[0], *columns] if first else columns, axis=-1)
        total = made.sum(axis=-1, keepdims=True)
        equal = np.full_like(made, 1 / classes)
        return np.asarray(np.divide(made, total, out=equal, where=total > 0))

    def parameters(self) -> dict[str, Any]:
        """Probabilities and shares of each class."""
        return {
            "probs": [one.tolist() for one in self.probs],
            "shares": [one.tolist() for one in self.shares],
        }


def log_probabilities(probs: npt.NDArray[np.floating]) -> Array:
    """Logarithms of probabilities that are kept away from 0."""
    return np.log(np.clip(np.asarray(probs, np.float64), SMALLEST_PROBABILITY, 1))


def mean_nll(probs: npt.NDArray[np.floating], labels: Labels) -> float:
    """Mean negative log-likelihood in nats. Shapes: [rows, classes], class indices [rows]."""
    return -float(np.mean(log_probabilities(probs)[np.arange(len(labels)), labels]))


def fit_calibrator(
    method: CalibrationMethod, probs: npt.NDArray[np.floating], labels: Labels
) -> Calibrator:
    """The calibrator with the lowest NLL on these rows, under its prior; of `isotonic`, the lowest
    squared error.

    Shapes: mean probabilities of all weight draws [rows, classes], class indices [rows].
    """
    return _FITS[method](np.asarray(probs, np.float64), np.asarray(labels))


def fit_temperature(logits: Array, labels: Labels, *, prior: float = math.inf) -> Temperature:
    """The temperature of logits with the lowest NLL under a prior. Shapes: [rows, classes], [rows].

    The NLL is convex in b = 1 / T, and its derivative the mean of E[logit] less the label's logit.

    Args:
        logits: of each row and class.
        labels: class indices.
        prior: standard deviation of log T around 0; infinite for the maximum of the likelihood.
    """
    rows = len(labels)
    of_label = logits[np.arange(rows), labels]

    def slope(inverse: float) -> float:
        probs = softmax(inverse * logits, axis=-1)
        of_prior = math.log(inverse) / (inverse * prior**2 * rows)
        return float(np.mean((probs * logits).sum(axis=-1) - of_label)) + of_prior

    low, high = 1 / TEMPERATURES[1], 1 / TEMPERATURES[0]
    if slope(low) >= 0:
        return Temperature(TEMPERATURES[1])
    if slope(high) <= 0:
        return Temperature(TEMPERATURES[0])
    inverse = float(brentq(slope, low, high, xtol=1e-13, rtol=1e-13))
    probs = softmax(inverse * logits, axis=-1)
    mean = (probs * logits).sum(axis=-1)
    information = float(np.sum((probs * logits**2).sum(axis=-1) - mean**2))
    # Where the prior is normal in log T, it adds as much at the mode, but for the slope there.
    information += 1 / (inverse * prior) ** 2
    return Temperature(1 / inverse, inverse**-2 * information**-0.5)


def _temperature_under_prior(logits: Array, labels: Labels) -> Temperature:
    return fit_temperature(logits, labels, prior=TEMPERATURE_PRIOR)


def _fit_temperature(probs: Array, labels: Labels) -> Temperature:
    return _temperature_under_prior(log_probabilities(probs), labels)


def _fit_vector(probs: Array, labels: Labels) -> Vector:
    logits = log_probabilities(probs)
    start = 1 / _temperature_under_prior(logits, labels).temperature
    classes = logits.shape[-1]

    def outputs(changes: Array) -> Array:
        made: Array = logits * (start + changes[0]) + changes[1]
        return made

    def gradient(errors: Array) -> Array:
        return np.stack([(errors * logits).mean(axis=0), errors.mean(axis=0)])

    factors, bias = _minimum(outputs, gradient, (2, classes), labels, VECTOR_PRIOR)
    return Vector(start + factors, bias)


def _fit_dirichlet(probs: Array, labels: Labels) -> Dirichlet:
    logits = log_probabilities(probs)
    start = 1 / _temperature_under_prior(logits, labels).temperature
    classes = logits.shape[-1]
    matrix = start * np.eye(classes)

    def outputs(changes: Array) -> Array:
        made: Array = logits @ (matrix + changes[:-1]).T + changes[-1]
        return made

    def gradient(errors: Array) -> Array:
        return np.concatenate([errors.T @ logits / len(labels), errors.mean(axis=0)[np.newaxis]])

    changes = _minimum(outputs, gradient, (classes + 1, classes), labels, DIRICHLET_PRIOR)
    return Dirichlet(matrix + changes[:-1], changes[-1])


def _minimum(
    outputs: Callable[[Array], Array],
    gradient: Callable[[Array], Array],
    shape: tuple[int, int],
    labels: Labels,
    prior: float,
) -> Array:
    """The changes with the lowest NLL under their prior; at no change, it is temperature scaling.

    Args:
        outputs: changes to logits [rows, classes], linear.
        gradient: derivatives of the rows' loss by the logits [rows, classes] to those of the mean
            loss by the changes.
        shape: of the changes.
        labels: class indices. Shape [rows].
        prior: standard deviation of the changes around 0.
    """
    rows = np.arange(len(labels))
    precision = 1 / (len(labels) * prior**2)

    def loss(flat: Array) -> tuple[float, Array]:
        changes = flat.reshape(shape)
        log_probs = log_softmax(outputs(changes), axis=-1)
        errors = np.exp(log_probs)
        errors[rows, labels] -= 1
        nll = -log_probs[rows, labels].mean() + precision / 2 * np.sum(flat**2)
        return float(nll), (gradient(errors) + precision * changes).ravel()

    options = {"maxiter": 10_000, "maxfun": 100_000, "gtol": 1e-9, "ftol": 0.0}
    found = minimize(loss, np.zeros(shape).ravel(), jac=True, method="L-BFGS-B", options=options)
    return np.asarray(found.x, np.float64).reshape(shape)


def _fit_isotonic(probs: Array, labels: Labels) -> Isotonic:
    classes = probs.shape[-1]
    x, y = [], []
    for place in range(1 if classes == 2 else 0, classes):
        one = IsotonicRegression(y_min=0, y_max=1, out_of_bounds="clip")
        one.fit(probs[:, place], labels == place)
        x.append(np.asarray(one.X_thresholds_, np.float64))
        y.append(np.asarray(one.y_thresholds_, np.float64))
    return Isotonic(tuple(x), tuple(y))


_FITS: Mapping[CalibrationMethod, Callable[[Array, Labels], Calibrator]] = {
    "temperature": _fit_temperature,
    "vector": _fit_vector,
    "dirichlet": _fit_dirichlet,
    "isotonic": _fit_isotonic,
}


def read_calibrator(method: str, parameters: Mapping[str, Any]) -> Calibrator:
    """The calibrator that `parameters` was called on."""
    match method:
        case "temperature":
            return Temperature(parameters["temperature"], parameters.get("error"))
        case "vector":
            return Vector(*_arrays([parameters["weights"], parameters["bias"]]))
        case "dirichlet":
            return Dirichlet(*_arrays([parameters["weights"], parameters["bias"]]))
    return Isotonic(_arrays(parameters["probs"]), _arrays(parameters["shares"]))


def _arrays(lists: Sequence[Any]) -> tuple[Array, ...]:
    return tuple(np.asarray(one, np.float64) for one in lists)
