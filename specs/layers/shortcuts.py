"""Layers of a residual block whose shortcut is not the identity."""

from __future__ import annotations

from typing import Any

from bnnc.specs.layers.block import Fitted
from bnnc.specs.layers.convolution import Conv1D, Conv2D, Conv3D
from bnnc.specs.layers.dense import Dense
from bnnc.specs.layers.layer import LayerSection, ShapeError
from bnnc.specs.shapes import Shape

# By the number of axes of one example.
_CONVOLUTIONS = {2: Conv1D, 3: Conv2D, 4: Conv3D}


class Projection(Fitted):
    """A 1×1 convolution from the block's input to the shape of its body's output."""

    type: str = "projection"
    use_bias: bool

    keras_class = "keras.layers.Conv2D"
    variational_class = "bnnc.runtime.VariationalConv2D"

    def fitted(self, shape: Shape, wanted: Shape) -> LayerSection:
        """The convolution, with the smallest strides that give the wanted height and width."""
        strides = fitting_strides(shape, wanted)
        if len(shape) == 1:
            return Dense(type="dense", units=wanted[0], use_bias=self.use_bias)
        convolution: Any = _CONVOLUTIONS[len(shape)]
        return convolution(  # type: ignore[no-any-return]  # one of three classes
            type=f"conv{len(strides)}d",
            filters=wanted[-1],
            kernel_size=1,
            strides=strides[0] if len(set(strides)) == 1 else strides,
            padding="same",
            use_bias=self.use_bias,
        )

    @property
    def final_activation(self) -> str:
        """None follows it."""
        return "linear"


class ZeroPadding(Fitted):
    """The block's input at every stride-th position, with channels of zeros behind its own."""

    type: str = "zero_padding"

    keras_class = "bnnc.runtime.ZeroPaddedShortcut"

    def fitted(self, shape: Shape, wanted: Shape) -> LayerSection:
        """The shortcut, with the smallest strides that give the wanted height and width."""
        strides = fitting_strides(shape, wanted)
        if wanted[-1] < shape[-1]:
            raise ShapeError("fewer-channels-than-the-input", wanted=wanted)
        return ZeroPaddedShortcut(strides=strides, to=wanted)


class ZeroPaddedShortcut(LayerSection):
    """A shortcut without weights between two shapes (He et al. 2016, option A)."""

    type: str = "zero_padding"
    strides: tuple[int, ...]
    to: tuple[int, ...]

    keras_class = "bnnc.runtime.ZeroPaddedShortcut"

    def output_shape(self, shape: Shape) -> Shape:
        """The shape that was asked for."""
        return self.to

    def arguments(self) -> dict[str, object]:
        """Channels and strides."""
        given: dict[str, object] = {"channels": self.to[-1]}
        if set(self.strides) - {1}:
            given["strides"] = self.strides
        return given


def fits(shape: Shape, wanted: Shape) -> bool:
    """Whether there are strides that take a shortcut from one shape to the other."""
    try:
        fitting_strides(shape, wanted)
    except ShapeError:
        return False
    return True


def fitting_strides(shape: Shape, wanted: Shape) -> tuple[int, ...]:
    """The smallest strides under which a 1×1 window gives the wanted height and width.

    A row has none. Raises: ShapeError if there are none: n positions give ceil(n / stride).
    """
    if len(shape) != len(wanted):
        raise ShapeError("shortcut-of-another-kind", wanted=wanted)
    strides = tuple(-(-size // other) for size, other in zip(shape[:-1], wanted[:-1], strict=True))
    given = tuple(-(-size // stride) for size, stride in zip(shape[:-1], strides, strict=True))
    if given != wanted[:-1]:
        raise ShapeError("no-stride-of-a-shortcut", wanted=wanted)
    return strides
