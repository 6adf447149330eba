"""The exponential moving average of the weights: which of the two a model holds.

A Keras optimizer with `use_ema` keeps an average beside every trained weight. Keras's own loop
writes the averages over the weights after the last epoch, and what was there is gone. Here the
two change places: the averages are validated, saved and predicted with, and the training goes on
from the weights, also after it was saved and loaded.
"""

import hashlib
from collections.abc import Iterable
from typing import Any

import numpy as np
import tensorflow as tf

from bnnc.runtime.keras_internals import batch_counter, moving_averages


def inner_optimizer(optimizer: Any) -> Any:
    """The optimizer itself where mixed float16 wraps it to scale the loss."""
    return getattr(optimizer, "inner_optimizer", optimizer)


def batch_count(optimizer: Any) -> Any:
    """Keras's variable that counts batches; its public `iterations` counts changes of the weights.

    The two differ where gradients are accumulated. Noise and schedules follow the batches.
    """
    return batch_counter(inner_optimizer(optimizer))


def steps_of(optimizer: Any) -> int:
    """Batches that an optimizer has taken; 0 where there is none."""
    if optimizer is None:
        return 0
    with tf.init_scope():  # the number itself, also where a step is traced
        return int(batch_count(optimizer).numpy())


def use_ema_weights(model: Any) -> None:
    """Put the averages into the model, where its optimizer keeps any, and the weights aside."""
    if not model.averaged and _swap(model):
        model.averaged = True


def use_raw_weights(model: Any) -> None:
    """Put the weights that are trained back into the model, where the averages are in it."""
    if model.averaged:
        _swap(model)
        model.averaged = False


def _swap(model: Any) -> bool:
    """Whether there were averages to change places with."""
    optimizer = inner_optimizer(getattr(model, "optimizer", None))
    if optimizer is None or not optimizer.use_ema or not optimizer.built:
        return False
    pairs = zip(model.trainable_variables, moving_averages(optimizer), strict=True)
    for weight, average in pairs:
        kept = tf.identity(weight)
        weight.assign(average)
        average.assign(kept)
    return True


def digest_of_weights(models: Iterable[Any]) -> str:
    """SHA-256 of all numbers that a training goes on from: weights, and the optimizers' own."""
    digest = hashlib.sha256()
    for model in models:
        for variable in (*model.weights, *model.optimizer.variables):
            digest.update(np.ascontiguousarray(variable).data)
    return "sha256:" + digest.hexdigest()
