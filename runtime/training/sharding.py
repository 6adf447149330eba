"""Batches over several devices and machines: each reads its own rows, of the same batches.

The rows of a batch are dealt out by their number, so that what a row is, and which step sees it,
depends on neither the devices nor the machines. `tf.distribute` leaves this to whoever calls it.
"""

from __future__ import annotations

from typing import Any

import tensorflow as tf

from bnnc.errors import DeviceError
from bnnc.runtime.row_noise import RowsOfBatch
from bnnc.runtime.training.batches import ArrayBatches, Batches


def distributed(batches: Batches, epoch: int, first_step: int = 0) -> Any:
    """The batches of an epoch, from a step on, divided over all devices of the strategy.

    On one device they are what `batches.epoch` gives. On several, `part_of` tells what a device
    gets of a batch, and the batches have no end: `batches.steps` says how many there are.

    Raises: DeviceError for batches of fewer rows than there are devices.
    """
    strategy = tf.distribute.get_strategy()
    devices = strategy.num_replicas_in_sync
    if devices == 1:
        return batches.epoch(epoch, first_step)
    if batches.batch_size < devices:
        raise DeviceError(
            f"a batch of {batches.batch_size} rows cannot be divided over {devices} devices: write "
            f"a `training.batch_size` of {devices} or more, or train on fewer devices"
        )

    def of_machine(context: tf.distribute.InputContext) -> tf.data.Dataset:
        here = devices // context.num_input_pipelines
        first = context.input_pipeline_id * here
        return _parts(batches, epoch, first_step, range(first, first + here), devices)

    return strategy.distribute_datasets_from_function(of_machine)


def part_of(element: Any) -> tuple[tuple[tf.Tensor, tf.Tensor], RowsOfBatch | None]:
    """Images and labels that a device gets of a batch, and which rows those are; None for all."""
    if len(element) == 2:
        return element, None
    images, labels, first, count, total = element
    return (images, labels), RowsOfBatch(first, count, total)


def _parts(
    batches: Batches, epoch: int, first_step: int, own: range, devices: int
) -> tf.data.Dataset:
    """The parts of the devices `own` of one machine: step after step, and device after device."""
    with tf.device("CPU"):
        if isinstance(batches, ArrayBatches):
            # Divided as a whole batch is, a smaller last one too: whoever comes last has fewer rows.
            size = batches.batch_size
            low, high = (size * one // devices for one in (own.start, own.stop))
            rows = batches.epoch(epoch, first_step, (low, high))
            last = batches.rows - (batches.steps - 1) * size
            steps = tf.data.Dataset.range(first_step, batches.steps)
            totals = steps.map(lambda step: tf.where(step == batches.steps - 1, last, size))
            together = tf.data.Dataset.zip(_endless(rows), totals.concatenate(_zeros()))
            steps_of_machine = together.map(
                lambda batch, total: (*batch, tf.constant(low), tf.constant(size), total)
            )
        else:
            # Whoever made the dataset knows its batches: each machine reads all of them.
            whole = _endless(batches.epoch(epoch, first_step))
            steps_of_machine = whole.map(
                lambda images, labels: (images, labels, 0, *[tf.shape(images)[0]] * 2)
            )

        def of_device(device: tf.Tensor, *step: tf.Tensor) -> tuple[tf.Tensor, ...]:
            images, labels, offset, size, total = step
            begin, end = (size * one // devices for one in (device, device + 1))
            mine = slice(begin - offset, end - offset)
            count = tf.shape(images[mine])[0]
            return images[mine], labels[mine], tf.minimum(begin, total), count, total

        if len(own) == 1:
            parts = steps_of_machine.map(lambda *step: of_device(tf.constant(own.start), *step))
        else:
            numbers = tf.data.Dataset.from_tensor_slices(tf.range(own.start, own.stop))
            parts = steps_of_machine.flat_map(
                lambda *step: numbers.map(lambda device: of_device(device, *step))
            )
        # Without an end, no machine has to ask all others before every step whether there is one.
        endless = tf.data.experimental.assert_cardinality(tf.data.INFINITE_CARDINALITY)
        return parts.apply(endless).prefetch(len(own))


def _zeros() -> tf.data.Dataset:
    return tf.data.Dataset.from_tensors(tf.constant(0)).repeat()


def _endless(batches: tf.data.Dataset) -> tf.data.Dataset:
    """The batches, and then batches of no rows."""
    specs = batches.element_spec
    none = tuple(tf.zeros([0, *[size or 0 for size in one.shape[1:]]], one.dtype) for one in specs)
    return batches.concatenate(tf.data.Dataset.from_tensors(none).repeat())
