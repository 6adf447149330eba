"""Convolutions: conv2d, depthwise_conv2d."""

from math import prod
from typing import Literal

from pydantic import Field

from bnnc.specs.layers.layer import (
    ACTIVATION,
    USE_BIAS,
    ActivationName,
    BayesianLayer,
    Shape,
    require_map,
    with_bias,
)
from bnnc.specs.layers.windows import DILATION, KERNEL_SIZE, PADDING, STRIDES, Padding, windows
from bnnc.specs.section import Pair, Size, pair


class Convolution(BayesianLayer):
    """What the two convolutions share."""

    kernel_size: Pair = KERNEL_SIZE
    strides: Pair = STRIDES
    padding: Padding = PADDING
    dilation_rate: Pair = DILATION
    activation: ActivationName = ACTIVATION
    use_bias: bool = USE_BIAS

    def output_channels(self, channels: int) -> int:
        """Channels after the layer."""
        raise AssertionError("every convolution says how many channels it gives")

    def output_shape(self, shape: Shape) -> Shape:
        """[height, width, channels] -> [windows down, windows across, output channels]."""
        height, width, channels = require_map(shape)
        return (
            *windows(
                (height, width),
                pair(self.kernel_size),
                pair(self.strides),
                self.padding,
                field="kernel_size",
                dilation=pair(self.dilation_rate),
            ),
            self.output_channels(channels),
        )

    def multiply_adds(self, shape: Shape) -> int:
        """Every kernel weight is used once at every position."""
        height, width, _ = self.output_shape(shape)
        return height * width * prod(self.weights(shape)["kernel"])

    def arguments(self) -> dict[str, object]:
        """Keras's own arguments, defaults left out."""
        given: dict[str, object] = {"kernel_size": self.kernel_size}
        if pair(self.strides) != (1, 1):
            given["strides"] = self.strides
        if self.padding != "valid":
            given["padding"] = self.padding
        if pair(self.dilation_rate) != (1, 1):
            given["dilation_rate"] = self.dilation_rate
        if self.activation != "linear":
            given["activation"] = self.activation
        if not self.use_bias:
            given["use_bias"] = False
        return given

    @property
    def final_activation(self) -> str:
        """The layer's own."""
        return self.activation


class Conv2D(Convolution):
    """2D convolution (keras.layers.Conv2D)."""

    type: Literal["conv2d"]
    filters: Size = Field(description="Number of output channels.")

    keras_class = "keras.layers.Conv2D"
    variational_class = "bnnc.runtime.VariationalConv2D"

    def output_channels(self, channels: int) -> int:
        """One a filter."""
        return self.filters

    def weights(self, shape: Shape) -> dict[str, Shape]:
        """Kernel [height, width, channels in, filters] and bias [filters]."""
        kernel = (*pair(self.kernel_size), shape[-1], self.filters)
        return with_bias({"kernel": kernel}, self.use_bias, self.filters)

    def arguments(self) -> dict[str, object]:
        """Keras's own arguments, defaults left out."""
        return {"filters": self.filters, **super().arguments()}


class DepthwiseConv2D(Convolution):
    """2D convolution of each channel by itself (keras.layers.DepthwiseConv2D)."""

    type: Literal["depthwise_conv2d"]
    depth_multiplier: Size = Field(
        default=1, description="Number of output channels for each input channel."
    )

    keras_class = "keras.layers.DepthwiseConv2D"
    variational_class = "bnnc.runtime.VariationalDepthwiseConv2D"
    kernel_initializer_argument = "depthwise_initializer"

    def output_channels(self, channels: int) -> int:
        """`depth_multiplier` for each input channel."""
        return channels * self.depth_multiplier

    def weights(self, shape: Shape) -> dict[str, Shape]:
        """Kernel [height, width, channels in, depth multiplier] and bias."""
        kernel = (*pair(self.kernel_size), shape[-1], self.depth_multiplier)
        return with_bias({"kernel": kernel}, self.use_bias, shape[-1] * self.depth_multiplier)

    def arguments(self) -> dict[str, object]:
        """Keras's own arguments, defaults left out."""
        given = super().arguments()
        if self.depth_multiplier != 1:
            given["depth_multiplier"] = self.depth_multiplier
        return given
