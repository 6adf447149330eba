"""What the depthwise convolutions share, as a method asks for it."""

from typing import Any, ClassVar

import keras
import tensorflow as tf

from bnnc.runtime.layers.kernel_operation import KernelOperation


class DepthwiseOperation(KernelOperation):
    """The operation of a depthwise layer of Keras, of any number of dimensions.

    Stands before the Keras layer among the bases.
    """

    kernel_initializer_argument: ClassVar[str] = "depthwise_initializer"

    def __init__(self, kernel_size: int | tuple[int, ...], **kwargs: Any) -> None:
        super().__init__(kernel_size, **kwargs)

    @property
    def output_channels(self) -> int:
        """Number of input channels times the depth multiplier."""
        return int(self.kernel.shape[-2] * self.kernel.shape[-1])

    def op(self, inputs: tf.Tensor, kernel: tf.Tensor) -> tf.Tensor:
        """Convolve every channel of `inputs` with its own slices of `kernel`."""
        return keras.ops.depthwise_conv(
            inputs,
            kernel,
            strides=self.strides,
            padding=self.padding,
            dilation_rate=self.dilation_rate,
            data_format=self.data_format,
        )
