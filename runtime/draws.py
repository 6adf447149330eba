"""Draws of the weights: what the model gives for each of them, chunk by chunk of images."""

from collections.abc import Callable, Iterator
from math import lcm
from typing import Any, Protocol, TypeAlias

import keras
import numpy as np
import numpy.typing as npt
import tensorflow as tf

from bnnc.runtime.model import BayesianModel
from bnnc.runtime.noise import Draw, check_seed, drawing
from bnnc.runtime.outputs import OutputDistribution
from bnnc.runtime.tracing import Graph

# What stands before the randomness gives: the tensors of the cut, or a deterministic model's output.
Before: TypeAlias = tf.Tensor | list[tf.Tensor]
# Memory that the activations of one chunk of images may take; more gains no speed on a CPU.
_CHUNK_BYTES = 64 * 2**20
_LARGEST_CHUNK = 1024


class Draws(Protocol):
    """What predicts numbers and sets of labels: draws of one model, or of several."""

    @property
    def output(self) -> OutputDistribution:
        """The distribution whose parameters are given."""

    def checked_samples(self, images: npt.NDArray[np.generic], samples: int) -> int:
        """The number of draws."""

    def draws(self, samples: int) -> int:
        """How many of so many draws differ."""

    def parameters(
        self, images: npt.NDArray[np.generic], samples: int, seed: int | None
    ) -> Iterator[tuple[slice, tf.Tensor]]:
        """Rows of each chunk, and their parameters [draws, rows, width]."""


