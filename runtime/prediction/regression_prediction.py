"""Predict numbers over weight draws, and evaluate them."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import tensorflow as tf
import tensorflow_probability as tfp

from bnnc.errors import ArgumentError
from bnnc.runtime.display import decimals, first_rows, image_table
from bnnc.runtime.outputs.number import NumberOutput
from bnnc.runtime.prediction.draws import Draws, mixture_log_prob
from bnnc.runtime.prediction.mixtures import crps, moments, quantile
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

    References: Depeweg et al. 2018, arXiv:1710.07283.
    """

    mean: Array
    std: Array
    aleatoric_std: Array
    epistemic_std: Array
    quantiles: Array
    samples: int

    def _table(self) -> Table:
        low, high = self.interval(0.9)
        values = (self.mean, self.std, self.aleatoric_std, self.epistemic_std)
        rows = first_rows(*map(decimals, (*values, low, high)))
        columns = ("image", "mean", "std", "aleatoric", "epistemic", "lower 90 %", "upper 90 %")
        return image_table("NumberPrediction", self.samples, len(self.mean), columns, rows)

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

    def evaluate(
        self,
        images: npt.NDArray[np.generic],
        labels: npt.NDArray[np.generic],
        samples: int,
        seed: int | None,
    ) -> dict[str, float]:
        """Metrics of the mixture against labels encoded as the spec says.

        Returns:
            nll: mean of minus the log-density of an image's label under the mixture, in nats.
            rmse, mae: root mean squared and mean absolute error of the mean.
            crps: mean continuous ranked probability score, in the label's units.
            coverage_50, coverage_90, coverage_95: share of the labels inside the central interval
                with that share of the mass, its ends included.
            aleatoric_std, epistemic_std: roots of the mean variances.
        """
        draws = self._draws.checked_samples(images, samples)
        rows = np.asarray(labels, np.float64).reshape(len(labels), self._output.columns)
        encoded = tf.constant(np.asarray(labels, np.float32))
        parts, log_probs, scores = [], [], []
        for part, parameters, each in self._mixtures(images, samples, seed):
            parts.append(self._summary(each))
            log_probs.append(mixture_log_prob(self._output, parameters, encoded[part]).numpy())
            scores.append(crps(each, tf.constant(rows[part])).numpy())
        prediction = self._prediction(parts, draws)
        labels = rows.reshape(prediction.mean.shape)
        error = prediction.mean.astype(np.float64) - labels
        return {
            "nll": -float(np.mean(np.concatenate(log_probs), dtype=np.float64)),
            "rmse": float(np.sqrt(np.mean(error**2))),
            "mae": float(np.mean(np.abs(error))),
            "crps": float(np.mean(np.concatenate(scores))),
            **{
                f"coverage_{share * 100:.0f}": _coverage(*prediction.interval(share), labels)
                for share in INTERVALS
            },
            "aleatoric_std": _root_mean_square(prediction.aleatoric_std),
            "epistemic_std": _root_mean_square(prediction.epistemic_std),
        }

    def _mixtures(
        self, images: npt.NDArray[np.generic], samples: int, seed: int | None
    ) -> Iterator[tuple[slice, tf.Tensor, tfp.distributions.Distribution]]:
        """ArrayBatches, parameters and marginal distributions [draws, rows, columns] of each chunk."""
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


def _coverage(low: Array, high: Array, labels: npt.NDArray[np.float64]) -> float:
    return float(np.mean((low <= labels) & (labels <= high)))


def _root_mean_square(values: Array) -> float:
    return float(np.sqrt(np.mean(values.astype(np.float64) ** 2)))
