"""Predict classes over weight draws: mean probabilities, and the disagreement of the draws."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from bnnc.errors import ArgumentError
from bnnc.runtime.display import SHOWN_ROWS, decimals, first_rows, image_table, listed_names
from bnnc.runtime.model import BayesianModel
from bnnc.runtime.outputs.categorical import OverClasses
from bnnc.runtime.outputs.output import ClassOutput
from bnnc.runtime.prediction.draws import State, WeightDraws
from bnnc.runtime.tracing import Graph
from bnnc.system.table import Shown, Table

Array = npt.NDArray[np.float32]


@dataclass(frozen=True, eq=False, repr=False)
class Prediction(Shown):
    """Prediction of classes, over all weight draws.

    Attributes:
        probs: predictive probabilities, the mean over the draws. Shape [images, classes].
        entropy: entropy of `probs`, in nats: the whole uncertainty. Shape [images].
        expected_entropy: mean entropy of the single draws, in nats: what no more data would take
            away (aleatoric). Shape [images].
        mutual_information: `entropy` less `expected_entropy`, in nats: what the draws disagree
            on (epistemic); 0 for a deterministic model. Shape [images].
        samples: number of weight draws.
        class_names: names of the classes by index, where the data trained on has them.
        draws: probabilities of each draw, if they were asked for. Shape [draws, images, classes].
        sets: whether each class is in the image's prediction set, where the program has sets. Shape
            [images, classes].
        rejected: whether the image is rejected, where the program rejects. Shape [images].
        calibration: what `probs` and `entropy` are calibrated by, in words; None if they are not.
            All other uncertainties, and `draws`, stay those of the uncalibrated draws.

    References: Depeweg et al. 2018, arXiv:1710.07283; Gal 2016, section 3.3.
    """

    probs: Array
    entropy: Array
    expected_entropy: Array
    mutual_information: Array
    samples: int
    class_names: tuple[str, ...] | None = None
    draws: Array | None = None
    sets: npt.NDArray[np.bool_] | None = None
    rejected: npt.NDArray[np.bool_] | None = None
    calibration: str | None = None

    def class_sets(self) -> list[list[int]]:
        """The prediction set of each image: class indices, the most likely first.

        Raises: ArgumentError for a prediction without sets.
        """
        if self.sets is None:
            raise ArgumentError(
                "The prediction has no sets: write `prediction: {sets: {method: lac}}` into the "
                "spec, or call `program.calibrate(sets=...)`"
            )
        order = np.argsort(-self.probs, axis=-1, kind="stable")
        return [
            [int(place) for place in row if inside[place]]
            for row, inside in zip(order, self.sets, strict=True)
        ]

    def _table(self) -> Table:
        names = self.class_names
        added: list[tuple[str, list[str]]] = []
        if self.sets is not None:
            first = replace(self, probs=self.probs[:SHOWN_ROWS], sets=self.sets[:SHOWN_ROWS])
            shown = [[names[i] if names else str(i) for i in one] for one in first.class_sets()]
            added.append(("set", [listed_names(one) if one else "none" for one in shown]))
        if self.rejected is not None:
            words = ["yes" if one else "no" for one in self.rejected[:SHOWN_ROWS]]
            added.append(("rejected", words))
        rows = first_rows(
            [names[label] for label in self.label[:SHOWN_ROWS]]
            if names
            else map(str, self.label[:SHOWN_ROWS]),
            *(
                decimals(values, ".4f")
                for values in (
                    self.confidence,
                    self.entropy,
                    self.mutual_information,
                )
            ),
            *(values for _, values in added),
        )
        columns = ["image", "class", "confidence", "entropy", "mutual information"]
        columns += [name for name, _ in added]
        made = image_table("Prediction", self.samples, len(self.probs), tuple(columns), rows, 2)
        return made if self.calibration is None else made.with_line(self.calibration)

    @property
    def label(self) -> npt.NDArray[np.int64]:
        """Likeliest class of each image. Shape [images]."""
        return np.asarray(np.argmax(self.probs, axis=-1), dtype=np.int64)

    @property
    def confidence(self) -> Array:
        """Probability of the likeliest class. Shape [images]."""
        return np.asarray(np.max(self.probs, axis=-1), dtype=np.float32)


@dataclass(frozen=True, eq=False)
class Observed:
    """A prediction of classes, and what its draws say one by one.

    Attributes:
        prediction: the mixture over the draws.
        votes: share of the draws whose likeliest class is each class. Shape [images, classes].
        energy: mean over the draws of minus the log-sum-exp of the logits, in nats (Liu et al.
            2020, arXiv:2010.03759); None for a model without logits. Shape [images].
    """

    prediction: Prediction
    votes: Array
    energy: Array | None

    @property
    def disagreement(self) -> npt.NDArray[np.float64]:
        """Share of the draws whose likeliest class is not the mixture's. Shape [images]."""
        chosen = self.prediction.label[:, np.newaxis]
        return 1 - np.take_along_axis(self.votes, chosen, axis=1)[:, 0].astype(np.float64)


