"""Batches of one epoch, shuffled by index: the order depends only on seed and epoch."""

from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from functools import cached_property
from math import ceil

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from bnnc.runtime.data.stored_images import StoredImages
from bnnc.runtime.training.stored_batches import StoredReader

# Keeps the stream of the shuffling apart from others that start from the same seed.
_SHUFFLING = 0x5E0F


@dataclass(frozen=True, eq=False)
class ArrayBatches:
    """Images and encoded labels, with their order for each epoch.

    Args:
        images: [rows, height, width, channels], any number type; batches are float32. Those that
            are stored in files are read batch by batch, some batches ahead.
        labels: [rows, ...], encoded as the spec says.
        batch_size: rows of a batch; the last one of an epoch may be smaller.
        seed: seed of the order; None keeps the rows as they are.
        value_range: what stored images are checked against when they are read.
        classes: [rows], the class of each row, where each class is to have the same number of rows
            in every epoch; None to take every row once.
    """

    images: npt.NDArray[np.generic]
    labels: npt.NDArray[np.generic]
    batch_size: int
    seed: int | None = None
    value_range: tuple[float, float] = (-np.inf, np.inf)
    classes: npt.NDArray[np.integer] | None = None

    @property
    def rows(self) -> int:
        """Number of rows."""
        return len(self.images)

    @property
    def steps(self) -> int:
        """Number of batches of an epoch."""
        return ceil(self.rows / self.batch_size)

    def epoch(
        self, epoch: int, first_step: int = 0, share: tuple[int, int] | None = None
    ) -> tf.data.Dataset:
        """The batches of one epoch, counted from 0, or those that are left from a step on.

        Of each batch only the rows of `share`, from its first up to its second number, where it is
        given; where the last batch has none of them, it may be left out.
        """
        order = self.row_order(epoch)
        first, end = share or (0, self.batch_size)
        if self._reader is not None:
            left = order[first_step * self.batch_size :]
            place = np.arange(len(left)) % self.batch_size
            own = left[(place >= first) & (place < end)]
            return self._reader.batches(self.labels, own, end - first)
        steps = tf.data.Dataset.range(first_step, self.steps)
        with tf.device("CPU"):
            (images, labels), rows = self._tensors, tf.constant(order)

            def batch(number: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
                chosen = rows[number * self.batch_size : (number + 1) * self.batch_size]
                chosen = chosen if share is None else chosen[first:end]
                return tf.cast(tf.gather(images, chosen), tf.float32), tf.gather(labels, chosen)

            return steps.map(batch).prefetch(2).with_options(_options())

    def row_order(self, epoch: int) -> npt.NDArray[np.int64]:
        """The rows of one epoch in their order, a function of the seed and the epoch alone."""
        if self.seed is None:
            return np.arange(self.rows)
        generator = np.random.default_rng([self.seed, epoch, _SHUFFLING])
        if self.classes is None:
            return generator.permutation(self.rows)
        return generator.permutation(resampled(self.classes, generator))

    @cached_property
    def _tensors(self) -> tuple[tf.Tensor, tf.Tensor]:
        # Made once: NumPy memory is shared with the tensors where it is aligned, copied otherwise.
        return tf.convert_to_tensor(self.images), tf.convert_to_tensor(self.labels)

    @cached_property
    def _reader(self) -> StoredReader | None:
        if not isinstance(self.images, StoredImages):
            return None
        return StoredReader(self.images, self.value_range)

    def reading(self) -> AbstractContextManager[None]:
        """Where stored images are read: raises the DataError of a file, in place of TensorFlow's."""
        reader = self._reader
        return nullcontext() if reader is None else reader.reading()


def resampled(
    classes: npt.NDArray[np.integer], generator: np.random.Generator
) -> npt.NDArray[np.int64]:
    """As many rows as there are, the same number of each class that has rows, by class.

    The numbers differ by one where the classes do not divide the rows; which classes have one more
    is drawn. All rows of a class come equally often, less those that are left after the last whole
    round, which are drawn without replacement.

    Shapes: the class of each row [rows] -> row numbers [rows].
    """
    present = np.unique(classes)
    each, more = divmod(len(classes), len(present))
    favoured = set(generator.choice(present, more, replace=False).tolist())
    chosen = []
    for one in present.tolist():
        rows = np.flatnonzero(classes == one)
        rounds, left = divmod(each + (one in favoured), len(rows))
        chosen += [np.tile(rows, rounds), generator.choice(rows, left, replace=False)]
    return np.concatenate(chosen)


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

    def epoch(self, epoch: int, first_step: int = 0) -> tf.data.Dataset:
        """The batches of one epoch, or those that are left from a step on."""
        del epoch
        left = self.dataset.skip(first_step) if first_step else self.dataset
        return left.map(lambda images, labels: (tf.cast(images, tf.float32), labels))

    def reading(self) -> AbstractContextManager[None]:
        """Errors of the dataset are its own affair."""
        return nullcontext()


def gives_rows_once(dataset: tf.data.Dataset) -> bool:
    """Whether a dataset that was gone through, and had rows, has no more: a generator in it is done."""
    unknown = dataset.cardinality() == tf.data.UNKNOWN_CARDINALITY
    return bool(unknown) and next(iter(dataset), None) is None


Batches = ArrayBatches | Stream
