"""The progress of a training: saved with the weights, continued by the next training."""

import json
import math
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Self

import numpy as np

from bnnc.runtime.training.early_stopping import EarlyStoppingState

# Its name beside the weights.
_NAME = "progress"


@dataclass(frozen=True)
class Progress:
    """The progress of a training, as plain values.

    Attributes:
        epochs_done, batches_done, averaged, watch: as of `BayesianModel`.
        steps_taken: training steps behind the weights.
        rows, steps_per_epoch, epochs, first_step: as of `Objective`.

    Raises: ValueError for epochs or steps that are no number of them.
    """

    epochs_done: int = 0
    averaged: bool = False
    watch: dict[str, Any] = field(default_factory=dict)
    steps_taken: int = 0
    rows: int | None = None
    steps_per_epoch: int | None = None
    epochs: int | None = None
    first_step: int = 0
    batches_done: int = 0

    def __post_init__(self) -> None:
        # `first_step` may lie before the first one: see `continued`.
        for name in ("epochs_done", "steps_taken", "batches_done"):
            value = getattr(self, name)
            if type(value) is not int or value < 0:
                raise ValueError(
                    f"Expected `{name}` to be an integer, at least 0. Received: {name}={value!r}"
                )
        if type(self.averaged) is not bool:
            raise ValueError(
                f"Expected `averaged` to be true or false. Received: averaged={self.averaged!r}"
            )

    @classmethod
    def of(cls, model: Any) -> Self:
        """The progress of a model."""
        objective = model.objective
        return cls(
            epochs_done=model.epochs_done,
            averaged=model.averaged,
            watch=model.watch.get_config(),
            steps_taken=model.steps_taken,
            rows=objective.rows,
            steps_per_epoch=objective.steps_per_epoch,
            epochs=objective.epochs,
            first_step=objective.first_step,
            batches_done=model.batches_done,
        )

    def give_to(self, model: Any) -> None:
        """Let a model be that far."""
        model.epochs_done = self.epochs_done
        model.batches_done = self.batches_done
        model.averaged = self.averaged
        model.watch = EarlyStoppingState.from_config(self.watch)
        model.steps_loaded = self.steps_taken
        model.objective = replace(
            model.objective,
            rows=self.rows,
            steps_per_epoch=self.steps_per_epoch,
            epochs=self.epochs,
            first_step=self.first_step,
        )


def save_progress(model: Any, store: Any) -> None:
    """Write the progress of a model beside its weights: as JSON, with the best weights.

    Within an epoch, what the metrics have counted of it is a part of the progress.
    """
    progress = Progress.of(model)
    store[_NAME] = np.frombuffer(json.dumps(asdict(progress)).encode(), np.uint8)
    model.watch.save_weights(store)
    if model.batches_done:
        numbers = model.counts or [one.numpy() for one in counters(model)]
        for place, number in enumerate(numbers):
            store[_counter(place)] = number


def load_progress(model: Any, store: Any) -> None:
    """Let a model be as far as was saved; a file of an earlier version has that in its config.

    Raises: ValueError, TypeError or KeyError for what `save_progress` did not write.
    """
    if _NAME in store.keys():  # noqa: SIM118  # Keras's store has no `in`
        Progress(**json.loads(np.asarray(store[_NAME], np.uint8).tobytes())).give_to(model)
    model.watch.load_weights(store)
    if model.batches_done:
        for place, variable in enumerate(counters(model)):
            variable.assign(np.asarray(store[_counter(place)]))


def counters(model: Any) -> list[Any]:
    """The variables of the model's own metrics: of each a sum, and the weight that it is divided by."""
    own = (model.loss_tracker, model.nll_tracker, model.kl_tracker, model.score_tracker)
    return [variable for metric in own for variable in metric.variables]


def _counter(place: int) -> str:
    """The name that the variable of a metric is saved under."""
    return f"counted_{place}"


def continued(first_step: int, steps_before: int | None, steps: int, now: int) -> int:
    """First step of a training that goes on, counted in the epochs that it has from now on.

    Where an epoch has as many steps as before, it is the first step itself. Otherwise it moves, so
    that as many epochs lie between it and `now` as before; a part of a step is rounded up.

    Args:
        first_step: first step so far.
        steps_before: steps of an epoch so far; None before the first training.
        steps: steps of an epoch from now on.
        now: steps taken.
    """
    if now < first_step:  # another optimizer counts
        return now
    if steps_before is None or steps_before == steps:
        return first_step
    return now - math.ceil((now - first_step) * steps / steps_before)
