"""Evaluate several weight draws of the first stochastic layer in one wide operation.

What stands before it is the same for all draws, so that the kernels of several make one kernel
with as many times the channels. A convolution of one channel to six keeps a CPU waiting; to
forty-eight it takes a sixth of the time for each draw. Layers behind it that see every channel
alone take the wide map as it is. What follows then has an input of its own for each draw.
"""

from collections.abc import Sequence
from typing import Final

import keras
import numpy as np
import tensorflow as tf

from bnnc.runtime.layers.random_kernel import RandomKernel
from bnnc.runtime.noise import Draw, layer_key
from bnnc.specs.activations import ACTIVATIONS, OVER_CHANNELS

# Bytes of the widest map of one chunk of images, all draws together.
_WIDE_BYTES: Final = 128 * 2**20
# Channels beyond which a wider operation is no faster; a map of one draw may have as many already.
_WIDE_CHANNELS: Final = 64
_SEES_CHANNELS_ALONE: Final = (
    keras.layers.MaxPooling1D,
    keras.layers.MaxPooling2D,
    keras.layers.MaxPooling3D,
    keras.layers.AveragePooling1D,
    keras.layers.AveragePooling2D,
    keras.layers.AveragePooling3D,
    keras.layers.GlobalMaxPooling1D,
    keras.layers.GlobalMaxPooling2D,
    keras.layers.GlobalMaxPooling3D,
    keras.layers.GlobalAveragePooling1D,
    keras.layers.GlobalAveragePooling2D,
    keras.layers.GlobalAveragePooling3D,
    keras.layers.Activation,
)
# Activations of the language that see every number alone.
_SEES_NUMBERS_ALONE: Final = frozenset(ACTIVATIONS) - OVER_CHANNELS


class BatchedDraws:
    """A random layer whose input no draw changes, and what may follow it before they part.

    Attributes:
        layers: the random layer, and those behind it that see every channel alone.
        after: from there to the model's output, for one draw; None if nothing follows.
    """

    def __init__(
        self, layer: RandomKernel, channelwise: Sequence[keras.layers.Layer], model: keras.Model
    ) -> None:
        self._layer = layer
        self.layers = (layer, *channelwise)
        end = self.layers[-1].output
        self.after = None if end is model.output else keras.Model(end, model.output)
        self._shape = tuple(end.shape[1:])
        self._numbers = max(int(np.prod(one.output.shape[1:])) for one in self.layers)

    def draws_at_once(self, rows: tf.Tensor) -> tf.Tensor:
        """How many draws of so many images are worth taking together: int32, at least 1."""
        fit = _WIDE_BYTES // (4 * self._numbers * tf.maximum(rows, 1))
        useful = max(_WIDE_CHANNELS // self._layer.output_channels, 1)
        return tf.clip_by_value(fit, 1, useful)

    def outputs(self, inputs: tf.Tensor, seed: tf.Tensor, samples: tf.Tensor) -> tf.Tensor:
        """Inputs of `after`, for each of the draws numbered `samples`.

        Shapes: inputs [rows, ...], samples [draws] -> [draws, rows, ...].
        """
        keys = tf.map_fn(
            lambda sample: layer_key(
                Draw(key=tf.stack([seed, sample]), kind="weights"), self._layer.seed
            ),
            samples,
        )
        wide = self._layer.batched_outputs(inputs, keys)
        for layer in self.layers[1:]:
            wide = layer(wide)
        channels = self._shape[-1]
        apart = tf.reshape(wide, [-1, tf.shape(samples)[0], channels])
        outputs = tf.reshape(
            tf.transpose(apart, [1, 0, 2]), [tf.shape(samples)[0], -1, *self._shape]
        )
        return tf.ensure_shape(outputs, (None, inputs.shape[0], *self._shape))


def batched_draws(model: keras.Model, cut: Sequence[keras.KerasTensor]) -> BatchedDraws | None:
    """The first random layer of a model that is cut before it, if its draws can share their work.

    They can where all that is random comes from one layer that draws weights, and takes its sums
    over the channels of its inputs; and where its activation sees every number alone.
    """
    if len(cut) != 1:
        return None
    first = _only_reader(model, cut[0])
    if not isinstance(first, RandomKernel) or not _can_stand_side_by_side(first):
        return None
    channelwise: list[keras.layers.Layer] = []
    last: keras.layers.Layer = first
    while last.output is not model.output:
        last = _only_reader(model, last.output)
        if not _sees_channels_alone(last):
            break
        channelwise.append(last)
    return BatchedDraws(first, channelwise, model)


def _can_stand_side_by_side(layer: RandomKernel) -> bool:
    return (
        layer.supports_batched_kernels
        and layer.draws_weights(layer.input)
        and _is_elementwise(layer.activation)
    )


def _sees_channels_alone(layer: keras.layers.Layer | None) -> bool:
    return (
        isinstance(layer, _SEES_CHANNELS_ALONE)
        and getattr(layer, "data_format", "channels_last") == "channels_last"
        and _is_elementwise(getattr(layer, "activation", None))
    )


def _is_elementwise(activation: object) -> bool:
    return activation is None or getattr(activation, "__name__", None) in _SEES_NUMBERS_ALONE


def _only_reader(model: keras.Model, tensor: keras.KerasTensor) -> keras.layers.Layer | None:
    """The layer that takes a tensor, if no other does and it takes no other."""
    readers = [
        one
        for one in model.operations
        if any(taken is tensor for taken in keras.tree.flatten(one.input))
    ]
    alone = len(readers) == 1 and readers[0].input is tensor
    return readers[0] if alone else None
