"""A SavedModel that draws weights anew at every call."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Final

import keras
import numpy.typing as npt
import tensorflow as tf

from bnnc.runtime.calibration.fitted import FittedCalibration
from bnnc.runtime.exporting.formats.format import quiet
from bnnc.runtime.exporting.formats.saved_model import OPTIONS, described
from bnnc.runtime.exporting.opening import Arrays
from bnnc.runtime.exporting.predictive import DrawsOf, Tensors, of_draw, prediction_of
from bnnc.runtime.keras_settings import keras_defaults

# Seeds, and numbers of draws, are below.
_NUMBERS: Final = 2**31 - 1


def signatures_of(
    members: Sequence[DrawsOf], fitted: FittedCalibration | None, images: tf.TensorSpec
) -> dict[str, Any]:
    """The functions `predict`, `draw` and `predict_seeded`, as `tf.function` each.

    `predict` averages over new draws of each model. `draw` is what one new draw of the weights of
    one model predicts, without calibration. `predict_seeded` also takes the number of draws and
    their seed, and gives what `program.predict` does with both.

    Args:
        members: the models that predict together, with the number of draws.
        fitted: the calibration to apply to predictions over several draws, or None.
        images: shape, type and name of the images.
    """
    output = members[0].draws.output
    samples_and_seed = [tf.TensorSpec((), tf.int32, name) for name in ("samples", "seed")]

    def over(given: tf.Tensor, counts: Sequence[Any], seed: tf.Tensor) -> Tensors:
        each = zip(members, counts, strict=True)
        drawn = [one.draws.stacked(given, count, seed) for one, count in each]
        return prediction_of(output, drawn, fitted)

    def predict(images: tf.Tensor) -> Tensors:
        return over(images, [tf.constant(one.samples) for one in members], _random())

    def predict_seeded(images: tf.Tensor, samples: tf.Tensor, seed: tf.Tensor) -> Tensors:
        counts = [tf.minimum(samples, one.draws.draws(_NUMBERS)) for one in members]
        return over(images, counts, seed)

    def draw(images: tf.Tensor) -> Tensors:
        sample, seed = _random(), _random()

        def of(one: DrawsOf) -> Tensors:
            return of_draw(output, one.draws.single(images, sample, seed))

        choices = [partial(of, one) for one in members]
        return choices[0]() if len(choices) == 1 else _chosen(choices)

    def of_type(function: Any, *signature: tf.TensorSpec) -> Any:
        return tf.function(function, input_signature=signature, autograph=False)

    made = {
        "predict": of_type(predict, images),
        "draw": of_type(draw, images),
        "predict_seeded": of_type(predict_seeded, images, *samples_and_seed),
    }
    with keras_defaults():  # the layers do what the spec says
        for one in made.values():
            one.get_concrete_function()
    return made


def write_fresh(
    folder: Path, members: Sequence[DrawsOf], signatures: dict[str, Any], description: str
) -> None:
    """Write a SavedModel with these signatures, and `description`, into an empty folder."""
    archive = keras.export.ExportArchive()
    for one in members:
        archive.track(one.draws.model)
    with keras_defaults():
        for name, function in signatures.items():
            archive.add_endpoint(name, function)
        archive.add_endpoint("description", described(description))
        archive.write_out(str(folder), options=OPTIONS, verbose=False)


def open_seeded(folder: Path, samples: int, seed: int) -> Callable[[npt.NDArray[Any]], Arrays]:
    """The signature `predict_seeded` of a SavedModel, with its numbers filled in."""
    with quiet("absl"):  # gradients were not saved, and are not asked for
        loaded = tf.saved_model.load(str(folder))
    signature = loaded.signatures["predict_seeded"]
    numbers = {"samples": tf.constant(samples), "seed": tf.constant(seed)}
    [name] = signature.structured_input_signature[1].keys() - numbers.keys()

    def run(images: npt.NDArray[Any]) -> Arrays:
        assert loaded is not None  # the signature does not hold its variables
        made = signature(**{name: tf.constant(images, tf.float32)}, **numbers)
        return {name: one.numpy() for name, one in made.items()}

    return run


def _chosen(choices: Sequence[Callable[[], Tensors]]) -> Tensors:
    made: Tensors = tf.switch_case(_random() % len(choices), choices)
    return made


def _random() -> tf.Tensor:
    """A random number from 0 to 2**31 - 2, another one at each call and in each process.

    The raw operation: a global seed of TensorFlow has no part in it. Shape: [].
    """
    return tf.raw_ops.RandomUniformInt(
        shape=tf.zeros([0], tf.int32),
        minval=tf.constant(0),
        maxval=tf.constant(_NUMBERS),
        seed=0,
        seed2=0,
    )
