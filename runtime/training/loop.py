"""The training loop: many steps in one call, and the same weights after every interruption.

Keras's `fit` trains these models too. This loop has what it lacks: the order of the rows is a
function of (seed, epoch), so that a resumed training is bit for bit the uninterrupted one, and no
Python runs between the steps.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any

import keras
import tensorflow as tf

from bnnc.errors import ArgumentError, DeviceError, DivergedError
from bnnc.runtime.devices import use_xla
from bnnc.runtime.noise import Draw, drawing
from bnnc.runtime.row_noise import having_rows
from bnnc.runtime.tracing import suppress_retracing_warning
from bnnc.runtime.training.batches import Batches
from bnnc.runtime.training.early_stopping import EarlyStoppingState
from bnnc.runtime.training.ema import inner_optimizer, use_ema_weights, use_raw_weights
from bnnc.runtime.training.fitting import fit_posteriors
from bnnc.runtime.training.histories import ProgressBar
from bnnc.runtime.training.running_metrics import RunningMetrics
from bnnc.runtime.training.sharding import distributed, part_of
from bnnc.runtime.training.statistics import take_statistics
from bnnc.runtime.workers import all_say, noticing
from bnnc.runtime.workers import count as count_workers
from bnnc.specs.training import EarlyStopping

if TYPE_CHECKING:
    from bnnc.runtime.model import BayesianModel

# One call should last long enough to cost nothing, and be short enough for a progress bar.
_SECONDS_PER_CALL = 0.2
# Keeps the noise of validation apart from that of training.
_VALIDATION = 0x7A11

Metrics = dict[str, float]


@suppress_retracing_warning()
def train(
    model: BayesianModel,
    batches: Batches,
    *,
    epochs: int,
    validation: Batches | None = None,
    first_epoch: int = 0,
    first_batch: int = 0,
    early_stopping: EarlyStopping | None = None,
    callbacks: Sequence[keras.callbacks.Callback] = (),
    verbose: int = 0,
) -> list[Metrics]:
    """Train a compiled model from `first_epoch` (counted from 0) up to `epochs`.

    The first epoch goes on from `first_batch`: the model has the batches before it behind it. The
    model is bound to the rows of the data. Callbacks are Keras's; `on_train_batch_end` is
    called after each call of several steps, with the number of the last one. Where the optimizer
    averages the weights, the averages are in the model from the end of an epoch's steps on: in
    its validation, in `on_epoch_end`, and after the training. `verbose` is Keras's: 0 is silent, 1
    a progress bar, 2 a line an epoch.

    Raises: DivergedError if the loss is not finite; DataError for stored images that cannot be
        read; DeviceError for gradients accumulated over several devices; ArgumentError for early
        stopping without validation data; WorkerError for a worker on another machine that ended.
    Returns: the metrics of each epoch that was trained: loss, nll, kl, accuracy, the same with
    `val_` before them where there is validation data, seconds, and images_per_second.
    """
    with nullcontext() if validation is None else validation.reading(), batches.reading():
        begin = first_epoch, first_batch
        with noticing():
            return _train(
                model, batches, epochs, validation, begin, early_stopping, callbacks, verbose
            )


def _train(
    model: BayesianModel,
    batches: Batches,
    epochs: int,
    validation: Batches | None,
    begin: tuple[int, int],
    early_stopping: EarlyStopping | None,
    callbacks: Sequence[keras.callbacks.Callback],
    verbose: int,
) -> list[Metrics]:
    first_epoch, first_batch = begin
    is_resumed = begin > (0, 0)
    _refuse_accumulation_over_devices(model)
    if early_stopping is not None and validation is None:
        raise ArgumentError("Early stopping needs validation data. Received: validation=None")
    take_statistics(model, batches)
    model.set_length(
        rows=batches.rows,
        batch_size=batches.batch_size,
        epochs=epochs,
        resumed=is_resumed,
    )
    model.rows_given = False  # that was for this training
    if not model.optimizer.built:  # a loss scale optimizer adds its variables on every call
        model.optimizer.build(model.trainable_variables)
    score = _make_score(model)
    watchers = keras.callbacks.CallbackList(
        [*callbacks, *([ProgressBar()] if verbose else [])],
        model=model,
        epochs=epochs,
        steps=batches.steps,
        verbose=verbose,
    )
    calls, numbers = _Calls(_make_run_steps(model)), RunningMetrics(model)
    model.stop_training = False
    model.epochs_done, model.batches_done = begin
    if not is_resumed:
        model.watch = EarlyStoppingState()
    history: list[Metrics] = []
    watchers.on_train_begin()
    for epoch in range(first_epoch, epochs):
        use_raw_weights(model)
        watchers.on_epoch_begin(epoch)
        began = time.perf_counter()
        first = first_batch if epoch == first_epoch else 0
        metrics = _train_epoch(model, batches, epoch, first, calls, numbers, watchers)
        seconds = time.perf_counter() - began
        use_ema_weights(model)
        if validation is not None:
            metrics |= _validate(model, validation, epoch, score, numbers)
        rows = batches.rows - first * batches.batch_size
        metrics |= {"seconds": seconds, "images_per_second": rows / seconds}
        history.append(metrics)
        model.epochs_done, model.batches_done = epoch + 1, 0
        if early_stopping is not None:
            model.watch.update(early_stopping, model, epoch, metrics["val_nll"])
        if model.watch.stopped or epoch + 1 == epochs:
            # Before the callbacks, so that what they write at the end is what was restored.
            _finish(model, batches, validation)
        watchers.on_epoch_end(epoch, dict(metrics))
        if model.stop_training or model.watch.stopped:
            break
    if model.stop_training or first_epoch >= epochs:  # ended by a callback, or nothing was left
        use_ema_weights(model)
        _finish(model, batches, validation)
    watchers.on_train_end(history[-1] if history else None)
    return history


@dataclass
class _Calls:
    """The function that takes steps, and how many steps a call of it takes."""

    run_steps: tf.types.experimental.PolymorphicFunction
    steps: int = 1
    grows: bool = True

    def run(self, iterator: Iterator[Any], count: int) -> None:
        """Take steps, and from then on twice as many at once if that was quick."""
        began = time.perf_counter()
        self.run_steps(iterator, tf.constant(count))
        was_quick = time.perf_counter() - began < _SECONDS_PER_CALL / 2
        if count_workers() > 1:
            # All have to make the same calls, and each has a clock of its own.
            self.grows = self.grows and all_say(was_quick)
            was_quick = self.grows
        if was_quick:
            self.steps *= 2


def _train_epoch(
    model: BayesianModel,
    batches: Batches,
    epoch: int,
    first: int,
    calls: _Calls,
    numbers: RunningMetrics,
    watchers: keras.callbacks.CallbackList,
) -> Metrics:
    """Take the steps of an epoch from one on. Raises: DivergedError if the loss is not finite."""
    if not first:
        model.reset_metrics()
    iterator = iter(distributed(batches, epoch, first))
    done = first
    while done < batches.steps:
        count = min(calls.steps, batches.steps - done)
        watchers.on_train_batch_begin(done)
        calls.run(iterator, count)
        done += count
        running = numbers.read()
        if not math.isfinite(running["loss"]):
            raise DivergedError(running["loss"], epoch + 1, done)
        model.batches_done = done
        watchers.on_train_batch_end(done - 1, running)
    return numbers.read()


def _validate(
    model: BayesianModel,
    validation: Batches,
    epoch: int,
    score: tf.types.experimental.PolymorphicFunction,
    numbers: RunningMetrics,
) -> Metrics:
    """Score the rows that are held out; the names of the metrics begin with `val_`."""
    model.reset_metrics()
    for batch in islice(distributed(validation, 0), validation.steps):
        score(batch, tf.constant(epoch))
    return {f"val_{name}": value for name, value in numbers.read().items()}


def _finish(model: BayesianModel, batches: Batches, validation: Batches | None) -> None:
    """Restore the best weights, where they were kept, and fit the posteriors around the weights."""
    model.watch.restore(model)
    held_out = None if validation is None else validation.epoch(0)
    fit_posteriors(model, batches.epoch(0), held_out)


def _refuse_accumulation_over_devices(model: BayesianModel) -> None:
    strategy = tf.distribute.get_strategy()
    steps = inner_optimizer(model.optimizer).gradient_accumulation_steps
    if steps and strategy.num_replicas_in_sync > 1:
        raise DeviceError(
            f"Keras cannot accumulate gradients on {strategy.num_replicas_in_sync} devices: "
            "multiply `training.batch_size` by `gradient_accumulation_steps` and delete the "
            "latter, or let TensorFlow see one device"
        )


def _make_run_steps(model: BayesianModel) -> tf.types.experimental.PolymorphicFunction:
    strategy = tf.distribute.get_strategy()
    # XLA has no kernel for what some of Keras's random image layers do.
    compiled = use_xla() and all(layer.supports_jit for layer in model.layers)

    @tf.autograph.experimental.do_not_convert
    def step(element: Any) -> None:
        batch, rows = part_of(element)
        with having_rows(rows):
            model.train_step(batch)

    if compiled:
        step = tf.function(step, jit_compile=True, autograph=False)

    @tf.function(reduce_retracing=True)
    def run_steps(iterator: tf.data.Iterator, count: tf.Tensor) -> None:
        for _ in tf.range(count):
            strategy.run(step, args=(next(iterator),))

    return run_steps


def _make_score(model: BayesianModel) -> tf.types.experimental.PolymorphicFunction:
    strategy = tf.distribute.get_strategy()

    def score_one(element: Any, epoch: tf.Tensor) -> None:
        batch, rows = part_of(element)
        key = tf.random.fold_in(tf.stack([tf.constant(model.seed), epoch]), _VALIDATION)
        with drawing(Draw(key=key, kind="estimator")), having_rows(rows):
            model.test_step(batch)

    @tf.function(reduce_retracing=True, autograph=False)
    def score(element: Any, epoch: tf.Tensor) -> None:
        strategy.run(score_one, args=(element, epoch))

    return score
