"""Predict several binary labels over weight draws, and evaluate them."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import tensorflow as tf
from sklearn.metrics import average_precision_score, roc_auc_score

from bnnc.runtime.display import decimals, first_rows, image_table, listed_names
from bnnc.runtime.outputs.independent_bernoulli import IndependentBernoulli
from bnnc.runtime.prediction.draws import Draws, mixture_log_prob
from bnnc.runtime.prediction.metrics import CALIBRATION_BINS, balanced_accuracy
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
    """

    probs: Array
    entropy: Array
    expected_entropy: Array
    mutual_information: Array
    samples: int
    class_names: tuple[str, ...] | None = None

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

    def evaluate(
        self,
        images: npt.NDArray[np.generic],
        labels: npt.NDArray[np.generic],
        samples: int,
        seed: int | None,
    ) -> dict[str, float]:
        """Metrics of the prediction against rows of 0 and 1.

        Returns:
            subset_accuracy: share of the images of which every class is said right.
            binary_accuracy: share of all single answers that are right.
            baseline_binary_accuracy: `binary_accuracy` of giving each class its commoner answer.
            balanced_accuracy: mean of the shares of the yes and of the no that are right;
            auroc, average_precision: area under the ROC curve, and mean precision over its recalls.
                All three are averaged over the classes that have both answers (macro), and left out
                where no class has.
            nll: mean of minus the log-probability of an image's whole row, in nats.
            ece: expected calibration error of the probability of a yes, over all classes and 15
                bins of equal width.
            entropy, mutual_information: means over images and classes, in nats.
        """
        draws = self._draws.checked_samples(images, samples)
        encoded = tf.constant(np.asarray(labels, np.float32))
        parts, log_probs = [], []
        for part, parameters in self._draws.parameters(images, samples, seed):
            parts.append(self._average(parameters))
            log_probs.append(mixture_log_prob(self._output, parameters, encoded[part]).numpy())
        prediction = self._prediction(parts, draws)
        truth = np.asarray(labels, np.int64)
        right = prediction.labels == truth
        shares = truth.mean(axis=0)
        both = [0 < column.sum() < len(column) for column in truth.T]
        ranking = {}
        if any(both):
            true, probs = truth[:, both], prediction.probs[:, both]
            pairs = zip(true.T, prediction.labels[:, both].T, strict=True)
            ranking = {
                "balanced_accuracy": float(np.mean([balanced_accuracy(*pair) for pair in pairs])),
                "auroc": float(roc_auc_score(true, probs)),
                "average_precision": float(average_precision_score(true, probs)),
            }
        return {
            "subset_accuracy": float(np.mean(right.all(axis=1))),
            "binary_accuracy": float(np.mean(right)),
            "baseline_binary_accuracy": float(np.mean(np.maximum(shares, 1 - shares))),
            **ranking,
            "nll": -float(np.mean(np.concatenate(log_probs), dtype=np.float64)),
            "ece": calibration_error(prediction.probs.ravel(), truth.ravel()),
            "entropy": float(np.mean(prediction.entropy)),
            "mutual_information": float(np.mean(prediction.mutual_information)),
        }

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


def calibration_error(
    probabilities: npt.NDArray[np.floating], answers: npt.NDArray[np.int64]
) -> float:
    """Gap of mean probability and share of yes, over 15 bins of equal width, weighted by size."""
    bins = np.minimum((probabilities * CALIBRATION_BINS).astype(int), CALIBRATION_BINS - 1)
    gaps = np.bincount(bins, probabilities.astype(np.float64) - answers, CALIBRATION_BINS)
    return float(np.abs(gaps).sum() / len(probabilities))


def _entropy(yes: tf.Tensor) -> tf.Tensor:
    """Entropy of a yes or no, in nats."""
    return -tf.math.xlogy(yes, yes) - tf.math.xlog1py(1 - yes, -yes)
