"""Facts about the models of `keras.applications`, for checks and plans without Keras.

The numbers stand in `applications.json`, which `python -m bnnc.runtime.keras_applications` reads off Keras
and writes. A model's layers give maps of a few sizes, each of which follows from another one by a
single step, such as a window of 3 with strides of 2. Of every map there is what one of its positions
holds and costs over all layers, so that all shapes and counts are exact for images of any size.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any, Literal

from bnnc.specs.shapes import Shape

FILE = "applications.json"

# What a model expects of its images, as its `preprocess_input` makes it of pixels from 0 to 255:
# `caffe` blue, green, red, less the means of ImageNet; `tf` from -1 to 1; `torch` less the means and
# over the deviations of ImageNet; `pixels` from 0 to 255, which the model standardises by itself.
Preprocessing = Literal["caffe", "tf", "torch", "pixels"]


@dataclass(frozen=True, slots=True)
class Linear:
    """A number that depends on the channels of the images: `fixed + each * channels`."""

    fixed: int
    each: int = 0

    def of(self, channels: int) -> int:
        """The number for so many channels."""
        return self.fixed + self.each * channels


@dataclass(frozen=True, slots=True)
class Map:
    """Layers that give maps of one size, height and width.

    Attributes:
        source: index of the map that it is made of; -1 for the images.
        step: how: `("valid", window, stride)`, `("same", stride)`, `("pad", before, after)`,
            `("crop", before, after)`, `("halve", window)`, which is the padding that makes a window
            of stride 2 give half of the positions, rounded up, `("all",)` for one position, or
            `("none",)`.
        outputs: numbers that all its layers give at one position.
        multiply_adds: multiply-adds of all its layers at one position.
        largest: numbers that the largest of its layers gives at one position: the first of the two,
            or the second for each channel of the images.
    """

    source: int
    step: tuple[str | int, ...]
    outputs: Linear
    multiply_adds: Linear
    largest: tuple[int, int]


@dataclass(frozen=True, slots=True)
class Application:
    """A model of `keras.applications` without its classifier.

    Attributes:
        name: name of its function.
        preprocessing: what it expects of its images where its weights are of ImageNet.
        standardises: whether it has a rescaling by itself that no argument takes away.
        has_argument: whether its function has the argument `include_preprocessing`.
        least: least height and width that Keras takes.
        channels: channels of its last map.
        momentum: highest momentum of its batch normalizations; 0 of a model without any.
        least_variance: least variance that any of them reads before training, of images with a
            variance of 1; 1 of a model without any.
        trainable, non_trainable: numbers of weights.
        maps: its maps; those that an index points to come first.
        last: index of its last map.
    """

    name: str
    preprocessing: Preprocessing
    standardises: bool
    has_argument: bool
    least: int
    channels: int
    momentum: float
    least_variance: float
    trainable: Linear
    non_trainable: Linear
    maps: tuple[Map, ...]
    last: int

    def output_shape(self, shape: Shape) -> Shape:
        """Its last map, for images [height, width, channels]."""
        return (*self._positions(shape)[self.last], self.channels)

    def multiply_adds(self, shape: Shape) -> int:
        """Multiply-adds of one image, as Keras's layers count their kernels."""
        return sum(
            height * width * one.multiply_adds.of(shape[-1])
            for one, (height, width) in zip(self.maps, self._positions(shape), strict=True)
        )

    def outputs(self, shape: Shape) -> int:
        """Numbers that all its layers give for one image."""
        return sum(
            height * width * one.outputs.of(shape[-1])
            for one, (height, width) in zip(self.maps, self._positions(shape), strict=True)
        )

    def largest_output(self, shape: Shape) -> int:
        """Numbers that the largest of its layers gives for one image."""
        return max(
            height * width * max(one.largest[0], one.largest[1] * shape[-1])
            for one, (height, width) in zip(self.maps, self._positions(shape), strict=True)
        )

    def _positions(self, shape: Shape) -> list[tuple[int, int]]:
        """Height and width of every map."""
        found: list[tuple[int, int]] = []
        for one in self.maps:
            height, width = shape[:2] if one.source < 0 else found[one.source]
            found.append((_after(one.step, height), _after(one.step, width)))
        return found


def _after(step: tuple[str | int, ...], size: int) -> int:
    """Positions after a step, along one axis."""
    match step:
        case ("none",):
            return size
        case ("valid", int(window), int(stride)):
            return (size - window) // stride + 1
        case ("same", int(stride)):
            return -(-size // stride)
        case ("pad", int(before), int(after)):
            return size + before + after
        case ("crop", int(before), int(after)):
            return size - before - after
        case ("halve", int(window)):
            # Keras's `correct_pad`: of an even size one position less is added before it.
            return size + 2 * (window // 2) - (1 - size % 2)
        case ("all",):
            return 1
    raise AssertionError(f"{FILE} has a step that is not known: {step}")


def application_names() -> tuple[str, ...]:
    """The names of all models, in alphabetical order."""
    return tuple(_file())


@cache
def application(name: str) -> Application:
    """Facts about a model, by the name of its function."""
    values = dict(_file()[name])
    maps = tuple(
        Map(source, tuple(step), Linear(*outputs), Linear(*multiply_adds), tuple(largest))
        for source, step, outputs, multiply_adds, largest in values.pop("maps")
    )
    trainable, others = (Linear(*values.pop(key)) for key in ("trainable", "non_trainable"))
    return Application(name=name, maps=maps, trainable=trainable, non_trainable=others, **values)


@cache
def _file() -> dict[str, dict[str, Any]]:
    read: dict[str, dict[str, Any]] = json.loads(
        resources.files("bnnc.specs").joinpath(FILE).read_text("utf-8")
    )
    return read
