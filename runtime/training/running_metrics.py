"""The metrics of an epoch so far, as all devices and workers have counted them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import tensorflow as tf

from bnnc.runtime.keras_internals import compiled_metrics
from bnnc.runtime.training.progress import counters
from bnnc.runtime.workers import count as count_workers

if TYPE_CHECKING:
    from bnnc.runtime.model import BayesianModel

Metrics = dict[str, float]


class RunningMetrics:
    """Reads the running metrics of a model.

    Each worker counts its own rows. What all have counted is added up in one message, by all of
    them at once; the chief saves it, which it could not ask for alone.
    """

    def __init__(self, model: BayesianModel) -> None:
        self._model = model
        strategy = tf.distribute.get_strategy()

        def added() -> tf.Tensor:
            own = tf.stack([tf.convert_to_tensor(one) for one in counters(model)])
            replica = tf.distribute.get_replica_context()
            return replica.all_reduce(tf.distribute.ReduceOp.SUM, own)

        @tf.function(autograph=False)
        def counted() -> tf.Tensor:
            return strategy.experimental_local_results(strategy.run(added))[0]

        self._counted = counted

    def read(self) -> Metrics:
        """The metrics since the epoch began."""
        model = self._model
        if count_workers() == 1:
            results = model.get_metrics_result()
            # A metric of Keras's may have several numbers, as one a class.
            return {name: np.asarray(value).tolist() for name, value in results.items()}
        model.counts = list(self._counted().numpy())
        numbers = iter(model.counts)
        own = (model.loss_tracker, model.nll_tracker, model.kl_tracker, model.score_tracker)
        found = {one.name: _divided(next(numbers), next(numbers)) for one in own}
        compiled = compiled_metrics(model)
        if compiled is not None:
            results = compiled.result()
            found |= {name: np.asarray(value).tolist() for name, value in results.items()}
        return found


def _divided(total: np.float32, weight: np.float32) -> float:
    return float(total / weight) if weight else 0.0
