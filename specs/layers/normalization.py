"""Normalization: batch_normalization, layer_normalization, group_normalization."""

from math import prod
from typing import Annotated, Any, Literal

from pydantic import Field, Tag

from bnnc.specs.layers.layer import LayerSection, ShapeError
from bnnc.specs.section import ONE_OR_MANY, Size
from bnnc.specs.shapes import Shape

# The gradient of 1/√(variance + ε) is of the order of ε^-1.5 where the variance is 0, as it is of a
# map that a ReLU has cut off: below 2e-26 that is no number of float32, and times 0 it is NaN.
Epsilon = Annotated[float, Field(ge=1e-12, le=1e6, allow_inf_nan=False)]
EPSILON: Any = Field(
    default=0.001, description="Small number added to the variance before the square root."
)
CENTER: Any = Field(default=True, description="Whether a learned offset, beta, is added.")
SCALE: Any = Field(default=True, description="Whether a learned scale, gamma, is multiplied with.")

# Counted as Keras counts them, with the batch as axis 0.
Axis = Annotated[int, Field(ge=-4, le=4)]
Axes = Annotated[
    Annotated[Axis, Tag("one")]
    | Annotated[list[Axis], Field(min_length=1, max_length=4), Tag("many")],
    ONE_OR_MANY,
]


class Normalization(LayerSection):
    """Base class of the normalization layers."""

    epsilon: Epsilon = EPSILON
    center: bool = CENTER
    scale: bool = SCALE

    def learned(self, size: Shape) -> dict[str, Shape]:
        """Gamma and beta, as far as they are asked for."""
        return {
            **({"gamma": size} if self.scale else {}),
            **({"beta": size} if self.center else {}),
        }

    def normalized_together(self, shape: Shape) -> int:
        """How many numbers of one example have their mean and variance in common.

        A batch normalization takes those of the whole batch together.
        """
        raise AssertionError("every normalization says what it normalizes together")

    @property
    def final_activation(self) -> str:
        """Its output is no longer what an activation gave: it can have any value."""
        return "linear"


class BatchNormalization(Normalization):
    """Batch normalization (keras.layers.BatchNormalization); deterministic."""

    type: Literal["batch_normalization"]
    momentum: float = Field(
        default=0.99, ge=0, lt=1, description="Momentum of the moving mean and variance."
    )

    keras_class = "bnnc.runtime.BatchNormalization"
    is_linear = True
    later_fields = frozenset({"center", "scale"})

    def normalized_together(self, shape: Shape) -> int:
        """Those of a channel."""
        return prod(shape[:-1])

    def weight_shapes(self, shape: Shape) -> dict[str, Shape]:
        """Up to four numbers a channel, two of them moving averages."""
        moving = dict.fromkeys(("moving_mean", "moving_variance"), (shape[-1],))
        return {**self.learned((shape[-1],)), **moving}

    def non_trainable(self) -> frozenset[str]:
        """The moving averages."""
        return frozenset({"moving_mean", "moving_variance"})

    def arguments(self) -> dict[str, object]:
        """Keras's own arguments, defaults left out."""
        return self.non_default("momentum", "epsilon", "center", "scale")


class LayerNormalization(Normalization):
    """Normalization of each example by itself (keras.layers.LayerNormalization); deterministic."""

    type: Literal["layer_normalization"]
    axis: Axes = Field(
        default=-1,
        description=(
            "Axis to normalize over, or axes, counted with the batch as axis 0: -1 the channels "
            "of each position, [1, 2, 3] a whole map."
        ),
    )

    keras_class = "keras.layers.LayerNormalization"

    def output_shape(self, shape: Shape) -> Shape:
        """The same. Raises: ShapeError for an axis that is not there."""
        self._axes(shape)
        return shape

    def normalized_together(self, shape: Shape) -> int:
        """Those along the axes."""
        return prod(shape[axis] for axis in self._axes(shape))

    def weight_shapes(self, shape: Shape) -> dict[str, Shape]:
        """One number for each place along the normalized axes."""
        return self.learned(tuple(shape[axis] for axis in self._axes(shape)))

    def _axes(self, shape: Shape) -> list[int]:
        """The axes of the example, in the order of the spec, which Keras keeps."""
        written = self.axis if isinstance(self.axis, list) else [self.axis]
        axes = [one - 1 if one >= 0 else len(shape) + one for one in written]
        if any(not 0 <= one < len(shape) for one in axes) or len(set(axes)) < len(axes):
            raise ShapeError("axis-out-of-range", field="axis")
        return axes

    def arguments(self) -> dict[str, object]:
        """Keras's own arguments, defaults left out."""
        return self.non_default("axis", "epsilon", "center", "scale")


class GroupNormalization(Normalization):
    """Normalization of groups of channels (keras.layers.GroupNormalization); deterministic."""

    type: Literal["group_normalization"]
    groups: Size = Field(
        default=32, description="Number of groups of channels; it divides the channels."
    )

    keras_class = "keras.layers.GroupNormalization"

    def output_shape(self, shape: Shape) -> Shape:
        """The same. Raises: ShapeError where the groups do not divide the channels."""
        if shape[-1] % self.groups:
            raise ShapeError("groups-do-not-divide", field="groups")
        return shape

    def normalized_together(self, shape: Shape) -> int:
        """Those of a group, at all positions."""
        return prod(shape) // self.groups

    def weight_shapes(self, shape: Shape) -> dict[str, Shape]:
        """One number a channel."""
        return self.learned((shape[-1],))

    def arguments(self) -> dict[str, object]:
        """Keras's own arguments, defaults left out."""
        return self.non_default("groups", "epsilon", "center", "scale")
