"""Windows that move over a map: what convolutions and poolings share."""

from typing import Any, Literal

from pydantic import Field

from bnnc.specs.layers.layer import ShapeError

Padding = Literal["valid", "same"]

KERNEL_SIZE: Any = Field(description="Size of the window: a number, or [height, width].")
STRIDES: Any = Field(default=1, description="Step of the window: a number, or [height, width].")
PADDING: Any = Field(
    default="valid",
    description="`valid` keeps to full windows; `same` pads so that stride 1 keeps the size.",
)
DILATION: Any = Field(
    default=1, description="Spacing of the kernel's points: a number, or [height, width]."
)


def windows(
    size: tuple[int, int],
    window: tuple[int, int],
    strides: tuple[int, int],
    padding: Padding,
    *,
    field: str,
    dilation: tuple[int, int] = (1, 1),
) -> tuple[int, int]:
    """How many windows fit along height and width. Raises: ShapeError if none does."""
    spread = ((window[0] - 1) * dilation[0] + 1, (window[1] - 1) * dilation[1] + 1)
    if padding == "same":
        return -(-size[0] // strides[0]), -(-size[1] // strides[1])
    if spread[0] > size[0] or spread[1] > size[1]:
        raise ShapeError("window-larger-than-input", field=field, window=spread)
    return (size[0] - spread[0]) // strides[0] + 1, (size[1] - spread[1]) // strides[1] + 1
