"""The interface and registry of the gradient estimators."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final, Literal, Protocol

import tensorflow as tf


class KernelLayer(Protocol):
    """Interface that a layer with a Gaussian kernel offers to an estimator."""

    def op(self, inputs: tf.Tensor, kernel: tf.Tensor) -> tf.Tensor:
        """Apply the kernel, without bias and activation; linear in both arguments."""

    def sum_of_ops(self, inputs: Sequence[tf.Tensor], kernels: Sequence[tf.Tensor]) -> tf.Tensor:
        """Apply each kernel to its inputs, and add the outputs: in one operation, if that is faster."""

    @property
    def pairs(self) -> int:
        """Pairs of a draw of the kernel and its mirror image, where the estimator has any."""

    @property
    def bias_scale(self) -> tf.Tensor | None:
        """Standard deviations of the bias, float32 of its shape; None where it is deterministic."""

    @property
    def bias_mean(self) -> tf.Tensor:
        """Means of the bias, float32 of its shape, where it is Bayesian."""

    def drawn_bias(self, key: tf.Tensor) -> tf.Tensor | None:
        """One draw of the bias, in the noise of this kernel's key; the bias where it has none."""

    def biased(self, outputs: tf.Tensor, bias: tf.Tensor | None = None) -> tf.Tensor:
        """Add a bias, the layer's own if None: TensorFlow joins it with the operation before it."""

    def by_channel(self, inputs: tf.Tensor, rows: Any, channels: int) -> list[Any]:
        """The shape of numbers [rows, channels] that broadcast over every position of `inputs`."""

    def sign_shape(self, inputs: tf.Tensor) -> tf.Tensor:
        """Return the shape of one sign per example and input channel.

        It broadcasts over every position, so that all positions of an example share its signs.
        """

    def positions_share_kernel(self, inputs: tf.Tensor) -> bool:
        """Say whether one example meets the same kernel at more than one position."""


NoiseOfExamples = Literal["shared", "independent", "antithetic"]
Estimate = Callable[[KernelLayer, tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor], tf.Tensor]


@dataclass(frozen=True)
class Estimator:
    """How the noise of a kernel reaches the outputs.

    Args:
        name: what a spec calls it.
        estimate: function of (layer, inputs, mean, scale, key) that returns the outputs with the
            bias and before the activation, in the type of the inputs. Mean and scale are float32.
        is_weight_draw: whether the outputs of an example, taken together, always are those of
            some draw of the kernel. False where only their marginal law is the kernel's.
        noise_of_examples: whether the examples of a batch share their noise, have independent
            noise, or parts of a batch have the opposite noise of others.
    """

    name: str
    estimate: Estimate
    is_weight_draw: bool
    noise_of_examples: NoiseOfExamples


_registered: dict[str, Estimator] = {}
ESTIMATORS: Final[Mapping[str, Estimator]] = MappingProxyType(_registered)


def estimator(
    name: str, *, is_weight_draw: bool, noise_of_examples: NoiseOfExamples
) -> Callable[[Estimate], Estimate]:
    """Register the decorated function under `name`."""

    def register(estimate: Estimate) -> Estimate:
        _registered[name] = Estimator(name, estimate, is_weight_draw, noise_of_examples)
        return estimate

    return register
