"""Transposed convolution: conv2d_transpose."""

from math import prod
from typing import Annotated, Literal

from pydantic import Field, PlainSerializer, Tag

from bnnc.specs.constraints import KERNEL_CONSTRAINT, Constraint
from bnnc.specs.layers.convolution import Convolution
from bnnc.specs.layers.layer import (
    BayesianLayer,
    ShapeError,
    positions_and_channels,
    with_bias,
)
from bnnc.specs.layers.windows import PADDING, Padding, kernel_size, strides
from bnnc.specs.section import ONE_OR_MANY, Pair, Size, broadcast_size, pair
from bnnc.specs.shapes import Shape

_Added = Annotated[int, Field(ge=0, le=65_535)]
AddedPair = Annotated[
    Annotated[_Added, Tag("one")] | Annotated[tuple[_Added, _Added], Tag("many")],
    ONE_OR_MANY,
    PlainSerializer(pair),
]


class Conv2DTranspose(Convolution, BayesianLayer):
    """Transposed 2D convolution, which enlarges by its strides (keras.layers.Conv2DTranspose)."""

    type: Literal["conv2d_transpose"]
    filters: Size = Field(description="Number of output channels.")
    kernel_size: Pair = kernel_size(2)
    strides: Pair = strides(2)
    padding: Padding = PADDING
    output_padding: AddedPair | None = Field(
        default=None,
        description=(
            "Rows and columns added to the output, fewer than the strides; by default, under "
            "`padding: same`, as many as make it the input's size times the strides."
        ),
    )
    dilation_rate: Literal[1] = Field(
        default=1, description="Always 1: TensorFlow has no other on every CPU."
    )
    kernel_constraint: Constraint | None = KERNEL_CONSTRAINT

    dimensions = 2
    keras_class = "keras.layers.Conv2DTranspose"
    variational_class = "bnnc.runtime.VariationalConv2DTranspose"
    kernel_initializers = ("kernel_initializer",)

    def output_channels(self, channels: int) -> int:
        """One a filter."""
        return self.filters

    def output_shape(self, shape: Shape) -> Shape:
        """[height, width, channels] -> [enlarged height, enlarged width, filters]."""
        positions, _ = positions_and_channels(shape, 2)
        added = (
            (None, None) if self.output_padding is None else broadcast_size(self.output_padding, 2)
        )
        fields = ("kernel_size", "strides")
        enlarged = tuple(
            self._enlarged(*one)
            for one in zip(positions, *(self.sizes(field) for field in fields), added, strict=True)
        )
        windows = zip(self.sizes("kernel_size"), added, strict=True)
        # Under `same`, TensorFlow refuses an output that is not the input's size times the strides
        # when it is divided by them, and rounded up.
        refused = self.padding == "same" and any(
            one % 2 == 0 and more == 0 for one, more in windows
        )
        if refused or 0 in enlarged:
            raise ShapeError("no-position-is-left", field="output_padding")
        return (*enlarged, self.filters)

    def _enlarged(self, size: int, window: int, stride: int, added: int | None) -> int:
        """Positions along one dimension, as Keras counts them."""
        if added is None:
            beyond = max(window - stride, 0) if self.padding == "valid" else 0
            return size * stride + beyond
        return (size - 1) * stride + (window if self.padding == "valid" else window % 2) + added

    def weight_shapes(self, shape: Shape) -> dict[str, Shape]:
        """Kernel [height, width, filters, channels in] and bias [filters]."""
        kernel = (*self.sizes("kernel_size"), self.filters, shape[-1])
        return with_bias({"kernel": kernel}, self.use_bias, self.filters)

    def multiply_adds(self, shape: Shape) -> int:
        """Every kernel weight is used once at every position of the input."""
        return prod(shape[:-1]) * prod(self.weight_shapes(shape)["kernel"])

    def arguments(self) -> dict[str, object]:
        """Keras's own arguments, defaults left out."""
        own = self.non_default("output_padding", "kernel_constraint")
        return {"filters": self.filters, **super().arguments(), **own}
