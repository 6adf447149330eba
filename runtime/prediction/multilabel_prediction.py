"""Predict several binary labels over weight draws, and evaluate them."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from bnnc.runtime.display import decimals, first_rows, image_table, listed_names
from bnnc.runtime.outputs.independent_bernoulli import IndependentBernoulli
from bnnc.runtime.prediction.draws import Draws, mixture_log_prob
from bnnc.system.table import Shown, Table

Array = npt.NDArray[np.float32]


@dataclass(frozen=True, eq=False, repr=False)
class LabelSetPrediction(Shown):
    """Prediction of a binary label for each class, over all weight draws.

    Shapes: [images, classes].

    Attributes:
        probs: probability of a yes, the mean over the draws.
        entropy: entropy of each yes or no under `probs`, in nats: the whole uncertainty.
        expected_entropy: mean entropy of the single draws, in nats (aleatoric).
        mutual_information: `entropy` less `expected_entropy`, in nats (epistemic).
        samples: number of weight draws.
        class_names: names of the classes by index, where the data trained on has them.
        draws: probabilities of each draw, if they were asked for. Shape [draws, images, classes].
    """

    probs: Array
    entropy: Array
    expected_entropy: Array
    mutual_information: Array
    samples: int
    class_names: tuple[str, ...] | None = None
    draws: Array | None = None

    def _table(self) -> Table:
        names = self.class_names or tuple(map(str, range(self.probs.shape[1])))
        rows = first_rows(
            (listed_names([names[place] for place in np.flatnonzero(one)]) for one in self.labels),
            *(
                decimals(values.sum(axis=1), ".4f")
                for values in (self.entropy, self.mutual_information)
            ),
        )
        columns = ("image", "labels", "entropy", "mutual information")
        return image_table("LabelSetPrediction", self.samples, len(self.probs), columns, rows, 2)

    @property
    def labels(self) -> npt.NDArray[np.int64]:
        """1 for the classes that are likelier than not, 0 for the others."""
        return np.asarray(self.probs > 0.5, dtype=np.int64)


class LabelSetPredictor:
    """Averages the probabilities of a model's single classes over draws of its weights."""

    def __init__(self, draws: Draws) -> None:
        self._draws = draws
        output = draws.output
        if not isinstance(output, IndependentBernoulli):
            raise TypeError(
                f"Expected a model of label sets. Received: one of {type(output).__name__}"
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
    ) -> LabelSetPrediction:
        """Predict images of raw values: [images, height, width, channels] -> [images, classes].

        Raises: ValueError for images of another shape than the model's, samples < 1, or a seed
            out of range.
        """
        draws = self._draws.checked_samples(images, samples)
        parts = [self._average(each) for _, each in self._draws.parameters(images, samples, seed)]
        return self._prediction(parts, draws)

    def score(
        self,
        images: npt.NDArray[np.generic],
        labels: npt.NDArray[np.generic],
        samples: int,
        seed: int | None,
    ) -> list[tuple[LabelSetPrediction, Array]]:
        """Predict images, and score rows of 0 and 1 under the predictions.

        Returns: the prediction of the mixture over all draws with the log-probability of each
            image's whole row, in nats, [images]; after it those of each member of an ensemble.
        """
        draws = self._draws.checked_samples(images, samples)
        members = [slice(draws), *self._draws.of_members(samples)]
        encoded = tf.constant(np.asarray(labels, np.float32))
        parts: list[list[Any]] = [[] for _ in members]
        for part, parameters in self._draws.parameters(images, samples, seed):
            for place, member in enumerate(members):
                own = parameters[member]
                log_probs = mixture_log_prob(self._output, own, encoded[part]).numpy()
                parts[place].append((self._average(own), log_probs))
        return [
            (
                self._prediction([one for one, _ in of_member], len(range(draws)[member])),
                np.concatenate([log_probs for _, log_probs in of_member]),
            )
            for member, of_member in zip(members, parts, strict=True)
        ]

    def _average(self, parameters: tf.Tensor) -> tuple[Array, Array]:
        """Probabilities and entropies, each the mean over the draws."""
        yes = self._output.label_probabilities(parameters)
        probs = tf.reduce_mean(yes, axis=0).numpy()
        return probs, tf.reduce_mean(_entropy(yes), axis=0).numpy()

    def _prediction(self, parts: list[tuple[Array, Array]], draws: int) -> LabelSetPrediction:
        none = np.zeros((0, self._output.classes), np.float32)
        probs = np.concatenate([none, *(one for one, _ in parts)])
        expected = np.concatenate([none, *(one for _, one in parts)])
        entropy = _entropy(tf.constant(probs)).numpy()
        if draws == 1:
            expected = entropy
        information = np.maximum(entropy - expected, 0.0)  # rounding may make it negative
        return LabelSetPrediction(probs, entropy, expected, information, draws)


def _entropy(yes: tf.Tensor) -> tf.Tensor:
    """Entropy of a yes or no, in nats."""
    return -tf.math.xlogy(yes, yes) - tf.math.xlog1py(1 - yes, -yes)
