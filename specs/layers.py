"""The `layers` section: one class a layer type, named and spelled as in Keras.

To add a layer type, write its class here and add it to `Layer` at the bottom of this file; its
shape rule and its lowering stand in `compiler/layers/`, under the same name.
"""

from typing import Annotated, Any, Literal

from pydantic import Field

from bnnc.specs.section import LayerName, Pair, Positive, Section, Size

ActivationName = Literal[
    "linear",
    "relu",
    "relu6",
    "leaky_relu",
    "elu",
    "selu",
    "gelu",
    "silu",
    "mish",
    "tanh",
    "sigmoid",
    "hard_sigmoid",
    "softplus",
    "softsign",
    "softmax",
    "exponential",
]
Padding = Literal["valid", "same"]

_ACTIVATION: Any = Field(
    default="linear", description="Keras activation applied to the output; `linear` is none."
)
_USE_BIAS: Any = Field(
    default=True, description="Whether a bias is added; biases are deterministic."
)
_STRIDES: Any = Field(default=1, description="Step of the window: a number, or [height, width].")
_PADDING: Any = Field(
    default="valid",
    description="`valid` keeps to full windows; `same` pads so that stride 1 keeps the size.",
)
_DILATION: Any = Field(
    default=1, description="Spacing of the kernel's points: a number, or [height, width]."
)
_KERNEL_SIZE: Any = Field(description="Size of the window: a number, or [height, width].")


class LayerSection(Section):
    """What every layer may say."""

    name: LayerName | None = Field(
        default=None,
        description="Name of the layer in the Keras model; the type and a number by default.",
    )


class Conv2D(LayerSection):
    """2D convolution (keras.layers.Conv2D)."""

    type: Literal["conv2d"]
    filters: Size = Field(description="Number of output channels.")
    kernel_size: Pair = _KERNEL_SIZE
    strides: Pair = _STRIDES
    padding: Padding = _PADDING
    dilation_rate: Pair = _DILATION
    activation: ActivationName = _ACTIVATION
    use_bias: bool = _USE_BIAS


class DepthwiseConv2D(LayerSection):
    """2D convolution of each channel by itself (keras.layers.DepthwiseConv2D)."""

    type: Literal["depthwise_conv2d"]
    kernel_size: Pair = _KERNEL_SIZE
    depth_multiplier: Size = Field(
        default=1, description="Number of output channels for each input channel."
    )
    strides: Pair = _STRIDES
    padding: Padding = _PADDING
    dilation_rate: Pair = _DILATION
    activation: ActivationName = _ACTIVATION
    use_bias: bool = _USE_BIAS


class Dense(LayerSection):
    """Fully connected layer (keras.layers.Dense); its input must be flat."""

    type: Literal["dense"]
    units: Size = Field(description="Number of outputs.")
    activation: ActivationName = _ACTIVATION
    use_bias: bool = _USE_BIAS


class Pooling2D(LayerSection):
    """What the two windowed poolings share."""

    pool_size: Pair = Field(
        default=2, description="Size of the window: a number, or [height, width]."
    )
    strides: Pair | None = Field(
        default=None, description="Step of the window; the size of the window by default."
    )
    padding: Padding = _PADDING


class MaxPooling2D(Pooling2D):
    """Largest value of each window (keras.layers.MaxPooling2D)."""

    type: Literal["max_pooling2d"]


class AveragePooling2D(Pooling2D):
    """Mean of each window (keras.layers.AveragePooling2D)."""

    type: Literal["average_pooling2d"]


class GlobalAveragePooling2D(LayerSection):
    """Mean over all positions, one number a channel (keras.layers.GlobalAveragePooling2D)."""

    type: Literal["global_average_pooling2d"]


class Flatten(LayerSection):
    """A map of [height, width, channels] as one row (keras.layers.Flatten)."""

    type: Literal["flatten"]


class Activation(LayerSection):
    """A non-linearity as a layer of its own (keras.layers.Activation)."""

    type: Literal["activation"]
    activation: ActivationName = Field(description="Keras activation.")


class Dropout(LayerSection):
    """Zeroes units at random (keras.layers.Dropout); under `mc_dropout` at prediction too."""

    type: Literal["dropout"]
    rate: float = Field(ge=0, lt=1, description="Share of the units that is zeroed, in [0, 1).")


class BatchNormalization(LayerSection):
    """Batch normalization (keras.layers.BatchNormalization); deterministic."""

    type: Literal["batch_normalization"]
    momentum: float = Field(
        default=0.99, ge=0, lt=1, description="Momentum of the moving mean and variance."
    )
    epsilon: Positive = Field(
        default=0.001, description="Small number added to the variance before the square root."
    )


Layer = Annotated[
    Conv2D
    | DepthwiseConv2D
    | Dense
    | MaxPooling2D
    | AveragePooling2D
    | GlobalAveragePooling2D
    | Flatten
    | Activation
    | Dropout
    | BatchNormalization,
    Field(discriminator="type"),
]
