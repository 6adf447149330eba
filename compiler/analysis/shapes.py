"""Trace shapes through the layers, as far as they fit together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bnnc.specs.layers import LayerSection, Shape, ShapeError
from bnnc.specs.layers.block import Fitted, Merge
from bnnc.specs.methods import Consumer
from bnnc.specs.placement import IMAGES, Placed


@dataclass(frozen=True, slots=True)
class Step:
    """A layer with the shapes of its inputs and of its output, of one example.

    `layer` is the layer of the model: where a block fits a shortcut to its body, the fitted one.
    """

    placed: Placed
    layer: LayerSection
    inputs: tuple[Shape, ...]
    output: Shape

    @property
    def input(self) -> Shape:
        """Shape of its input, of the first one where it has several."""
        return self.inputs[0]


@dataclass(frozen=True, slots=True)
class ShapeFailure:
    """The first layer that cannot take its inputs; `shape` is that of the first of them."""

    placed: Placed
    shape: Shape
    error: ShapeError


@dataclass(frozen=True, slots=True)
class ShapeTrace:
    """The layers with their shapes, in order; `output` is None if they break off."""

    steps: tuple[Step, ...]
    output: Shape | None
    failure: ShapeFailure | None


def written(shape: Shape) -> str:
    """A shape as a spec has it, as in `[28, 28, 1]`."""
    return f"[{', '.join(str(size) for size in shape)}]"


def consumers(steps: Sequence[Step]) -> Mapping[int, tuple[Consumer, ...]]:
    """For every layer, by index, the layers whose kernels are the first to read its outputs."""
    found: dict[int, dict[Consumer, None]] = {step.placed.index: {} for step in steps}
    for step in reversed(steps):
        kernel = step.layer.kernel_as_drawn(step.input)
        consumers_of = found[step.placed.index]
        if kernel is not None:
            consumers_of = {Consumer(step.placed.name, kernel, step.input): None}
        for index in step.placed.inputs:
            if index != IMAGES:
                found[index] = {**consumers_of, **found[index]}
    return {index: tuple(ones) for index, ones in found.items()}


def trace(placed: Sequence[Placed], images: Shape) -> ShapeTrace:
    """Follow the shapes of images through the layers, up to one that has errors or cannot take them."""
    shapes: dict[int, Shape] = {IMAGES: images}
    steps: list[Step] = []
    for one in placed:
        inputs = tuple(shapes[index] for index in one.inputs)
        layer = one.section
        if layer is None:
            return ShapeTrace(tuple(steps), None, None)
        try:
            if isinstance(layer, Fitted):
                layer = layer.fitted(inputs[0], shapes[layer.fits])
            output = (
                layer.merged_shape(inputs)
                if isinstance(layer, Merge)
                else layer.output_shape(inputs[0])
            )
        except ShapeError as error:
            return ShapeTrace(tuple(steps), None, ShapeFailure(one, inputs[0], error))
        shapes[one.index] = output
        steps.append(Step(one, layer, inputs, output))
    return ShapeTrace(tuple(steps), steps[-1].output if steps else None, None)
