"""Batches of one epoch, shuffled by index: the order depends only on seed and epoch."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from math import ceil

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from bnnc.runtime.data.errors import DataError
from bnnc.runtime.data.images import check_images
from bnnc.runtime.data.stored_images import StoredImages

# Keeps the stream of the shuffling apart from others that start from the same seed.
_SHUFFLING = 0x5E0F
# Batches of stored images that are read at the same time, each by several threads.
_READERS = 2


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
    """

    images: npt.NDArray[np.generic]
    labels: npt.NDArray[np.generic]
    batch_size: int
    seed: int | None = None
    value_range: tuple[float, float] = (-np.inf, np.inf)
    _failures: list[DataError] = field(default_factory=list, init=False, repr=False)

    @property
    def rows(self) -> int:
        """Number of rows."""
        return len(self.images)

    @property
    def steps(self) -> int:
        """Number of batches of an epoch."""
        return ceil(self.rows / self.batch_size)

    def epoch(self, epoch: int, first_step: int = 0) -> tf.data.Dataset:
        """The batches of one epoch, counted from 0, or those that are left from a step on."""
        if self.seed is None:
            order = np.arange(self.rows)
        else:
            generator = np.random.default_rng([self.seed, epoch, _SHUFFLING])
            order = generator.permutation(self.rows)
        steps = tf.data.Dataset.range(first_step, self.steps)
        if isinstance(self.images, StoredImages):
            return self._read_batches(steps, self.images, order)
        with tf.device("CPU"):
            (images, labels), rows = self._tensors(self.images), tf.constant(order)

            def batch(number: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
                chosen = rows[number * self.batch_size : (number + 1) * self.batch_size]
                return tf.cast(tf.gather(images, chosen), tf.float32), tf.gather(labels, chosen)

            return steps.map(batch).prefetch(2).with_options(_options())

    def _tensors(self, images: npt.NDArray[np.generic]) -> tuple[tf.Tensor, tf.Tensor]:
        # Made once: NumPy memory is shared with the tensors where it is aligned, copied otherwise.
        cached: tuple[tf.Tensor, tf.Tensor] | None = self.__dict__.get("_cached")
        if cached is None:
            cached = (tf.convert_to_tensor(images), tf.convert_to_tensor(self.labels))
            object.__setattr__(self, "_cached", cached)
        return cached

    def _read_batches(
        self, steps: tf.data.Dataset, images: StoredImages, order: npt.NDArray[np.int64]
    ) -> tf.data.Dataset:
        """Batches that are read in parallel, and given in their order."""

        def read(number: np.int64) -> tuple[npt.NDArray[np.generic], npt.NDArray[np.generic]]:
            chosen = order[number * self.batch_size : (number + 1) * self.batch_size]
            try:
                some = images[chosen]
                pixels = some.read()
                self._check(pixels, some)
            except DataError as error:
                self._failures.append(error)
                raise
            return pixels, self.labels[chosen]

        types = (images.dtype, self.labels.dtype)

        def batch(number: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
            pixels, labels = tf.numpy_function(read, [number], types, stateful=False)
            pixels.set_shape((None, *images.shape[1:]))
            labels.set_shape((None, *self.labels.shape[1:]))
            return tf.cast(pixels, tf.float32), labels

        with tf.device("CPU"):
            read_ahead = steps.map(batch, num_parallel_calls=_READERS, deterministic=True)
            return read_ahead.prefetch(2)

    def _check(self, pixels: npt.NDArray[np.generic], images: StoredImages) -> None:
        """Refuse values that the spec does not allow. Raises: DataError naming the file."""
        low, high = self.value_range
        if low <= pixels.min() and pixels.max() <= high:
            return
        for row in range(len(pixels)):
            check_images(
                pixels[row : row + 1],
                shape=images.shape[1:],
                value_range=self.value_range,
                where=str(images.path(row)),
                for_training=False,
            )

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Raise the DataError of a file instead of TensorFlow's, which names none."""
        try:
            yield
        except tf.errors.OpError:
            if not self._failures:
                raise
            raise self._failures[0] from None


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
