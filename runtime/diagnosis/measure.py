"""Measure a trained program, and the data that it was trained on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import keras
import numpy as np
import numpy.typing as npt
import tensorflow as tf

from bnnc.errors import ArgumentError
from bnnc.runtime.data import DataError
from bnnc.runtime.diagnosis.evidence import Evidence, Images, Scores, Trial
from bnnc.runtime.diagnosis.images import images_of
from bnnc.runtime.diagnosis.layers import is_finite, layers_of
from bnnc.runtime.diagnosis.predictions import class_factors, scores
from bnnc.runtime.diagnosis.trials import trials
from bnnc.runtime.inputs import rows_to_evaluate
from bnnc.runtime.keras_settings import keras_defaults
from bnnc.runtime.model import BayesianModel
from bnnc.runtime.outputs.output import ClassOutput
from bnnc.runtime.prediction.draws import WeightDraws
from bnnc.runtime.prediction.ensemble_prediction import EnsembleDraws
from bnnc.runtime.preparation import encoded
from bnnc.runtime.prepared import Prepared
from bnnc.runtime.program import Program
from bnnc.runtime.training.batches import Batches, Stream
from bnnc.runtime.training.loop import Metrics
from bnnc.runtime.training.statistics import copy_statistics
from bnnc.specs import Spec

Array = npt.NDArray[Any]
Rows = tuple[Array, Array]

# Rows that are predicted, of each split.
MOST_ROWS = 2000
# Rows that activations, noise and gradients are measured on.
_ROWS_OF_LAYERS = 128
# Steps of a trial; and seconds of all trials of a model, as far as the run's own speed tells.
_MOST_STEPS, _LEAST_STEPS, _SECONDS = 100, 10, 60.0


@keras_defaults()
def measure(
    program: Program,
    history: Sequence[Metrics],
    prepared: Prepared | None,
    held_out: Rows | None = None,
    start: Program | None = None,
) -> tuple[Evidence, ...]:
    """Measure a trained program: one model, or the members of an ensemble and all of them together.

    Args:
        program: the trained program.
        history: the metrics of its epochs; of an ensemble, of each member in turn.
        prepared: the data of its training; None where it is not there any longer.
        held_out: test images, and labels as the spec encodes them, for data without validation.
        start: the program before its training; None where it cannot be made.

    Raises: ArgumentError for a program that has not been trained.
    """
    if program.manifest["trained"] is None:
        raise ArgumentError("The program has not been trained: there is nothing to diagnose")
    data = None if prepared is None else _Data(prepared, held_out, program.models[0])
    members = program.members
    if len(members) == 1:
        return (_as_calibrated(program, _measure(program, history, data, start)),)
    starts = [None] * len(members) if start is None else list(start.members)
    each = [
        _measure(member, [one for one in history if one.get("member") == number], data, first)
        for number, (member, first) in enumerate(zip(members, starts, strict=True))
    ]
    # How sure the mixture is cannot be seen from a member.
    found = [
        replace(
            one,
            member=number,
            held_out=None
            if one.held_out is None
            else replace(one.held_out, temperature=None, nll_at_draws=one.held_out.nll),
        )
        for number, one in enumerate(each)
    ]
    if data is not None:
        draws = EnsembleDraws([WeightDraws(model) for model in program.models])
        train, others = data.scores(draws, program.spec.prediction.samples)
        whole = replace(each[0], history=(), layers=(), trials=(), kl_share_of_weight=1.0)
        found.append(_as_calibrated(program, replace(whole, train=train, held_out=others)))
    return tuple(found)


def _as_calibrated(program: Program, one: Evidence) -> Evidence:
    """The evidence without a best temperature, if the predictions are calibrated already."""
    fitted = program.calibration
    if one.held_out is None or fitted is None or fitted.probabilities is None:
        return one
    return replace(one, held_out=replace(one.held_out, temperature=None))


class _Data:
    """The rows that a program was trained on, and others."""

    def __init__(self, prepared: Prepared, held_out: Rows | None, model: BayesianModel) -> None:
        self.batches = prepared.train
        self._factors = class_factors(model, prepared.train)
        self.train = _rows(prepared.train)
        is_validation = prepared.validation is not None
        self.name = "validation" if is_validation else "test"
        others = held_out if prepared.validation is None else _rows(prepared.validation)
        self.held_out = others if others is not None and len(others[0]) else None

    def scores(
        self, draws: WeightDraws | EnsembleDraws, samples: int
    ) -> tuple[Scores | None, Scores | None]:
        """Predictions for the rows trained on, and for the others."""
        how: Any = {"samples": samples, "seed": None, "factors": self._factors}
        train = scores(draws, *self.train, **how)
        return train, None if self.held_out is None else scores(draws, *self.held_out, **how)


def _measure(
    program: Program, history: Sequence[Metrics], data: _Data | None, start: Program | None
) -> Evidence:
    model, trained = program.model, program.manifest["trained"]
    first = None if start is None else start.model
    if first is not None:
        copy_statistics(model, first)
    steps = -(-trained["rows"] // trained["batch_size"])
    noted = program.manifest.get("diverged")
    if noted is not None:
        diverged: int | None = noted["epoch"]
    else:
        diverged = None if is_finite(model) else len(history) + 1
    train: Scores | None = None
    others: Scores | None = None
    images: Images | None = None
    tried: tuple[Trial, ...] = ()
    placed = {
        node["name"]: node["layer"]
        for node in program.manifest["plan"]["nodes"]
        if node["layer"] is not None
    }
    some = None
    if data is not None:
        some = data.train[0][:_ROWS_OF_LAYERS], data.train[1][:_ROWS_OF_LAYERS]
    layers = layers_of(model, first, placed, some)
    if data is not None and some is not None:
        if is_finite(model):
            train, others = data.scores(WeightDraws(model), program.spec.prediction.samples)
        images = images_of(
            _compared(model, placed, data.train),
            None if data.held_out is None else _compared(model, placed, data.held_out),
            _first_inputs(model if first is None else first, placed, some[0]),
        )
        if first is not None and (train is None or diverged is not None or train.is_poor):
            count = _steps_of_trials(history, steps, trained["epochs"] * steps)
            tried = trials(first, data.batches, first_rate(program.spec), count)
    kl_weight, kl_share = _kl_weights(model, trained, steps)
    return Evidence(
        epochs=trained["epochs"],
        history=tuple(history),
        steps_per_epoch=steps,
        rows=trained["rows"],
        diverged=diverged,
        stopped_early=model.watch.stopped,
        kl_weight=kl_weight,
        kl_share_of_weight=kl_share,
        learning_rate=first_rate(program.spec),
        layers=layers,
        train=train,
        held_out=others,
        held_out_name="" if others is None or data is None else data.name,
        images=images,
        trials=tried,
    )


def _kl_weights(model: BayesianModel, trained: dict[str, Any], steps: int) -> tuple[float, float]:
    """The weight of the KL after the warm-up, and the share of it that the last step had."""
    if not model.has_posterior():
        return 0.0, 1.0
    objective = model.objective
    if not objective.bound:
        rows, batch_size = trained["rows"], trained["batch_size"]
        objective = objective.bind(rows, batch_size, epochs=trained["epochs"])
    full = objective.full_weight
    last = float(objective.weight(tf.constant(max(model.epochs_done * steps, 1) - 1)))
    return full, last / full if full else 1.0


def _steps_of_trials(history: Sequence[Metrics], steps: int, most: int) -> int:
    seconds = min((one["seconds"] for one in history if "seconds" in one), default=0.0)
    affordable = int(_SECONDS / 4 / (seconds / steps)) if seconds else _MOST_STEPS
    return min(max(affordable, _LEAST_STEPS), _MOST_STEPS, most)


def _rows(batches: Batches) -> Rows:
    """Rows of a split, at most `MOST_ROWS`."""
    if not isinstance(batches, Stream):
        return spread(batches.images, batches.labels)
    taken: list[tuple[Array, Array]] = []
    count = 0
    for images, labels in batches.epoch(0):
        taken.append((images.numpy(), labels.numpy()))
        count += len(images)
        if count >= MOST_ROWS:
            break
    images, labels = (np.concatenate(one)[:MOST_ROWS] for one in zip(*taken, strict=True))
    return images, labels


def spread(images: Array, labels: Array) -> Rows:
    """At most `MOST_ROWS` rows, chosen at random with a fixed seed."""
    generator = np.random.default_rng(0)
    count = min(len(images), MOST_ROWS)
    order = generator.choice(len(images), count, replace=False)
    return np.asarray(images[order]), labels[order]


def held_out_rows(program: Program, data: Any) -> Rows | None:
    """The test rows of a source, with labels as the spec encodes them; None if it has none."""
    spec, trained = program.spec, program.manifest["trained"] or {}
    try:
        split = rows_to_evaluate(spec, data, feature_names=trained.get("feature_names"))
    except (ArgumentError, DataError):
        return None
    return spread(split.images, encoded(spec, split.labels, "the test images"))


def _compared(
    model: BayesianModel, placed: dict[str, int], rows: Rows
) -> tuple[Array, Array | None]:
    """Rows with their classes, as they are compared: features as the first layer gets them.

    Distances between rows of a table would be those of the feature with the largest numbers.
    """
    images, classes = _with_classes(model, rows)
    return (_first_inputs(model, placed, images) if images.ndim == 2 else images), classes


def _with_classes(model: BayesianModel, rows: Rows) -> tuple[Array, Array | None]:
    output = model.objective.output
    if not isinstance(output, ClassOutput):
        return rows[0], None
    return rows[0], output.class_indices(tf.convert_to_tensor(rows[1])).numpy()


def _first_inputs(model: BayesianModel, placed: dict[str, int], images: Array) -> Array:
    """The input of the first layer that the spec places."""
    first = next((layer for layer in model.layers if layer.name in placed), None)
    if first is None:
        return images
    before = keras.Model(model.input, keras.tree.flatten(first.input)[0])
    return np.asarray(before(tf.cast(images, tf.float32), training=False))


def first_rate(spec: Spec) -> float:
    """The learning rate that a training begins with, after any warm-up."""
    rate = spec.training.optimizer.learning_rate
    if isinstance(rate, float | int):
        return float(rate)
    given = (getattr(rate, name, None) for name in ("initial_learning_rate", "warmup_target"))
    return max((*(float(one) for one in given if one), *getattr(rate, "values", ())), default=0.0)
