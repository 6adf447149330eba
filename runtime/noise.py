"""Seeded, indexed noise for layers: the same draw for the same seed, step and layer.

Randomness is stateless and indexed: the noise of a layer is a function of (seed, index, layer),
the index being the training step or the number of the sample at prediction. The same three give
the same bits, however often the program was interrupted in between. XLA turns the same random
bits into other normal numbers than TensorFlow's kernels do: compiled and not, a program takes
different noise of one law.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from math import pi
from typing import Any, Final, Literal

import keras
import numpy as np
import tensorflow as tf

from bnnc.errors import ArgumentError
from bnnc.specs.seeds import layer_seed

__all__ = [
    "Draw",
    "Kind",
    "cached_per_draw",
    "check_seed",
    "current_draw",
    "drawing",
    "key_of_bias",
    "layer_key",
    "layer_seed",
    "next_layer_key",
    "normal",
    "shape_of_examples",
    "signs",
    "signs_of",
    "uniform_of",
]

Kind = Literal["estimator", "weights"]
# Keeps the noise of a layer's bias apart from that of its kernel.
_OF_BIAS: Final = 0x42494153
# Numbers that TensorFlow's own kernel makes in the time of twenty small operations.
_FEW: Final = 4096


@dataclass(frozen=True)
class Draw:
    """One indexed draw of all the noise in a model.

    Args:
        key: int32 tensor of shape [2]: the seed, and the index of the training step or of the
            sample at prediction.
        kind: `"estimator"` for the training noise of each layer's own method; `"weights"` for one
            draw of the weights that all examples of the batch share, as a prediction takes it.
        shared: whether examples that have noise of their own share that of a batch of one.
    """

    key: tf.Tensor
    kind: Kind
    shared: bool = False

    @property
    def index(self) -> tf.Tensor:
        """Index of the training step or of the sample: int32, shape []."""
        return tf.convert_to_tensor(self.key, dtype=tf.int32)[1]


# A context variable and not a global one: the replicas of `tf.distribute` trace in threads of
# their own, and a new thread starts with an empty context. Each replica therefore enters
# `drawing` for itself, inside the function given to `strategy.run`, and sees its own draw only.
_active: ContextVar[Draw | None] = ContextVar("bnnc_draw", default=None)
# What was made once for the whole of the innermost block, by whom it is of and the graph it is in.
_made: ContextVar[dict[tuple[int, int], tf.Tensor]] = ContextVar("bnnc_made")


@contextmanager
def drawing(draw: Draw) -> Iterator[Draw]:
    """Give the layers called inside the block their noise from `draw`.

    Blocks nest, the inner one counts. The draw holds for the current thread: under
    `tf.distribute` enter it inside the replica's function.
    """
    token, made_token = _active.set(draw), _made.set({})
    try:
        yield draw
    finally:
        _active.reset(token)
        _made.reset(made_token)


def current_draw() -> Draw | None:
    """Return the innermost draw of this thread, or None outside of any `drawing` block."""
    return _active.get()


def cached_per_draw(owner: object, make: Callable[[], tf.Tensor]) -> tf.Tensor:
    """Return what `make` makes of the variables of `owner`: once a draw, where a graph is traced.

    A layer's standard deviations are needed for its noise and for its KL. TensorFlow does not see
    that both read the same variable, and would take every softplus and its gradient twice. The
    variables must not be assigned to inside of the `drawing` block. Outside of one, and where
    nothing is traced, everything is made anew.
    """
    if current_draw() is None or tf.executing_eagerly():
        return make()
    made, place = _made.get(), (id(owner), id(tf.compat.v1.get_default_graph()))
    if place not in made:
        made[place] = make()
    return made[place]


def layer_key(draw: Draw, seed: int) -> tf.Tensor:
    """Return the key, int32 of shape [2], of the noise that the layer with this seed takes."""
    key = tf.convert_to_tensor(draw.key, dtype=tf.int32)
    if draw.kind == "weights":
        # Sample number 5 of a prediction must not repeat the noise of training step 5.
        key = tf.random.fold_in(key, 1)
    return tf.random.fold_in(key, seed)


def next_layer_key(seed: int, fresh: keras.random.SeedGenerator) -> tuple[tf.Tensor, Kind]:
    """Return key and kind of a layer's next noise.

    From the current draw where there is one. Otherwise, when the layer is called outside of
    bnnc's own training and prediction, from its seed generator: new noise on every call, also on
    every call of a `tf.function` traced once.
    """
    draw = current_draw()
    if draw is None:
        # Folding the seed in is more than tidiness: the generator's first state is the very key
        # that a Keras initializer with this seed draws the means from.
        draw = Draw(key=tf.cast(fresh.next(), tf.int32), kind="estimator")
    return layer_key(draw, seed), draw.kind


def shape_of_examples(like: tf.Tensor) -> tf.Tensor:
    """Return the shape of noise that each example has for itself: int32, that of `like`.

    One row, which all examples share, where the current draw says so. Then the sizes of the other
    axes must be known while a graph is traced, so that the noise depends on no images.
    """
    draw = current_draw()
    if draw is None or not draw.shared:
        return tf.shape(like)
    return tf.constant([1, *like.shape[1:]], tf.int32)


def key_of_bias(key: tf.Tensor) -> tf.Tensor:
    """Return the key of a bias's noise, for the key of the kernel's."""
    return tf.random.fold_in(key, _OF_BIAS)


def normal(shape: Any, key: tf.Tensor, dtype: tf.DType = tf.float32) -> tf.Tensor:
    """Return independent standard normal numbers. Shapes: any shape, key int32 [2] -> that shape.

    TensorFlow's own kernel takes ten nanoseconds for a number on a CPU: half of them for 32 random
    bits, and the other half because it turns uniform numbers into normal ones one by one. This is
    the same transformation, two numbers from two, in operations that take eight at once, and of 16
    bits each. None is beyond 4.9, where less than two in a million would be. Where a few are
    wanted, one operation is faster than many.

    References: Box and Muller 1958.
    """
    if isinstance(shape, tf.TensorShape) and shape.num_elements() <= _FEW:
        return tf.random.stateless_normal(shape, key, dtype=dtype)
    shape = tf.convert_to_tensor(shape, tf.int32)
    size = tf.reduce_prod(shape)
    pairs = (size + 1) // 2
    words = tf.random.stateless_uniform([pairs], key, None, None, tf.int32)
    uniform = uniform_of(words)
    radius = tf.sqrt(-2.0 * tf.math.log(uniform[:pairs]))
    angle = uniform[pairs:] * (2.0 * pi)
    numbers = tf.concat([radius * tf.cos(angle), radius * tf.sin(angle)], axis=0)
    return tf.cast(tf.reshape(numbers[:size], shape), dtype)


def uniform_of(words: tf.Tensor) -> tf.Tensor:
    """Return two uniform numbers of 16 bits from each word, neither 0 nor 1. Shapes: [n] -> [2 n]."""
    halves = tf.cast(tf.reshape(tf.bitcast(words, tf.uint16), [-1]), tf.float32)
    return (halves + 0.5) * 2.0**-16


def signs(shape: Any, key: tf.Tensor, dtype: tf.DType = tf.float32) -> tf.Tensor:
    """Return exactly +1 or -1, with equal probability, from one random bit each.

    Shapes: any shape, key int32 [2] -> that shape.
    """
    shape = tf.convert_to_tensor(shape, tf.int32)
    size = tf.reduce_prod(shape)
    words = tf.random.stateless_uniform([(size + 31) // 32], key, None, None, tf.int32)
    return tf.reshape(signs_of(words, dtype)[:size], shape)


def signs_of(words: tf.Tensor, dtype: tf.DType) -> tf.Tensor:
    """Return a sign for each bit of random words. Shapes: int32 [n] -> [32 n]."""
    octets = tf.cast(tf.reshape(tf.bitcast(words, tf.uint8), [-1]), tf.int32)
    return tf.reshape(tf.gather(tf.constant(_SIGNS_OF_OCTETS, dtype), octets), [-1])


# The signs that the eight bits of each octet stand for: a row is looked up in the time that one
# random word takes, and a word has 32.
_SIGNS_OF_OCTETS = 2.0 * np.unpackbits(np.arange(256, dtype=np.uint8)[:, np.newaxis], axis=1) - 1.0


def check_seed(seed: object) -> int:
    """Return `seed` if it fits the 31 bits that a layer's key holds.

    Raises: ArgumentError if it is no integer from 0 to 2**31 - 1.
    """
    if not isinstance(seed, int) or isinstance(seed, bool) or not 0 <= seed < 2**31:
        raise ArgumentError(
            f"Expected `seed` to be an integer from 0 to 2**31 - 1. Received: seed={seed!r}"
        )
    return seed