class WeightDraws:
    """A model, divided where its randomness begins.

    What no stochastic layer stands before runs once for all draws. A draw is one set of weights
    for all images: sample s has the same weights in every chunk and in every call with the same
    seed. A layer trained by local reparameterization whose positions share one kernel keeps its
    training noise, which each image has by itself.
    """

    def __init__(self, model: BayesianModel) -> None:
        self.model = model
        cut = random_cut(model)
        self.stochastic = bool(cut)
        self._distinct = _distinct_draws(model)
        if not cut:
            self._before, self._after = model, None
        else:
            self._before = keras.Model(model.input, cut)
            self._after = keras.Model(cut, model.output)
        self._chunk = _rows_of_a_chunk(model)
        self._draw_chunk = self._traced_once(self._parameters_of_draws)

    def parameters(
        self, images: npt.NDArray[np.generic], samples: int, seed: int | None
    ) -> Iterator[tuple[slice, tf.Tensor]]:
        """The distribution's parameters, for chunks of images and all draws.

        The chunks are small enough for all draws of one to be held at once. The seed is the
        model's own if None.

        Yields: the rows of the chunk, and its parameters [draws, rows, width], float32.
        Raises: as `checked_samples`.
        """
        samples = self.checked_samples(images, samples)
        width = self.model.objective.output.width
        # What is made of the parameters takes several arrays of their size, in double precision.
        rows = int(np.clip(_CHUNK_BYTES // (64 * samples * width), 1, self._chunk))
        for start in range(0, len(images), rows):
            part = slice(start, start + rows)
            yield (
                part,
                self._draw_chunk(
                    tf.cast(images[part], tf.float32),
                    tf.constant(samples),
                    tf.constant(self.checked_seed(seed)),
                ),
            )

    def checked_seed(self, seed: int | None) -> int:
        """The seed of the draws: the model's own if None. Raises: ValueError out of range."""
        return check_seed(self.model.seed if seed is None else seed)

    @property
    def output(self) -> OutputDistribution:
        """The distribution whose parameters the model gives."""
        return self.model.objective.output

    def checked_samples(self, images: npt.NDArray[np.generic], samples: int) -> int:
        """The number of draws: 1 for a deterministic model, and no member of an ensemble twice.

        Raises: ValueError for images of another shape than the model's, or samples < 1.
        """
        if not isinstance(samples, int) or samples < 1:
            raise ValueError(f"Expected `samples` to be at least 1. Received: samples={samples}")
        expected = tuple(self.model.input.shape[1:])
        if images.shape[1:] != expected:
            raise ValueError(
                f"Expected images of shape [images, {', '.join(map(str, expected))}]. "
                f"Received: shape {images.shape}"
            )
        return self.draws(samples)

    def draws(self, samples: int) -> int:
        """How many of so many draws differ: 1 of a deterministic model, its members of an ensemble."""
        return samples if self._distinct is None else min(samples, self._distinct)

    def _traced_once(self, function: Callable[..., Any]) -> Graph:
        """A graph of images, samples and seed, whatever the size of a chunk."""
        return Graph(
            function,
            tf.TensorSpec(self.model.input.shape, tf.float32),
            tf.TensorSpec((), tf.int32),
            tf.TensorSpec((), tf.int32),
        )

    def _parameters_of_draw(self, before: Before, seed: tf.Tensor, sample: tf.Tensor) -> tf.Tensor:
        key = tf.stack([seed, sample])
        with drawing(Draw(key=key, kind="weights")):
            return before if self._after is None else self._after(before, training=False)

    def _parameters_of_draws(
        self, images: tf.Tensor, samples: tf.Tensor, seed: tf.Tensor
    ) -> tf.Tensor:
        before = self._before(images, training=False)
        return tf.map_fn(
            lambda sample: tf.cast(self._parameters_of_draw(before, seed, sample), tf.float32),
            tf.range(samples),
            fn_output_signature=tf.float32,
            parallel_iterations=1,  # one draw in memory at a time
        )


def random_cut(model: keras.Model) -> list[keras.KerasTensor]:
    """The tensors at which a model's randomness begins; none for a deterministic model.

    They are what layers that are random, or have something random before them, take of layers
    that are not and have not: one tensor in a chain, and in a graph as many as paths lead past
    the first stochastic layer.
    """
    is_random: set[int] = set()
    cut: dict[int, keras.KerasTensor] = {}
    for operation in model.operations:  # each one after those that it takes tensors of
        inputs = keras.tree.flatten(operation.input)
        if getattr(operation, "stochastic", False) or any(id(one) in is_random for one in inputs):
            is_random.update(id(one) for one in keras.tree.flatten(operation.output))
            cut.update((id(one), one) for one in inputs if id(one) not in is_random)
    return list(cut.values())


def _distinct_draws(model: keras.Model) -> int | None:
    """Draws of the weights after which they repeat: one of a deterministic model; None if never."""
    numbers = [
        getattr(layer, "distinct_draws", None)
        for layer in model.layers
        if getattr(layer, "stochastic", False)
    ]
    known = [number for number in numbers if number is not None]
    return lcm(*known) if len(known) == len(numbers) else None


def mixture_log_prob(
    output: OutputDistribution, parameters: tf.Tensor, labels: tf.Tensor
) -> tf.Tensor:
    """Log of the mean over the draws of each label's probability or density, in nats.

    Shapes: parameters [draws, rows, width], labels as encoded [rows, ...] -> [rows].
    """
    draws, rows, width = parameters.shape
    repeated = tf.tile(labels, [draws] + [1] * (labels.shape.rank - 1))
    flat = output.log_prob(tf.reshape(parameters, (draws * rows, width)), repeated)
    each = tf.reshape(flat, (draws, rows))
    return tf.reduce_logsumexp(each, axis=0) - tf.math.log(float(draws))


def _rows_of_a_chunk(model: BayesianModel) -> int:
    """Images whose largest two activations fit into the memory of a chunk, at most 1024."""
    # Of a layer with layers in it, the largest may be one of those.
    largest = max(
        max(int(np.prod(layer.output.shape[1:])), getattr(layer, "largest_output", 0))
        for layer in model.layers
    )
    return int(np.clip(_CHUNK_BYTES // (2 * 4 * largest), 1, _LARGEST_CHUNK))
