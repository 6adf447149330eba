"""Antithetic draws: pairs of a draw of the kernel and its mirror image, each for a part of the batch.

The noise of the two parts of a pair is opposite, so its linear part falls out of the gradient of the
batch; what is left is, once training has begun, as small as with flipout, for the arithmetic of
reparameterization (`benchmarks/gradient_variance.md`).

References: Hammersley and Morton 1956, doi:10.1017/S0305004100031455.
"""

from typing import Any

import tensorflow as tf

from bnnc.runtime.estimators.estimator import KernelLayer, estimator
from bnnc.runtime.noise import key_of_bias, normal
from bnnc.runtime.ordered_sum import ordered_sum
from bnnc.runtime.row_noise import RowsOfBatch, rows_here


@estimator("antithetic", is_weight_draw=True, noise_of_examples="antithetic")
def antithetic(
    layer: KernelLayer, inputs: tf.Tensor, mean: tf.Tensor, scale: tf.Tensor, key: tf.Tensor
) -> tf.Tensor:
    """Return op(rows of a part, mean ± shift) with its bias, part after part.

    `shift` is scale * noise, noise standard normal of the kernel's shape, one for each of the
    layer's pairs. A bias with a posterior has opposite draws too. Parts are those of the whole
    batch: a device has the rows of one part, of several, or of a bit of one.

    Parts are in the order of `mirrored`, and have equally many rows; where that cannot be, the
    first ones have one row more. Of a batch with fewer rows than parts, each row has a part.
    """
    pairs, here = layer.pairs, rows_here()
    kernels = mirrored(mean, scale, key, pairs)
    biases: list[tf.Tensor | None] = [None] * len(kernels)
    if layer.bias_scale is not None:
        biases = [*mirrored(layer.bias_mean, layer.bias_scale, key_of_bias(key), pairs)]
    rows = tf.shape(inputs)[0]
    parts = _Parts(rows, len(kernels)) if here is None else _PartsHere(rows, len(kernels), here)
    outputs = [
        # Rounded once, as in reparameterization.
        layer.biased(layer.op(part, tf.cast(kernel, part.dtype)), bias)
        for part, kernel, bias in zip(parts.divide(inputs), kernels, biases, strict=True)
    ]
    return parts.join(outputs)


def mirrored(mean: tf.Tensor, scale: tf.Tensor, key: tf.Tensor, pairs: int) -> list[tf.Tensor]:
    """Return draws and their mirror images in turn. Shapes: 2 * pairs of the shape of `mean`."""
    noise = normal(tf.TensorShape([pairs, *mean.shape]), key, mean.dtype)

    @tf.custom_gradient
    def drawn(mean: tf.Tensor, *shifts: tf.Tensor) -> tuple[list[tf.Tensor], Any]:
        draws = [one for shift in shifts for one in (mean + shift, mean - shift)]

        def gradient(*upstream: tf.Tensor) -> list[tf.Tensor]:
            opposite = zip(upstream[::2], upstream[1::2], strict=True)
            return [ordered_sum(upstream), *(plus - minus for plus, minus in opposite)]

        return draws, gradient

    draws: list[tf.Tensor] = drawn(mean, *tf.unstack(scale * noise))
    return draws


class _Parts:
    """The parts of a batch, each of at least one row.

    A convolution of no rows has not the channels that it should have: where there are fewer rows
    than parts, the last row is in all parts that would be empty, and these outputs are left out.

    The gradients are written out, since TensorFlow's gradient of a slice is a tensor as large as
    the whole batch: with them a step takes a fifth less time.

    Args:
        rows: rows of the batch, int32 of shape [].
        count: number of parts.
    """

    def __init__(self, rows: tf.Tensor, count: int) -> None:
        self._rows = rows
        self._bounds = _bounds(rows, count)

    def divide(self, inputs: tf.Tensor) -> list[tf.Tensor]:
        """Return the rows of each part."""

        @tf.custom_gradient
        def divided(inputs: tf.Tensor) -> tuple[list[tf.Tensor], Any]:
            last = self._rows - 1
            parts = [
                inputs[tf.minimum(begin, last) : tf.maximum(tf.minimum(end, self._rows), 1)]
                for begin, end in self._bounds
            ]
            return parts, lambda *upstream: tf.concat(upstream, axis=0)[: self._rows]

        found: list[tf.Tensor] = divided(inputs)
        return found

    def join(self, outputs: list[tf.Tensor]) -> tf.Tensor:
        """Return the outputs of all rows."""

        def gradient(upstream: tf.Tensor) -> list[tf.Tensor]:
            parts = [upstream[begin:end] for begin, end in self._bounds]
            others = zip(parts[1:], self._bounds[1:], strict=True)
            return [parts[0], *(_with_zeros(one, end - self._rows) for one, (_, end) in others)]

        @tf.custom_gradient
        def joined(*outputs: tf.Tensor) -> tuple[tf.Tensor, Any]:
            return tf.concat(outputs, axis=0)[: self._rows], gradient

        return joined(*outputs)


class _PartsHere:
    """The rows of each part that this device has: `_Parts` where a batch is divided over devices.

    A part of which it has none gets a row to stand in, as a convolution of no rows has not the
    channels that it should have.

    Args:
        rows: rows of this device, int32 of shape [].
        count: number of parts.
        here: which rows of the batch they are.
    """

    def __init__(self, rows: tf.Tensor, count: int, here: RowsOfBatch) -> None:
        ends = [
            tf.clip_by_value(end - here.first, 0, rows) for _, end in _bounds(here.total, count)
        ]
        ends[-1] = rows  # with the blank row of a device that has none
        self._bounds = list(zip([0, *ends[:-1]], ends, strict=True))

    def divide(self, inputs: tf.Tensor) -> list[tf.Tensor]:
        """Return the rows of each part, or a row that stands in."""
        return [
            tf.concat([inputs[begin:end], inputs[: tf.cast(begin == end, tf.int32)]], axis=0)
            for begin, end in self._bounds
        ]

    def join(self, outputs: list[tf.Tensor]) -> tf.Tensor:
        """Return the outputs of the rows of this device."""
        sizes = [end - begin for begin, end in self._bounds]
        return tf.concat([one[:size] for one, size in zip(outputs, sizes, strict=True)], axis=0)


def _bounds(rows: tf.Tensor, count: int) -> list[tuple[Any, Any]]:
    """First row of each part, and the one after its last; a part of fewer rows than parts has one."""
    whole = tf.maximum(rows, count)
    sizes = whole // count + tf.cast(tf.range(count) < whole % count, tf.int32)
    ends = tf.unstack(tf.cumsum(sizes))
    return list(zip([0, *ends[:-1]], ends, strict=True))


def _with_zeros(tensor: tf.Tensor, rows: tf.Tensor) -> tf.Tensor:
    """The tensor, and a row of zeros behind it where `rows` is above 0."""
    padding = [[0, tf.clip_by_value(rows, 0, 1)], *([0, 0] for _ in tensor.shape[1:])]
    return tf.pad(tensor, padding)
