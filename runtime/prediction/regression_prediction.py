"""Predict numbers over weight draws, and evaluate them."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import tensorflow as tf
import tensorflow_probability as tfp

from bnnc.errors import ArgumentError
from bnnc.runtime.display import decimals, first_rows, image_table
from bnnc.runtime.outputs.number import NumberOutput
from bnnc.runtime.prediction.draws import Draws, mixture_log_prob
from bnnc.runtime.prediction.mixtures import cdf, crps, moments, quantile
from bnnc.system.table import Shown, Table

Array = npt.NDArray[np.float32]

# The central intervals that a prediction gives, by the share of the mass inside.
INTERVALS = (0.5, 0.9, 0.95)
LEVELS = tuple(sorted({0.5, *((1 + sign * share) / 2 for share in INTERVALS for sign in (-1, 1))}))


@dataclass(frozen=True, eq=False, repr=False)
class NumberPrediction(Shown):
    """Prediction of numbers: a mixture of one distribution for each weight draw.

    Shapes: [images], or [images, event_size] where an image has several numbers.

    Attributes:
        mean: mean of the mixture.
        std: standard deviation of the mixture; std² = aleatoric_std² + epistemic_std².
        aleatoric_std: root of the mean variance of the draws: what no more data would take away.
        epistemic_std: standard deviation of the draws' means: what they disagree on; 0 for a
            deterministic model.
        quantiles: of the mixture, at each of `bnnc.runtime.prediction.regression_prediction.LEVELS`; one axis
            before the others.
        samples: number of weight draws.
        draws: mean of each draw, if they were asked for; the axis of the draws before the others.
        conformal_interval: lower and upper ends of the intervals with a guaranteed coverage, where
            the program has them; the axis of the two before the others.
        calibration: what that interval is fitted to, in words; None without one.

    References: Depeweg et al. 2018, arXiv:1710.07283.
    """

    mean: Array
    std: Array
    aleatoric_std: Array
    epistemic_std: Array
    quantiles: Array
    samples: int
    draws: Array | None = None
    conformal_interval: Array | None = None
    calibration: str | None = None

    def _table(self) -> Table:
        values = [self.mean, self.std, self.aleatoric_std, self.epistemic_std, *self.interval(0.9)]
        columns = ["image", "mean", "std", "aleatoric", "epistemic", "lower 90 %", "upper 90 %"]
        if self.conformal_interval is not None:
            values += self.conformal_interval
            columns += ["conformal lower", "conformal upper"]
        rows = first_rows(*map(decimals, values))
        made = image_table("NumberPrediction", self.samples, len(self.mean), tuple(columns), rows)
        return made if self.calibration is None else made.with_line(self.calibration)

    @property
    def median(self) -> Array:
        """Median of the mixture."""
        return self.quantile(0.5)

    def quantile(self, level: float) -> Array:
        """The quantile at one of `LEVELS`. Raises: ArgumentError for another level."""
        near = [index for index, one in enumerate(LEVELS) if abs(one - level) < 1e-9]
        if not near:
            raise ArgumentError(f"Expected one of the levels {LEVELS}. Received: level={level}")
        found: Array = self.quantiles[near[0]]
        return found

    def interval(self, share: float = 0.9) -> tuple[Array, Array]:
        """Lower and upper end of the central interval with a share of the mass, of `INTERVALS`."""
        return self.quantile((1 - share) / 2), self.quantile((1 + share) / 2)


@dataclass(frozen=True, eq=False)
class NumberScores:
    """A prediction of numbers, and what each label is under it.

    Attributes:
        prediction: the prediction.
        labels: the labels. Shape [images, columns].
        log_probs: log-density of each image's label, in nats. Shape [images].
        crps: continuous ranked probability scores, in the label's units. Shape [images, columns].
        below, at_most: probability of less than the label, and of at most the label; the same where
            the numbers are real. Shape [images, columns].
    """

    prediction: NumberPrediction
    labels: npt.NDArray[np.float64]
    log_probs: npt.NDArray[np.floating]
    crps: npt.NDArray[np.float64]
    below: npt.NDArray[np.float64]
    at_most: npt.NDArray[np.float64]


class NumberPredictor:
    """Mixes the distributions that a model of numbers gives over draws of its weights."""

    def __init__(self, draws: Draws) -> None:
        self._draws = draws
        output = draws.output
        if not isinstance(output, NumberOutput):
            raise TypeError(
                f"Expected a model of numbers. Received: one of {type(output).__name__}"
            )
        self._output = output

    @property
    def weight_draws(self) -> Draws:
        """The draws that it predicts with."""
        return self._draws

    def draws(self, samples: int) -> int:
        """How many of so many draws differ."""
        return self._draws.draws(samples)

    def predict(
        self, images: npt.NDArray[np.generic], samples: int, seed: int | None
    ) -> NumberPrediction:
        """Predict images of raw values. Shapes: [images, height, width, channels] -> [images, ...].

        Raises: ArgumentError for images of another shape than the model's, samples < 1, or a seed
            out of range.
        """
        draws = self._draws.checked_samples(images, samples)
        parts = [self._summary(each) for _, _, each in self._mixtures(images, samples, seed)]
        return self._prediction(parts, draws)

    def score(
        self,
        images: npt.NDArray[np.generic],
        labels: npt.NDArray[np.generic],
        samples: int,
        seed: int | None,
    ) -> list[NumberScores]:
        """Predict images, and score labels encoded as the spec says under the predictions.

        Returns: the scores of the mixture over all draws, and after them those of each member of an
            ensemble by itself.
        """
        draws = self._draws.checked_samples(images, samples)
        members = [slice(draws), *self._draws.of_members(samples)]
        rows = np.asarray(labels, np.float64).reshape(len(labels), self._output.columns)
        encoded = tf.constant(np.asarray(labels, np.float32))
        parts: list[list[Any]] = [[] for _ in members]
        for part, parameters in self._draws.parameters(images, samples, seed):
            for place, member in enumerate(members):
                own = parameters[member]
                each = self._output.marginals(tf.cast(own, tf.float64))
                truth = tf.constant(rows[part])
                scores = (
                    mixture_log_prob(self._output, own, encoded[part]),
                    crps(each, truth),
                    # Of whole numbers the distribution function jumps at the label.
                    cdf(each, truth - 1 if self._output.discrete else truth),
                    cdf(each, truth),
                )
                parts[place].append((self._summary(each), [one.numpy() for one in scores]))
        made = []
        for member, of_member in zip(members, parts, strict=True):
            count = len(range(draws)[member])
            prediction = self._prediction([summary for summary, _ in of_member], count)
            columns = zip(*(scores for _, scores in of_member), strict=True)
            made.append(NumberScores(prediction, rows, *map(np.concatenate, columns)))
        return made

    def _mixtures(
        self, images: npt.NDArray[np.generic], samples: int, seed: int | None
    ) -> Iterator[tuple[slice, tf.Tensor, tfp.distributions.Distribution]]:
        """Rows, parameters and marginal distributions [draws, rows, columns] of each chunk."""
        for part, parameters in self._draws.parameters(images, samples, seed):
            yield part, parameters, self._output.marginals(tf.cast(parameters, tf.float64))

    def _summary(self, each: tfp.distributions.Distribution) -> list[npt.NDArray[np.float64]]:
        discrete = self._output.discrete
        mean, within, between = moments(each)
        spreads = [tf.sqrt(variance) for variance in (within + between, within, between)]
        quantiles = [quantile(each, level, discrete=discrete) for level in LEVELS]
        return [one.numpy() for one in (mean, *spreads, tf.stack(quantiles))]

    def _prediction(
        self, parts: list[list[npt.NDArray[np.float64]]], draws: int
    ) -> NumberPrediction:
        columns = self._output.columns
        if not parts:
            empty = np.zeros((0, columns))
            parts = [[empty, empty, empty, empty, np.zeros((len(LEVELS), 0, columns))]]
        whole = [np.concatenate(place, axis=-2) for place in zip(*parts, strict=True)]
        mean, std, within, between, quantiles = (
            (one[..., 0] if columns == 1 else one).astype(np.float32) for one in whole
        )
        return NumberPrediction(mean, std, within, between, quantiles, draws)
