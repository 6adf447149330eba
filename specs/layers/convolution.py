"""Convolutions with one kernel over all channels: conv1d, conv2d, conv3d."""

from math import prod
from typing import Any, ClassVar, Literal

from pydantic import Field

from bnnc.specs.activations import ActivationName
from bnnc.specs.constraints import KERNEL_CONSTRAINT, Constraint
from bnnc.specs.layers.layer import (
    ACTIVATION,
    USE_BIAS,
    BayesianLayer,
    LayerSection,
    ShapeError,
    positions_and_channels,
    with_bias,
)
from bnnc.specs.layers.windows import (
    PADDING,
    CausalPadding,
    Padding,
    Sizes,
    dilation,
    kernel_size,
    strides,
    windows,
)
from bnnc.specs.section import Pair, Size, Triple, broadcast_size
from bnnc.specs.shapes import Shape

GROUPS: Any = Field(
    default=1,
    description="Groups of channels that are convolved apart; they divide channels and filters.",
)


class Convolution(LayerSection):
    """Base class of all convolutions."""

    kernel_size: Sizes
    strides: Sizes = 1
    padding: CausalPadding = PADDING
    dilation_rate: Sizes = 1
    activation: ActivationName = ACTIVATION
    use_bias: bool = USE_BIAS

    dimensions: ClassVar[int]
    is_linear = True

    def output_channels(self, channels: int) -> int:
        """Channels after the layer."""
        raise AssertionError("every convolution says how many channels it gives")

    def sizes(self, field: str) -> Shape:
        """A field of sizes, with one for every dimension."""
        return broadcast_size(getattr(self, field), self.dimensions)

    def output_shape(self, shape: Shape) -> Shape:
        """[*positions, channels] -> [*windows, output channels]."""
        positions, channels = positions_and_channels(shape, self.dimensions)
        return (
            *windows(
                positions,
                self.sizes("kernel_size"),
                self.sizes("strides"),
                self.padding,
                field="kernel_size",
                dilation=self.sizes("dilation_rate"),
            ),
            self.output_channels(channels),
        )

    def multiply_adds(self, shape: Shape) -> int:
        """Every kernel weight is used once at every position."""
        return prod(self.output_shape(shape)[:-1]) * prod(self.weight_shapes(shape)["kernel"])

    def arguments(self) -> dict[str, object]:
        """Keras's own arguments, defaults left out."""
        given: dict[str, object] = {"kernel_size": self.kernel_size}
        for field in ("strides", "padding", "dilation_rate", "activation", "use_bias"):
            value = getattr(self, field)
            if field in {"strides", "dilation_rate"} and set(self.sizes(field)) == {1}:
                continue  # [1, 1] says what 1 does
            if value != type(self).model_fields[field].default:
                given[field] = value
        return given

    @property
    def final_activation(self) -> str:
        """The layer's own."""
        return self.activation


class FilterConvolution(Convolution, BayesianLayer):
    """Base class of the convolutions with a kernel over all channels."""

    filters: Size = Field(description="Number of output channels.")
    groups: Size = GROUPS
    kernel_constraint: Constraint | None = KERNEL_CONSTRAINT

    kernel_initializers = ("kernel_initializer",)
    later_fields = frozenset({"groups", "kernel_constraint"})

    def output_shape(self, shape: Shape) -> Shape:
        """[*positions, channels] -> [*windows, filters]."""
        output = super().output_shape(shape)
        if shape[-1] % self.groups or self.filters % self.groups:
            raise ShapeError("groups-do-not-divide", field="groups")
        return output

    def output_channels(self, channels: int) -> int:
        """One a filter."""
        return self.filters

    def weight_shapes(self, shape: Shape) -> dict[str, Shape]:
        """Kernel [*window, channels in of a group, filters] and bias [filters]."""
        kernel = (*self.sizes("kernel_size"), shape[-1] // self.groups, self.filters)
        return with_bias({"kernel": kernel}, self.use_bias, self.filters)

    def arguments(self) -> dict[str, object]:
        """Keras's own arguments, defaults left out."""
        return {
            "filters": self.filters,
            **super().arguments(),
            **self.non_default("groups", "kernel_constraint"),
        }


class Conv1D(FilterConvolution):
    """1D convolution along the steps of a series (keras.layers.Conv1D)."""

    type: Literal["conv1d"]
    kernel_size: Size = kernel_size(1)
    strides: Size = strides(1)
    padding: CausalPadding = Field(
        default="valid",
        description=(
            "`valid` keeps to full windows; `same` pads so that stride 1 keeps the size; `causal` "
            "pads before the first step, so that no output depends on later ones."
        ),
    )
    dilation_rate: Size = dilation(1)

    dimensions = 1
    keras_class = "keras.layers.Conv1D"
    variational_class = "bnnc.runtime.VariationalConv1D"


class Conv2D(FilterConvolution):
    """2D convolution (keras.layers.Conv2D)."""

    type: Literal["conv2d"]
    kernel_size: Pair = kernel_size(2)
    strides: Pair = strides(2)
    padding: Padding = PADDING
    dilation_rate: Pair = dilation(2)

    dimensions = 2
    keras_class = "keras.layers.Conv2D"
    variational_class = "bnnc.runtime.VariationalConv2D"


class Conv3D(FilterConvolution):
    """3D convolution over a volume (keras.layers.Conv3D)."""

    type: Literal["conv3d"]
    kernel_size: Triple = kernel_size(3)
    strides: Triple = strides(3)
    padding: Padding = PADDING
    dilation_rate: Triple = dilation(3)

    dimensions = 3
    keras_class = "keras.layers.Conv3D"
    variational_class = "bnnc.runtime.VariationalConv3D"
