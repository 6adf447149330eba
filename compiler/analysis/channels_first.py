"""Detect image shapes that are written channels first, as in PyTorch."""

from __future__ import annotations

from bnnc.compiler.analysis.view import View
from bnnc.compiler.diagnostics.diagnostic import Fix
from bnnc.specs.shapes import shape_text

# A smaller image is more likely a feature map in the right order.
SMALLEST_SIDE = 5


def channels_last(view: View) -> tuple[int, int, int] | None:
    """The shape in channels-last order if the written one is [1 or 3, side, side]; needs `input.shape`."""
    if len(view.input.shape) != 3:
        return None
    channels, height, width = view.input.shape
    if channels not in (1, 3) or height != width or height < SMALLEST_SIDE:
        return None
    return height, width, channels


def writing_channels_last(view: View, shape: tuple[int, int, int]) -> tuple[Fix, ...]:
    """The fix that writes the channels last; no fix for a list over several lines."""
    if "\n" in view.span_of("input", "shape").text:
        return ()
    text = shape_text(shape)
    return (view.fix_set(f"write `shape: {text}`", (("input", "shape"), text)),)


def advice(shape: tuple[int, int, int]) -> str:
    """Help for a shape that is written channels first."""
    return f"write `shape: {shape_text(shape)}` if this shape is channels first; bnnc expects channels last"
