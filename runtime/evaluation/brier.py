"""The decomposition of the Brier score."""

import numpy as np
import numpy.typing as npt

from bnnc.runtime.evaluation.bootstrap import Array


class BrierDecomposition:
    """Reliability, resolution and uncertainty, over groups of rows with the same likeliest class.

    The groups are those of `tfp.stats.brier_decomposition`. Its resolution is wrong in TFP 0.25: it
    compares the frequencies of all labels in group k with that of label k. The Brier score is
    reliability - resolution + uncertainty, up to the covariance of probabilities and labels within
    a group.

    Args:
        probs: probabilities. Shape [rows, classes].
        labels: class indices. Shape [rows].

    References: Murphy 1973; Broecker 2009.
    """

    def __init__(self, probs: npt.NDArray[np.floating], labels: npt.NDArray[np.integer]) -> None:
        probs = np.asarray(probs, np.float64)
        one_hot = np.zeros_like(probs)
        one_hot[np.arange(len(labels)), labels] = 1
        likeliest = probs.argmax(axis=-1)
        squared = np.sum(probs**2, axis=-1, keepdims=True)
        self._classes = probs.shape[-1]
        self._groups = []
        for group in np.unique(likeliest):
            rows = np.flatnonzero(likeliest == group)
            features = np.concatenate([one_hot[rows], probs[rows], squared[rows]], axis=1)
            self._groups.append((rows, features.T.copy()))

    def __call__(self, weights: Array) -> dict[str, Array]:
        """The parts. Shapes: weights [rows, resamples] -> [resamples] each.

        Returns:
            brier_reliability: mean squared distance of the probabilities from the frequencies of
                the labels in the row's group; lower is better.
            brier_resolution: mean squared distance of these frequencies from those of all labels;
                higher is better.
            brier_uncertainty: the Brier score of giving the frequencies of all labels; it is of
                the data alone.
        """
        classes, total = self._classes, weights.sum(axis=0)
        frequencies = np.zeros((classes, weights.shape[1]))
        within = np.zeros(weights.shape[1])
        reliability = np.zeros(weights.shape[1])
        for rows, features in self._groups:
            sums = features @ weights[rows]
            labels, probs, squared = sums[:classes], sums[classes:-1], sums[-1]
            size = labels.sum(axis=0)
            observed = np.divide(labels, size, out=np.zeros_like(labels), where=size > 0)
            frequencies += labels
            own = np.sum(labels * observed, axis=0)  # size times the squared frequencies
            within += own
            reliability += squared - 2 * np.sum(probs * observed, axis=0) + own
        overall = np.sum((frequencies / total) ** 2, axis=0)
        return {
            "brier_reliability": reliability / total,
            "brier_resolution": within / total - overall,
            "brier_uncertainty": 1 - overall,
        }
