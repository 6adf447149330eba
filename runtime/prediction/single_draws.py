"""What each draw of the weights predicts by itself, kept rather than averaged."""

from typing import Any, Final

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from bnnc.errors import ArgumentError
from bnnc.runtime.outputs.number import NumberOutput
from bnnc.runtime.outputs.output import ClassOutput
from bnnc.runtime.prediction.draws import Draws
from bnnc.runtime.prediction.predictors import AnyPredictor, ClassPredictor

# Bytes of all draws together.
MOST_BYTES: Final = 2 * 2**30


def single_draws(
    predictor: AnyPredictor, images: npt.NDArray[Any], samples: int, seed: int | None
) -> npt.NDArray[np.float32]:
    """The probabilities, or of numbers the means, of each draw, which `predict` averages.

    Shapes: images [images, height, width, channels] -> [draws, images, classes], of numbers
    [draws, images] or [draws, images, event_size]; of an ensemble the draws of one member after
    those of the other.

    Raises: ArgumentError if they would take more than 2 GiB; otherwise as `predict`.
    """
    source: Draws = predictor if isinstance(predictor, ClassPredictor) else predictor.weight_draws
    draws = source.checked_samples(images, samples)
    output: Any = source.output
    columns = output.columns if isinstance(output, NumberOutput) else output.classes
    size = 4 * draws * len(images) * columns
    if size > MOST_BYTES:
        raise ArgumentError(
            f"{draws:,} draws of {len(images):,} images, with {columns:,} numbers each, take "
            f"{size / 2**30:.1f} GiB, and at most {MOST_BYTES / 2**30:g} GiB are kept. Predict "
            "fewer images at a time, or with fewer samples"
        )
    whole = np.empty((draws, len(images), columns), np.float32)
    for part, parameters in source.parameters(images, samples, seed):
        whole[:, part] = _of_draws(output, parameters)
    return whole[..., 0] if isinstance(output, NumberOutput) and columns == 1 else whole


def _of_draws(output: Any, parameters: tf.Tensor) -> npt.NDArray[np.float32]:
    """Shapes: [draws, rows, width] -> [draws, rows, columns]."""
    draws, rows, width = parameters.shape
    flat = tf.reshape(parameters, (draws * rows, width))
    if isinstance(output, ClassOutput):
        made = output.class_probabilities(flat)
    elif isinstance(output, NumberOutput):
        made = output.marginals(tf.cast(flat, tf.float64)).mean()
    else:
        made = output.label_probabilities(flat)
    return np.asarray(made.numpy().reshape(draws, rows, -1), np.float32)
