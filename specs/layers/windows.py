"""Fields and shapes of windows that slide over an example: convolutions and pooling."""

from typing import Any, Literal

from pydantic import Field

from bnnc.specs.layers.layer import ShapeError
from bnnc.specs.shapes import Shape

Padding = Literal["valid", "same"]
CausalPadding = Literal["valid", "same", "causal"]

# One size for every dimension, or one for each; narrower in the layers.
Sizes = int | tuple[int, ...]

PADDING: Any = Field(
    default="valid",
    description="`valid` keeps to full windows; `same` pads so that stride 1 keeps the size.",
)
_SIZES = {
    1: "a number of steps",
    2: "a number, or [height, width]",
    3: "a number, or [depth, height, width]",
}


def kernel_size(dimensions: int) -> Any:
    """The field of a convolution's window."""
    return Field(description=f"Size of the window: {_SIZES[dimensions]}.")


def pool_size(dimensions: int) -> Any:
    """The field of a pooling's window."""
    return Field(default=2, description=f"Size of the window: {_SIZES[dimensions]}.")


def strides(dimensions: int) -> Any:
    """The field of a convolution's step."""
    return Field(default=1, description=f"Step of the window: {_SIZES[dimensions]}.")


def dilation(dimensions: int) -> Any:
    """The field of the spacing between a kernel's points."""
    return Field(default=1, description=f"Spacing of the kernel's points: {_SIZES[dimensions]}.")


def windows(
    size: Shape,
    window: Shape,
    strides: Shape,
    padding: str,
    *,
    field: str,
    dilation: Shape | None = None,
) -> Shape:
    """How many windows fit along every dimension. Raises: ShapeError if none does."""
    spread = tuple(
        (length - 1) * gap + 1
        for length, gap in zip(window, dilation or (1,) * len(size), strict=True)
    )
    if padding != "valid":
        return tuple(-(-length // step) for length, step in zip(size, strides, strict=True))
    if any(length > room for length, room in zip(spread, size, strict=True)):
        raise ShapeError("window-larger-than-input", field=field, window=spread)
    return tuple(
        (room - length) // step + 1
        for room, length, step in zip(size, spread, strides, strict=True)
    )