class Predictor(WeightDraws):
    """Averages class probabilities of a model over draws of its weights.

    Memory does not grow with the number of draws.
    """

    def __init__(self, model: BayesianModel) -> None:
        super().__init__(model)
        output = model.objective.output
        if not isinstance(output, ClassOutput):
            raise TypeError(
                f"Expected a model of classes. Received: one of {type(output).__name__}"
            )
        self._output = output
        self._predict_chunk = self._traced_once(self._make_chunk())

    def predict(
        self, images: npt.NDArray[np.generic], samples: int, seed: int | None
    ) -> Prediction:
        """Predict images of raw values. Shapes: [images, height, width, channels] -> [images, ...].

        Args:
            images: raw values, any number type.
            samples: number of weight draws, at least 1; a deterministic model takes one.
            seed: seed of the draws; the model's own if None.

        Raises: ValueError for images of another shape than the model's, samples < 1, or a seed
            out of range.
        """
        probs, expected, *_ = self._averages(self._predict_chunk, images, samples, seed)
        return self._prediction(probs, expected, self.checked_samples(images, samples))

    def observe(self, images: npt.NDArray[np.generic], samples: int, seed: int | None) -> Observed:
        """Predict images, and keep what the draws say one by one. Arguments: as `predict`."""
        probs, expected, votes, *energy = self._averages(self._observe_chunk, images, samples, seed)
        prediction = self._prediction(probs, expected, self.checked_samples(images, samples))
        return Observed(prediction, votes, energy[0] if energy else None)

    @cached_property
    def _observe_chunk(self) -> Graph:
        return self._traced_once(self._make_chunk(observes=True))

    def _averages(
        self,
        chunk: Graph,
        images: npt.NDArray[np.generic],
        samples: int,
        seed: int | None,
    ) -> list[Array]:
        """What a graph gives of all images, chunk by chunk."""
        samples = self.checked_samples(images, samples)
        if len(images) == 0:
            of_classes = np.zeros((0, self._output.classes), np.float32)
            return [of_classes, np.zeros(0, np.float32), of_classes]
        parts = [
            chunk(
                tf.cast(images[start : start + self._chunk], tf.float32),
                tf.constant(samples),
                tf.constant(self.checked_seed(seed)),
            )
            for start in range(0, len(images), self._chunk)
        ]
        return [
            np.concatenate([one.numpy() for one in place]) for place in zip(*parts, strict=True)
        ]

    def _prediction(self, probs: Array, expected_entropy: Array, samples: int) -> Prediction:
        entropy = entropy_of(probs)
        if samples == 1:
            expected_entropy = entropy
        return Prediction(
            probs=probs,
            entropy=entropy,
            expected_entropy=expected_entropy,
            # Jensen's inequality makes it at least 0; rounding may not.
            mutual_information=np.maximum(entropy - expected_entropy, 0.0),
            samples=samples,
        )

    def _make_chunk(
        self, *, observes: bool = False
    ) -> Callable[[tf.Tensor, tf.Tensor, tf.Tensor], list[tf.Tensor]]:
        """The means over the draws of probabilities and entropies, and what `observe` adds."""
        output = self._output
        has_logits = isinstance(output, OverClasses) and output.parameterization == "logits"

        def of_draw(parameters: tf.Tensor) -> list[tf.Tensor]:
            probs = output.class_probabilities(parameters)
            made = [probs, -tf.reduce_sum(tf.math.xlogy(probs, probs), axis=-1)]
            if observes:
                made.append(tf.one_hot(tf.argmax(probs, axis=-1), output.classes))
            if observes and has_logits:
                made.append(-tf.reduce_logsumexp(tf.cast(parameters, tf.float32), axis=-1))
            return made

        def chunk(images: tf.Tensor, samples: tf.Tensor, seed: tf.Tensor) -> list[tf.Tensor]:
            def add(made: State, sample: tf.Tensor, parameters: tf.Tensor) -> State:
                del sample
                return [one + new for one, new in zip(made, of_draw(parameters), strict=True)]

            rows, classes = tf.shape(images)[0], output.classes
            zeros = [tf.zeros([rows, classes]), tf.zeros([rows])]
            if observes:
                zeros.append(tf.zeros([rows, classes]))
            if observes and has_logits:
                zeros.append(tf.zeros([rows]))
            count = tf.cast(samples, tf.float32)
            return [one / count for one in self.accumulated(images, samples, seed, add, zeros)]

        return chunk


def entropy_of(probs: Array) -> Array:
    """Entropy of probabilities along the last axis, in nats."""
    with np.errstate(divide="ignore", invalid="ignore"):
        terms = np.where(probs > 0, probs * np.log(probs), 0.0)
    return np.asarray(-np.sum(terms, axis=-1), dtype=np.float32)
