"""Measure the predictions of a run on some rows."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import tensorflow as tf
from scipy.optimize import linear_sum_assignment
from scipy.special import logsumexp
from scipy.stats import entropy, norm, poisson

from bnnc.runtime.calibration.calibrators import fit_temperature, log_probabilities, mean_nll
from bnnc.runtime.diagnosis.evidence import Scores
from bnnc.runtime.model import BayesianModel
from bnnc.runtime.outputs.independent_bernoulli import IndependentBernoulli
from bnnc.runtime.outputs.number import NumberOutput
from bnnc.runtime.outputs.output import ClassOutput, OutputDistribution
from bnnc.runtime.outputs.poisson import Poisson
from bnnc.runtime.prediction.draws import WeightDraws
from bnnc.runtime.prediction.ensemble_prediction import EnsembleDraws
from bnnc.runtime.prediction.metrics import classification_metrics
from bnnc.runtime.prediction.prediction import Prediction, entropy_of
from bnnc.runtime.training.batches import ArrayBatches, Batches, Stream
from bnnc.runtime.training.statistics import class_counts

Array = npt.NDArray[Any]

_RESAMPLINGS = 50
# At least so many draws are made, so that those of the spec can be judged by them.
_LEAST_DRAWS = 16


def scores(
    draws: WeightDraws | EnsembleDraws,
    images: Array,
    labels: Array,
    *,
    samples: int,
    seed: int | None,
    factors: Array | None = None,
) -> Scores | None:
    """Predict rows, and compare the prediction with their labels; None if it is not finite.

    Shapes: images [rows, ...], labels as the spec encodes them [rows, ...].

    Args:
        draws: the model's weight draws.
        samples: number of draws.
        seed: seed of the draws.
        factors: what the training multiplied the frequency of each class by.
    """
    output, asked = draws.output, draws.draws(samples)
    samples = max(samples, _LEAST_DRAWS)
    log_probs: list[Array] = []
    class_probs: list[Array] = []
    for part, parameters in draws.parameters(images, samples, seed):
        count, rows, width = parameters.shape
        flat = tf.reshape(parameters, (count * rows, width))
        encoded = tf.convert_to_tensor(labels[part])
        repeated = tf.tile(encoded, [count] + [1] * (encoded.shape.rank - 1))
        log_probs.append(tf.reshape(output.log_prob(flat, repeated), (count, rows)).numpy())
        if isinstance(output, ClassOutput):
            probs = output.class_probabilities(flat)
            class_probs.append(tf.reshape(probs, (count, rows, -1)).numpy())
    each = np.concatenate(log_probs, axis=1).astype(np.float64)  # [draws, rows]
    if not np.isfinite(each).all():
        return None
    found = _likelihood(each, asked)
    if not class_probs:
        chance = _nll_of_guessing_numbers(output, np.asarray(labels, np.float64))
        of_numbers = isinstance(output, NumberOutput)
        return Scores(**found, chance_nll=chance, is_of_numbers=of_numbers)
    probs = np.concatenate(class_probs, axis=1)
    assert isinstance(output, ClassOutput)
    indices = output.class_indices(tf.convert_to_tensor(labels)).numpy()
    return Scores(**found, **_classes(probs, indices, factors))


def nll_of_guessing(model: BayesianModel, rows: Batches) -> float | None:
    """The NLL of predicting each row by the frequencies of the classes; None if it is unknown."""
    output = model.objective.output
    if not isinstance(output, ClassOutput) or isinstance(rows, Stream):
        return None
    counts = np.array(class_counts(output, rows.labels))
    if rows.classes is not None:
        return float(np.log(np.count_nonzero(counts)))  # an epoch has as many of each
    return _nll_of_guessing_classes(counts, class_factors(model, rows))


def class_factors(model: BayesianModel, rows: Batches) -> Array | None:
    """What the training multiplies the frequency of each class by; None where it does not."""
    if isinstance(rows, ArrayBatches) and rows.classes is not None:
        return 1 / np.maximum(class_counts(model.objective.output, rows.labels), 1)
    weights = model.objective.class_weights
    return None if weights is None else np.array(weights)


def _nll_of_guessing_classes(counts: Array, factors: Array | None) -> float:
    """The NLL of the constant prediction that a training with such factors comes to."""
    weighted = counts if factors is None else counts * factors
    return float(entropy(counts) + entropy(counts, weighted))


def _nll_of_guessing_numbers(output: OutputDistribution, labels: Array) -> float | None:
    """The NLL under a distribution that is fitted to all labels, sums over the numbers of a row.

    Shapes: labels [rows] or [rows, numbers].
    """
    columns = labels.reshape(len(labels), -1)
    mean = columns.mean(axis=0)
    if isinstance(output, IndependentBernoulli):
        return float(np.sum(entropy(np.stack([mean, 1 - mean]))))
    if isinstance(output, Poisson):
        return -float(np.sum(poisson.logpmf(columns, np.maximum(mean, 1e-12)).mean(axis=0)))
    if isinstance(output, NumberOutput):
        return float(np.sum(norm.entropy(scale=np.maximum(columns.std(axis=0), 1e-6))))
    return None


def _likelihood(each: Array, asked: int) -> dict[str, Any]:
    """Means and standard errors of the log-likelihood [draws, rows]."""
    draws, rows = each.shape
    mixture = logsumexp(each, axis=0) - np.log(draws)
    generator = np.random.default_rng(0)
    means = [
        -np.mean(logsumexp(each[generator.integers(0, draws, asked)], axis=0) - np.log(asked))
        for _ in range(_RESAMPLINGS if draws > 1 else 1)
    ]
    return {
        "rows": rows,
        "draws": asked,
        "nll_at_draws": float(np.mean(means)),
        "nll_error_of_draws": float(np.std(means)),
        "nll": -float(np.mean(mixture)),
        "nll_of_one_draw": -float(np.mean(each)),
        "nll_error_of_rows": float(np.std(mixture)) / max(rows, 1) ** 0.5,
    }


def _classes(probs: Array, labels: Array, factors: Array | None) -> dict[str, Any]:
    """What is known of class probabilities [draws, rows, classes] and class indices [rows]."""
    mixture = probs.mean(axis=0, dtype=np.float64)
    classes = mixture.shape[-1]
    total, expected = entropy_of(mixture), entropy_of(probs).mean(axis=0)
    prediction = Prediction(
        probs=mixture.astype(np.float32),
        entropy=total,
        expected_entropy=expected,
        mutual_information=np.maximum(total - expected, 0),
        samples=len(probs),
    )
    metrics = classification_metrics(prediction, labels)
    likeliest = mixture.argmax(axis=-1)
    counts = np.bincount(labels, minlength=classes)
    temperature = fit_temperature(log_probabilities(mixture), labels)
    confusion = np.zeros((classes, classes))
    np.add.at(confusion, (labels, likeliest), 1)
    renamed = confusion[linear_sum_assignment(-confusion)].sum() / len(labels)
    return {
        "chance_nll": _nll_of_guessing_classes(counts, factors),
        "accuracy": metrics["accuracy"],
        "chance_accuracy": metrics["baseline_accuracy"],
        "ece": metrics["ece"],
        "confidence": float(mixture.max(axis=-1).mean()),
        "temperature": temperature.temperature,
        "nll_at_temperature": mean_nll(temperature(mixture), labels),
        "mutual_information": metrics["mutual_information"],
        "disagreement": float(np.mean(probs.argmax(axis=-1) != likeliest)),
        "predicted": tuple(np.bincount(likeliest, minlength=classes).tolist()),
        "labels": tuple(counts.tolist()),
        "reordered_accuracy": float(renamed),
    }
