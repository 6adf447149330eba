"""Short trainings from the first weights, each with one thing changed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import chain, islice
from typing import Any

import numpy as np
import tensorflow as tf

from bnnc.runtime.diagnosis.evidence import FASTER, SLOWER, WITHOUT_KL, Trial
from bnnc.runtime.keras_settings import keras_defaults
from bnnc.runtime.model import BayesianModel
from bnnc.runtime.training.batches import Batches
from bnnc.runtime.training.ema import inner_optimizer

_RATES = {"": 1.0, SLOWER: 0.1, FASTER: 10.0, WITHOUT_KL: 1.0}
# The last of the steps, whose NLL is compared.
_COMPARED = 0.2


@keras_defaults()
def trials(model: BayesianModel, batches: Batches, rate: float, steps: int) -> tuple[Trial, ...]:
    """Train some steps from the model's weights, as it is and with one thing changed.

    The model's weights and its optimizer are not those of before afterwards.

    Args:
        model: the untrained model.
        batches: what it is trained on.
        rate: the learning rate that the training began with, after any warm-up.
        steps: training steps of each.
    """
    section = inner_optimizer(model.optimizer)
    model.compile(type(section).from_config({**section.get_config(), "learning_rate": rate}))
    optimizer = inner_optimizer(model.optimizer)
    optimizer.build(model.trainable_variables)
    variables = [*model.weights, *optimizer.variables]
    first = [np.asarray(one) for one in variables]
    objective = model.objective.bind(batches.rows, batches.batch_size, epochs=1)
    # The whole weight of the KL from the first step on.
    model.objective = replace(objective, kl_warmup_epochs=0.0, kl_cycles=0)
    step = _step(model)
    found = []
    for change, factor in _RATES.items():
        if change == WITHOUT_KL:
            if not model.has_posterior():
                continue
            model.objective = replace(model.objective, kl_weight=0.0)
            step = _step(model)
        for variable, value in zip(variables, first, strict=True):
            variable.assign(value)
        optimizer.learning_rate = rate * factor
        found.append(Trial(change, steps, _nll_after(model, step, batches, steps)))
    return tuple(found)


def _step(model: BayesianModel) -> Any:
    return tf.function(model.train_step, reduce_retracing=True, autograph=False)


def _nll_after(model: BayesianModel, step: Any, batches: Batches, steps: int) -> float | None:
    """The NLL of the last batches; None if it is not finite."""
    losses = []
    for images, labels in _batches(batches, steps):
        model.reset_metrics()
        losses.append(float(step((images, labels))["nll"]))
        if not np.isfinite(losses[-1]):
            return None
    kept = max(int(len(losses) * _COMPARED), 1)
    return float(np.mean(losses[-kept:]))


def _batches(batches: Batches, steps: int) -> Iterator[Any]:
    epochs = (batches.epoch(number) for number in range(10**6))
    yield from islice(chain.from_iterable(epochs), steps)
