"""Depthwise and separable convolutions: depthwise_conv1d and 2d, separable_conv1d and 2d."""

from math import prod
from typing import Any, Literal

from pydantic import Field

from bnnc.specs.constraints import KERNEL_CONSTRAINT, Constraint
from bnnc.specs.layers.convolution import Convolution
from bnnc.specs.layers.layer import BayesianLayer, with_bias
from bnnc.specs.layers.windows import PADDING, Padding, dilation, kernel_size, strides
from bnnc.specs.section import Pair, Size
from bnnc.specs.shapes import Shape

DEPTH_MULTIPLIER: Any = Field(
    default=1, description="Number of output channels for each input channel."
)


class _ChannelwiseConvolution(Convolution):
    """Base class of the convolutions with a kernel for each channel."""

    def runs_in(self, precision: str, shape: Shape) -> bool:
        """Not in bfloat16 where one stride leaves the map.

        There TensorFlow 2.21 puts together the gradient of the kernel from stray memory on a CPU.
        """
        leaves = any(step > size for step, size in zip(self.sizes("strides"), shape, strict=False))
        return super().runs_in(precision, shape) and not (precision == "mixed_bfloat16" and leaves)


class DepthwiseConvolution(_ChannelwiseConvolution, BayesianLayer):
    """Base class of the depthwise convolutions."""

    depth_multiplier: Size = DEPTH_MULTIPLIER
    depthwise_constraint: Constraint | None = KERNEL_CONSTRAINT

    kernel_initializers = ("depthwise_initializer",)
    later_fields = frozenset({"depthwise_constraint"})

    def output_channels(self, channels: int) -> int:
        """`depth_multiplier` for each input channel."""
        return channels * self.depth_multiplier

    def weight_shapes(self, shape: Shape) -> dict[str, Shape]:
        """Kernel [*window, channels in, depth multiplier] and bias."""
        kernel = (*self.sizes("kernel_size"), shape[-1], self.depth_multiplier)
        return with_bias({"kernel": kernel}, self.use_bias, shape[-1] * self.depth_multiplier)

    def kernel_as_drawn(self, shape: Shape) -> Shape:
        """[*window, 1, channels out]: an output sums over one channel."""
        return (*self.sizes("kernel_size"), 1, shape[-1] * self.depth_multiplier)

    def arguments(self) -> dict[str, object]:
        """Keras's own arguments, defaults left out."""
        own = self.non_default("depth_multiplier", "depthwise_constraint")
        return {**super().arguments(), **own}


class DepthwiseConv1D(DepthwiseConvolution):
    """1D convolution of each channel by itself (keras.layers.DepthwiseConv1D)."""

    type: Literal["depthwise_conv1d"]
    kernel_size: Size = kernel_size(1)
    strides: Size = strides(1)
    padding: Padding = PADDING
    dilation_rate: Size = dilation(1)

    dimensions = 1
    keras_class = "keras.layers.DepthwiseConv1D"
    variational_class = "bnnc.runtime.VariationalDepthwiseConv1D"


class DepthwiseConv2D(DepthwiseConvolution):
    """2D convolution of each channel by itself (keras.layers.DepthwiseConv2D)."""

    type: Literal["depthwise_conv2d"]
    kernel_size: Pair = kernel_size(2)
    strides: Pair = strides(2)
    padding: Padding = PADDING
    dilation_rate: Pair = dilation(2)

    dimensions = 2
    keras_class = "keras.layers.DepthwiseConv2D"
    variational_class = "bnnc.runtime.VariationalDepthwiseConv2D"


class SeparableConvolution(_ChannelwiseConvolution):
    """A convolution of each channel by itself, and a mixing of the channels.

    It carries no posterior: flipout and local reparameterization take a layer that is linear in
    its one kernel. A depthwise convolution, and one of kernel size 1 behind it, are the same.
    """

    filters: Size = Field(description="Number of output channels.")
    depth_multiplier: Size = DEPTH_MULTIPLIER
    depthwise_constraint: Constraint | None = KERNEL_CONSTRAINT
    pointwise_constraint: Constraint | None = KERNEL_CONSTRAINT

    kernel_initializers = ("depthwise_initializer", "pointwise_initializer")

    def output_channels(self, channels: int) -> int:
        """One a filter."""
        return self.filters

    def weight_shapes(self, shape: Shape) -> dict[str, Shape]:
        """Depthwise kernel, pointwise kernel and bias [filters]."""
        between = shape[-1] * self.depth_multiplier
        kernels = {
            "depthwise_kernel": (*self.sizes("kernel_size"), shape[-1], self.depth_multiplier),
            "pointwise_kernel": (*(1,) * self.dimensions, between, self.filters),
        }
        return with_bias(kernels, self.use_bias, self.filters)

    def kernel_as_drawn(self, shape: Shape) -> Shape:
        """Of the depthwise kernel, [*window, 1, channels between]."""
        return (*self.sizes("kernel_size"), 1, shape[-1] * self.depth_multiplier)

    def multiply_adds(self, shape: Shape) -> int:
        """Every weight of both kernels is used once at every position."""
        kernels = (size for name, size in self.weight_shapes(shape).items() if name != "bias")
        return prod(self.output_shape(shape)[:-1]) * sum(map(prod, kernels))

    def arguments(self) -> dict[str, object]:
        """Keras's own arguments, defaults left out."""
        own = self.non_default("depth_multiplier", "depthwise_constraint", "pointwise_constraint")
        return {"filters": self.filters, **super().arguments(), **own}


class SeparableConv1D(SeparableConvolution):
    """1D depthwise convolution and mixing of the channels (keras.layers.SeparableConv1D)."""

    type: Literal["separable_conv1d"]
    kernel_size: Size = kernel_size(1)
    strides: Size = strides(1)
    padding: Padding = PADDING
    dilation_rate: Size = dilation(1)

    dimensions = 1
    keras_class = "keras.layers.SeparableConv1D"


class SeparableConv2D(SeparableConvolution):
    """2D depthwise convolution and mixing of the channels (keras.layers.SeparableConv2D)."""

    type: Literal["separable_conv2d"]
    kernel_size: Pair = kernel_size(2)
    strides: Pair = strides(2)
    padding: Padding = PADDING
    dilation_rate: Pair = dilation(2)

    dimensions = 2
    keras_class = "keras.layers.SeparableConv2D"
