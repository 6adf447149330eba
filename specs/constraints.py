"""Kernel constraints, as in `keras.constraints`."""

from typing import Annotated, Any, Literal

from pydantic import Field, Tag

from bnnc.specs.section import ONE_OR_MANY, Positive, Section

Axis = Annotated[int, Field(ge=0, le=4)]
Axes = Annotated[
    Annotated[Axis, Tag("one")]
    | Annotated[list[Axis], Field(min_length=1, max_length=5), Tag("many")],
    ONE_OR_MANY,
]
_AXIS: Any = Field(
    default=0,
    description=(
        "Axis of the kernel, or axes, that a norm is taken over: 0 of a dense layer gives each "
        "unit one, [0, 1, 2] of a conv2d each filter."
    ),
)


class ConstraintSection(Section):
    """A constraint: its type and Keras's arguments; its class has the name of Keras's."""

    type: str

    def arguments(self) -> dict[str, Any]:
        """Keras's own arguments, defaults left out."""
        return self.model_dump(exclude={"type"}, exclude_defaults=True)


class MaxNorm(ConstraintSection):
    """No norm is larger than `max_value` (keras.constraints.MaxNorm)."""

    type: Literal["max_norm"]
    max_value: Positive = Field(default=2, description="The largest norm.")
    axis: Axes = _AXIS


class UnitNorm(ConstraintSection):
    """Every norm is 1 (keras.constraints.UnitNorm)."""

    type: Literal["unit_norm"]
    axis: Axes = _AXIS


class NonNeg(ConstraintSection):
    """No weight is below 0 (keras.constraints.NonNeg)."""

    type: Literal["non_neg"]


Constraint = Annotated[MaxNorm | UnitNorm | NonNeg, Field(discriminator="type")]

KERNEL_CONSTRAINT: Any = Field(
    default=None,
    description="Constraint that the kernel is projected to after every step; not for a kernel "
    "with a posterior.",
)
