"""Predict with an ensemble: the equal mixture of its members.

A member gives as many draws of its weights as are asked for, or one where it is deterministic. All
draws of all members count alike, so that the order of the members says nothing.
"""

from collections.abc import Iterator, Sequence
from itertools import accumulate, pairwise

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from bnnc.runtime.outputs import OutputDistribution
from bnnc.runtime.prediction.draws import WeightDraws
from bnnc.runtime.prediction.prediction import (
    Array,
    Observed,
    Prediction,
    Predictor,
    entropy_of,
)

Images = npt.NDArray[np.generic]


class EnsembleDraws:
    """The draws of all members, one member's after the other's, as those of one model.

    Where no seed is given, each member has its own, as if it predicted alone. Under one seed the
    draws of two members have nothing in common either: the seeds of their layers differ.
    """

    def __init__(self, members: Sequence[WeightDraws]) -> None:
        self.members = tuple(members)

    @property
    def output(self) -> OutputDistribution:
        """The distribution whose parameters the members give."""
        return self.members[0].output

    def draws(self, samples: int) -> int:
        """How many of so many draws of each member differ, of all members together."""
        return sum(member.draws(samples) for member in self.members)

    def of_members(self, samples: int) -> list[slice]:
        """Where the draws of each member are among those of all."""
        ends = list(accumulate(member.draws(samples) for member in self.members))
        return [slice(*place) for place in pairwise([0, *ends])]

    def checked_samples(self, images: Images, samples: int) -> int:
        """The number of draws, of all members together. Raises: as `WeightDraws`."""
        return sum(member.checked_samples(images, samples) for member in self.members)

    def parameters(
        self, images: Images, samples: int, seed: int | None
    ) -> Iterator[tuple[slice, tf.Tensor]]:
        """The distribution's parameters, for chunks of images and all draws of all members.

        Yields: the rows of the chunk, and its parameters [draws, rows, width], float32.
        Raises: as `checked_samples`.
        """
        each = [member.parameters(images, samples, seed) for member in self.members]
        for chunks in zip(*each, strict=True):
            rows = chunks[0][0]
            # A chunk is as large as one member may have it: what is made of it shall not be larger.
            size = max((rows.stop - rows.start) // len(self.members), 1)
            for start in range(0, chunks[0][1].shape[1], size):
                pieces = [parameters[:, start : start + size] for _, parameters in chunks]
                first = rows.start + start
                yield slice(first, first + pieces[0].shape[1]), tf.concat(pieces, axis=0)


class EnsemblePredictor(EnsembleDraws):
    """Averages the class probabilities of the members."""

    def __init__(self, members: Sequence[Predictor]) -> None:
        super().__init__(members)
        self._predictors = tuple(members)

    def predict(self, images: Images, samples: int, seed: int | None) -> Prediction:
        """Predict images of raw values. Shapes: [images, height, width, channels] -> [images, ...].

        Args:
            images: raw values, any number type.
            samples: number of weight draws of each member.
            seed: seed of the draws; each member's own if None.

        Raises: as `Predictor.predict`.
        """
        return mixture([member.predict(images, samples, seed) for member in self._predictors])

    def observe(self, images: Images, samples: int, seed: int | None) -> Observed:
        """Predict images, and keep what the draws say one by one. Arguments: as `predict`."""
        return mixture_of(self.observe_each(images, samples, seed))

    def observe_each(self, images: Images, samples: int, seed: int | None) -> list[Observed]:
        """What each member says by itself; `mixture_of` makes one of them."""
        return [member.observe(images, samples, seed) for member in self._predictors]


def mixture_of(members: Sequence[Observed]) -> Observed:
    """The members' predictions as one, each with the same share."""
    energies = [one.energy for one in members if one.energy is not None]
    return Observed(
        prediction=mixture([one.prediction for one in members]),
        votes=_mean([one.votes for one in members]),
        energy=_mean(energies) if energies else None,
    )


def mixture(predictions: Sequence[Prediction]) -> Prediction:
    """One prediction of several of the same images, each with the same share.

    The mean of probabilities and of expected entropies; the entropy is that of the mean, and what
    it has more is the mutual information: what the draws of a member disagree on, and what the
    members disagree on.

    References: Lakshminarayanan et al. 2017, arXiv:1612.01474, section 2.4; Depeweg et al. 2018,
        arXiv:1710.07283.
    """
    probs = _mean([one.probs for one in predictions])
    expected = _mean([one.expected_entropy for one in predictions])
    entropy = entropy_of(probs)
    return Prediction(
        probs=probs,
        entropy=entropy,
        expected_entropy=expected,
        # Jensen's inequality makes it at least 0; rounding may not.
        mutual_information=np.maximum(entropy - expected, 0.0),
        samples=sum(one.samples for one in predictions),
    )


def _mean(arrays: Sequence[Array]) -> Array:
    # In double precision, so that the mean is the same in every order.
    return np.asarray(np.mean(arrays, axis=0, dtype=np.float64), np.float32)
