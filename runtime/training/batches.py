"""Batches of one epoch, shuffled by index: the order depends only on seed and epoch."""

from dataclasses import dataclass
from math import ceil

import numpy as np
import numpy.typing as npt
import tensorflow as tf

# Keeps the stream of the shuffling apart from others that start from the same seed.
_SHUFFLING = 0x5E0F


@dataclass(frozen=True, eq=False)
class ArrayBatches:
    """Images and encoded labels in memory, with their order for each epoch.

    Args:
        images: [rows, height, width, channels], any number type; batches are float32.
        labels: [rows, ...], encoded as the spec says.
        batch_size: rows of a batch; the last one of an epoch may be smaller.
        seed: seed of the order; None keeps the rows as they are.
    """

    images: npt.NDArray[np.generic]
    labels: npt.NDArray[np.generic]
    batch_size: int
    seed: int | None = None

    @property
    def rows(self) -> int:
        """Number of rows."""
        return len(self.images)

    @property
    def steps(self) -> int:
        """Number of batches of an epoch."""
        return ceil(self.rows / self.batch_size)

    def epoch(self, epoch: int) -> tf.data.Dataset:
        """The batches of one epoch, counted from 0."""
        if self.seed is None:
            order = np.arange(self.rows)
        else:
            generator = np.random.default_rng([self.seed, epoch, _SHUFFLING])
            order = generator.permutation(self.rows)
        with tf.device("CPU"):
            (images, labels), rows = self._tensors(), tf.constant(order)

            def batch(number: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
                chosen = rows[number * self.batch_size : (number + 1) * self.batch_size]
                return tf.cast(tf.gather(images, chosen), tf.float32), tf.gather(labels, chosen)

            return tf.data.Dataset.range(self.steps).map(batch).prefetch(2).with_options(_options())

    def _tensors(self) -> tuple[tf.Tensor, tf.Tensor]:
        # Made once: NumPy memory is shared with the tensors where it is aligned, copied otherwise.
        cached: tuple[tf.Tensor, tf.Tensor] | None = self.__dict__.get("_cached")
        if cached is None:
            cached = (tf.convert_to_tensor(self.images), tf.convert_to_tensor(self.labels))
            object.__setattr__(self, "_cached", cached)
        return cached


def _options() -> tf.data.Options:
    """One thread for the little that there is to do: more, and one that tunes, cost the step time."""
    options = tf.data.Options()
    options.autotune.enabled = False
    options.threading.private_threadpool_size = 1
    return options


@dataclass(frozen=True, eq=False)
class Stream:
    """A `tf.data.Dataset` of batches (images, labels); its order is its own affair.

    Args:
        dataset: finite, gives the same number of rows every epoch.
        rows: rows of one epoch.
        steps: batches of one epoch.
    """

    dataset: tf.data.Dataset
    rows: int
    steps: int

    @property
    def batch_size(self) -> int:
        """Rows of a batch, on average and rounded up."""
        return ceil(self.rows / self.steps)

    def epoch(self, epoch: int) -> tf.data.Dataset:
        """The batches of one epoch."""
        del epoch
        return self.dataset.map(lambda images, labels: (tf.cast(images, tf.float32), labels))


def gives_rows_once(dataset: tf.data.Dataset) -> bool:
    """Whether a dataset that was gone through, and had rows, has no more: a generator in it is done."""
    unknown = dataset.cardinality() == tf.data.UNKNOWN_CARDINALITY
    return bool(unknown) and next(iter(dataset), None) is None


Batches = ArrayBatches | Stream
