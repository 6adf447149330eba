"""Evaluate a model for several weight draws, in chunks of images."""

from collections.abc import Callable, Iterator, Sequence
from math import lcm
from typing import Any, Protocol, TypeAlias

import keras
import numpy as np
import numpy.typing as npt
import tensorflow as tf

from bnnc.errors import ArgumentError
from bnnc.runtime.model import BayesianModel
from bnnc.runtime.noise import Draw, check_seed, drawing
from bnnc.runtime.outputs import OutputDistribution
from bnnc.runtime.prediction.batched_draws import batched_draws
from bnnc.runtime.tracing import Graph

# What stands before the randomness gives: the tensors of the cut, or a deterministic model's output.
Before: TypeAlias = tf.Tensor | list[tf.Tensor]
# What is gathered over the draws: tensors, or arrays of tensors.
State: TypeAlias = Sequence[Any]
# Memory that the activations of one chunk of images may take; more gains no speed on a CPU.
_CHUNK_BYTES = 64 * 2**20
_LARGEST_CHUNK = 1024


class Draws(Protocol):
    """Interface of the predictors: draws of one model, or of several."""

    @property
    def output(self) -> OutputDistribution:
        """The distribution whose parameters are given."""

    def checked_samples(self, images: npt.NDArray[np.generic], samples: int) -> int:
        """The number of draws."""

    def draws(self, samples: int) -> int:
        """How many of so many draws differ."""

    def of_members(self, samples: int) -> list[slice]:
        """Where the draws of each member of an ensemble are; none of a single model."""

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
        self._first = batched_draws(model, cut)
        self._before = keras.Model(model.input, cut) if cut else model
        if self._first is not None:
            self._after = self._first.after
        else:
            self._after = keras.Model(cut, model.output) if cut else None
        self._chunk = _rows_of_a_chunk(model)
        self._draw_chunk = self._traced_once(self.stacked)

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
        """The seed of the draws: the model's own if None. Raises: ArgumentError out of range."""
        return check_seed(self.model.seed if seed is None else seed)

    @property
    def output(self) -> OutputDistribution:
        """The distribution whose parameters the model gives."""
        return self.model.objective.output

    def checked_samples(self, images: npt.NDArray[np.generic], samples: int) -> int:
        """The number of draws: 1 for a deterministic model, and no member of an ensemble twice.

        Raises: ArgumentError for images of another shape than the model's, or samples < 1.
        """
        if not isinstance(samples, int) or samples < 1:
            raise ArgumentError(f"Expected `samples` to be at least 1. Received: samples={samples}")
        expected = tuple(self.model.input.shape[1:])
        if images.shape[1:] != expected:
            raise ArgumentError(
                f"Expected images of shape [images, {', '.join(map(str, expected))}]. "
                f"Received: shape {images.shape}"
            )
        return self.draws(samples)

    def draws(self, samples: int) -> int:
        """How many of so many draws differ: 1 of a deterministic model, its members of an ensemble."""
        return samples if self._distinct is None else min(samples, self._distinct)

    def of_members(self, samples: int) -> list[slice]:
        """None: it is one model."""
        del samples
        return []

    def _traced_once(self, function: Callable[..., Any]) -> Graph:
        """A graph of images, samples and seed, whatever the size of a chunk."""
        return Graph(
            function,
            tf.TensorSpec(self.model.input.shape, tf.float32),
            tf.TensorSpec((), tf.int32),
            tf.TensorSpec((), tf.int32),
        )

    def accumulated(
        self,
        images: tf.Tensor,
        samples: tf.Tensor,
        seed: tf.Tensor,
        add: Callable[[State, tf.Tensor, tf.Tensor], State],
        state: State,
    ) -> State:
        """Reduce over draws: `add` gets `state`, the number of a draw, and its parameters.

        Shapes: images [rows, ...], parameters [rows, width].
        """
        before = self._before(images, training=False)

        def parameters(sample: tf.Tensor, given: Before) -> tf.Tensor:
            with drawing(Draw(key=tf.stack([seed, sample]), kind="weights")):
                return given if self._after is None else self._after(given, training=False)

        if self._first is None:
            return _loop(
                samples, lambda sample, made: add(made, sample, parameters(sample, before)), state
            )
        first, at_once = self._first, self._first.draws_at_once(tf.shape(images)[0])

        def add_group(group: tf.Tensor, made: State) -> State:
            numbers = tf.range(group * at_once, tf.minimum(samples, (group + 1) * at_once))
            given = first.outputs(before, seed, numbers)
            return _loop(
                tf.shape(numbers)[0],
                lambda i, inner: add(inner, numbers[i], parameters(numbers[i], given[i])),
                made,
            )

        return _loop(-(-samples // at_once), add_group, state)

    def unrolled(
        self, images: tf.Tensor, samples: int, seed: int, *, shared: bool
    ) -> list[tf.Tensor]:
        """The parameters of each draw in a graph without loops, which knows the draws.

        What depends on no images, kernels and masks among it, is a function of constants and of
        the weights there.

        Shapes: images [rows, ...] -> one of [rows, width] for each draw, float32.

        Args:
            images: raw values.
            samples: number of draws, as `draws` says.
            seed: as `checked_seed` gives it.
            shared: whether images that have noise of their own share that of one image alone.
        """
        before = self._before(images, training=False)

        def parameters(sample: int, given: Before) -> tf.Tensor:
            key = tf.constant([seed, sample])
            with drawing(Draw(key=key, kind="weights", shared=shared)):
                made = given if self._after is None else self._after(given, training=False)
            return tf.cast(made, tf.float32)

        if self._first is None:
            return [parameters(sample, before) for sample in range(samples)]
        with tf.init_scope():
            at_once = int(self._first.draws_at_once(tf.constant(1)))
        drawn = []
        for start in range(0, samples, at_once):
            numbers = range(start, min(samples, start + at_once))
            given = self._first.outputs(before, tf.constant(seed), tf.constant([*numbers]))
            each = zip(numbers, tf.unstack(given, num=len(numbers)), strict=True)
            drawn += [parameters(sample, one) for sample, one in each]
        return drawn

    def single(self, images: tf.Tensor, sample: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
        """The parameters of the draw with a number. Shapes: images [rows, ...] -> [rows, width]."""
        given = self._before(images, training=False)
        if self._first is not None:
            given = self._first.outputs(given, seed, sample[tf.newaxis])[0]
        with drawing(Draw(key=tf.stack([seed, sample]), kind="weights")):
            made = given if self._after is None else self._after(given, training=False)
        return tf.cast(made, tf.float32)

    def stacked(self, images: tf.Tensor, samples: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
        """The parameters of all draws. Shapes: images [rows, ...] -> [samples, rows, width]."""
        width = self.model.objective.output.width
        [drawn] = self.accumulated(
            images,
            samples,
            seed,
            lambda made, sample, parameters: [
                made[0].write(sample, tf.cast(parameters, tf.float32))
            ],
            [tf.TensorArray(tf.float32, samples, element_shape=(None, width))],
        )
        return drawn.stack()


def _loop(count: tf.Tensor, body: Callable[[tf.Tensor, State], State], state: State) -> State:
    """`state` after `body` for each number below `count`, one after the other."""
    _, *made = tf.while_loop(
        lambda number, *_: number < count,
        lambda number, *made: (number + 1, *body(number, made)),
        (tf.constant(0), *state),
        parallel_iterations=1,  # one draw in memory at a time
    )
    return list(made)


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
