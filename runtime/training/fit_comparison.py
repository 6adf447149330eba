"""Compare the log-likelihood of rows before and after a posterior is fitted."""

import warnings
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from bnnc.runtime.noise import Draw, drawing

# As many rows as give a mean difference to a hundredth of a nat, without a second pass.
MOST_ROWS = 2048
DRAWS = 32
# A rise of the negative log-likelihood by the fit, in nats a row, from which it is warned of.
# `benchmarks/laplace_fit.md`: networks that were stopped early or decayed have a few hundredths,
# those trained to zero loss 0.2 to 0.5.
LARGEST_RISE = 0.1

Batch = tuple[tf.Tensor, tf.Tensor]


class FitWarning(UserWarning):
    """A posterior whose predictions are worse than those of the weights that it is fitted around."""


@dataclass(frozen=True)
class FitComparison:
    """The likelihood of rows under the weights alone, and averaged over draws of the posterior.

    Attributes:
        rows: number of rows compared.
        held_out: whether these are validation rows; otherwise they are rows trained on.
        nll_before: mean negative log-likelihood of the weights alone, nats a row.
        nll_after: that of the mean likelihood of `DRAWS` weight draws, nats a row.
    """

    rows: int
    held_out: bool
    nll_before: float
    nll_after: float

    @property
    def is_worse(self) -> bool:
        """Whether the fit has made the predictions so much worse that something is wrong."""
        return not self.nll_after - self.nll_before <= LARGEST_RISE

    def __str__(self) -> str:
        kind = "held-out" if self.held_out else "training"
        return (
            f"the NLL of {self.rows:,} {kind} rows is {self.nll_before:.3f} with the trained "
            f"weights alone, and {self.nll_after:.3f} with the posterior fitted around them"
        )


def warn_of_worse(comparison: FitComparison, layers: Sequence[Any]) -> None:
    """Warn of a fit that made the predictions much worse, with the layers' own advice.

    A layer whose training has its posterior in mind, as a Gaussian process has, gives none.
    """
    if not comparison.is_worse:
        return
    for layer in layers:
        advice = getattr(layer, "advice_on_worse_fit", None)
        if advice is not None:
            warnings.warn(
                f"`{layer.name}`: the posterior makes the predictions worse: {comparison}. {advice}",
                FitWarning,
                stacklevel=2,
            )


class FirstRows:
    """The batches that pass through, of which the first rows are kept."""

    def __init__(self, batches: Iterable[Batch]) -> None:
        self._batches = batches
        self.kept: list[Batch] = []

    def __iter__(self) -> Iterator[Batch]:
        rows = 0
        for images, labels in self._batches:
            if rows < MOST_ROWS:
                self.kept.append((images[: MOST_ROWS - rows], labels[: MOST_ROWS - rows]))
                rows += len(images)
            yield images, labels


def first_rows(batches: Iterable[Batch]) -> list[Batch]:
    """The first rows of the batches, not more than are compared."""
    kept = FirstRows(batches)
    for _ in kept:
        if sum(len(images) for images, _ in kept.kept) >= MOST_ROWS:
            break
    return kept.kept


def negative_log_likelihoods(
    model: Any, batches: Iterable[Batch], draws: int
) -> npt.NDArray[np.float64]:
    """Negative log-likelihood of the mean likelihood over weight draws, nats. Shape [rows].

    Args:
        model: a `BayesianModel`.
        batches: images and labels.
        draws: weight draws, at least 1.
    """
    score = _score(model)
    rows = []
    for images, labels in batches:
        images = tf.cast(images, tf.float32)
        of_draws = [np.asarray(score(images, labels, tf.constant(one))) for one in range(draws)]
        likelihoods = -np.stack(of_draws).astype(np.float64)
        rows.append(np.log(draws) - np.logaddexp.reduce(likelihoods, axis=0))
    return np.concatenate(rows)


def _score(model: Any) -> tf.types.experimental.PolymorphicFunction:
    @tf.function(reduce_retracing=True, autograph=False)
    def score(images: tf.Tensor, labels: tf.Tensor, draw: tf.Tensor) -> tf.Tensor:
        key = tf.stack([tf.constant(model.seed), draw])
        with drawing(Draw(key=key, kind="weights")):
            parameters = tf.cast(model(images, training=False), tf.float32)
        losses = model.objective.example_losses(parameters, labels)
        return model.objective.negative_log_likelihoods(parameters, labels, losses)

    return score
