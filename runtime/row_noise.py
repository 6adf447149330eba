"""Noise that each example has for itself: it belongs to the row of the batch, wherever that is computed.

The devices and machines of `tf.distribute` each compute some rows of a batch. The noise of a row is
what it would be on one device: TensorFlow's stateless generators count, and here the count begins
where the noise of the first row begins. A device makes the noise of its own rows and of no others.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from math import pi
from typing import Any, Final

import tensorflow as tf

from bnnc.runtime import noise
from bnnc.runtime.devices import use_xla

# Numbers that one step of the generator's counter gives: its block has 128 bits.
_BLOCK: Final = 4


@dataclass(frozen=True)
class RowsOfBatch:
    """Which rows of a batch this device has.

    Args:
        first: number of the first of them, counted from 0: int32, shape [].
        count: how many they are; where there are none, a blank row goes through the model in their
            stead: int32, shape [].
        total: rows of the whole batch: int32, shape [].
    """

    first: tf.Tensor
    count: tf.Tensor
    total: tf.Tensor


# A context variable, as that of `bnnc.runtime.noise.drawing`.
_rows: ContextVar[RowsOfBatch | None] = ContextVar("bnnc_rows", default=None)


@contextmanager
def having_rows(rows: RowsOfBatch | None) -> Iterator[None]:
    """Give the layers called inside the block the noise of these rows; of all rows for None."""
    token = _rows.set(rows)
    try:
        yield
    finally:
        _rows.reset(token)


def rows_here() -> RowsOfBatch | None:
    """Which rows of the batch this device has; None where it has all, or where nobody said."""
    draw = noise.current_draw()
    return None if draw is not None and draw.shared else _rows.get()


def key_of_examples(key: tf.Tensor) -> tf.Tensor:
    """Return the key of noise that each example has for itself.

    It is `key`, unless Keras's own `fit` divides batches over devices, and does not say which rows
    each has: then each device has noise of its own.
    """
    replica = tf.distribute.get_replica_context()
    several = replica is not None and replica.num_replicas_in_sync > 1
    if not several or rows_here() is not None:
        return key
    return tf.random.fold_in(key, replica.replica_id_in_sync_group)


def normal(shape: Any, key: tf.Tensor) -> tf.Tensor:
    """As `bnnc.runtime.noise.normal`, for rows. Shapes: [rows, ...], key int32 [2] -> float32 [rows, ...]."""
    key, here = key_of_examples(key), rows_here()
    if here is None:
        return noise.normal(shape, key)
    shape = tf.convert_to_tensor(shape, tf.int32)
    begin, end, total = _range(shape, here)
    pairs = (total + 1) // 2

    def part(first: tf.Tensor, last: tf.Tensor, function: Any) -> tf.Tensor:
        count = tf.maximum(last - first, 0)
        radius = tf.sqrt(-2.0 * tf.math.log(_halves(key, first, count)))
        angle = _halves(key, pairs + first, count) * (2.0 * pi)
        return radius * function(angle)

    # All cosines come before all sines, and this device may have some of both.
    cosines = part(begin, tf.minimum(end, pairs), tf.cos)
    sines = part(tf.maximum(begin, pairs) - pairs, end - pairs, tf.sin)
    return tf.reshape(tf.concat([cosines, sines], axis=0), shape)


def standard_normal(shape: Any, key: tf.Tensor) -> tf.Tensor:
    """As `tf.random.stateless_normal`, for rows. Shapes: as `normal`."""
    key, here = key_of_examples(key), rows_here()
    if here is None:
        return tf.random.stateless_normal(shape, key)
    if use_xla():  # which makes the two numbers of a pair far apart from each other
        return whole_batch(lambda all_: tf.random.stateless_normal(all_, key), tuple(shape))
    return _numbers(tf.raw_ops.StatelessRandomNormalV2, shape, key, here, dtype=tf.float32)


def uniform(shape: Any, key: tf.Tensor) -> tf.Tensor:
    """As `tf.random.stateless_uniform` in [0, 1), for rows. Shapes: as `normal`."""
    key, here = key_of_examples(key), rows_here()
    if here is None:
        return tf.random.stateless_uniform(shape, key)
    return _numbers(tf.raw_ops.StatelessRandomUniformV2, shape, key, here, dtype=tf.float32)


def signs(shape: Any, key: tf.Tensor, dtype: tf.DType = tf.float32) -> tf.Tensor:
    """As `bnnc.runtime.noise.signs`, for rows. Shapes: as `normal`, of that type."""
    key, here = key_of_examples(key), rows_here()
    if here is None:
        return noise.signs(shape, key, dtype)
    shape = tf.convert_to_tensor(shape, tf.int32)
    begin, end, _ = _range(shape, here)
    first = begin // 32
    words = _words(key, first, (end - first * 32 + 31) // 32)
    return tf.reshape(noise.signs_of(words, dtype)[begin % 32 :][: end - begin], shape)


def whole_batch(draw: Any, shape: Any) -> tf.Tensor:
    """The rows of this device of what `draw` makes for the shape of the whole batch.

    For noise of few numbers a row, which every device then draws for all rows.
    """
    here = rows_here()
    if here is None:
        return draw(shape)
    rows, *others = shape
    end = here.first + rows  # a blank row is after the last one
    return draw((tf.maximum(here.total, end), *others))[here.first : end]


def _range(shape: tf.Tensor, here: RowsOfBatch) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
    """The first number of this device, the one after its last, and how many the batch has."""
    of_row = tf.reduce_prod(shape[1:])
    return here.first * of_row, (here.first + shape[0]) * of_row, here.total * of_row


def _numbers(
    generator: Any, shape: Any, key: tf.Tensor, here: RowsOfBatch, **arguments: Any
) -> tf.Tensor:
    """The numbers of a shape from a generator that makes one from each word."""
    shape = tf.convert_to_tensor(shape, tf.int32)
    begin, end, _ = _range(shape, here)
    return tf.reshape(_drawn(generator, key, begin, end - begin, **arguments), shape)


def _halves(key: tf.Tensor, first: tf.Tensor, count: tf.Tensor) -> tf.Tensor:
    """Uniform numbers of 16 bits from a number on, as `bnnc.runtime.noise.normal` makes them."""
    begin = first // 2
    words = _words(key, begin, (first + count - begin * 2 + 1) // 2)
    return noise.uniform_of(words)[first % 2 :][:count]


def _words(key: tf.Tensor, first: tf.Tensor, count: tf.Tensor) -> tf.Tensor:
    """Random words of 32 bits from a number on: those of `tf.random.stateless_uniform`."""
    generator = tf.raw_ops.StatelessRandomUniformFullIntV2
    return _drawn(generator, key, first, count, dtype=tf.int32)


def _drawn(
    generator: Any, key: tf.Tensor, first: tf.Tensor, count: tf.Tensor, **arguments: Any
) -> tf.Tensor:
    """Numbers from one on, of a generator that makes them block by block of its counter."""
    found = tf.raw_ops.StatelessRandomGetKeyCounter(seed=key)
    skipped = tf.cast(first // _BLOCK, tf.uint64)
    counter = found.counter + tf.stack([skipped, tf.zeros([], tf.uint64)])
    drawn = generator(
        shape=tf.reshape(first % _BLOCK + count, [1]),
        key=found.key,
        counter=counter,
        alg=tf.raw_ops.StatelessRandomGetAlg(),
        **arguments,
    )
    return drawn[first % _BLOCK :]
