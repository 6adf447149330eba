"""Base class of all sections, and types that several sections use."""

from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, ConfigDict, Discriminator, Field, PlainSerializer, Tag

Value = TypeVar("Value")

# Names become Keras layer names and appear in emitted source: lower-case identifiers only.
LAYER_NAME = r"^[a-z][a-z0-9_]{0,62}$"
SPEC_NAME = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$"

LayerName = Annotated[str, Field(pattern=LAYER_NAME)]
# Upper bounds keep a mistyped number from becoming a tensor that no machine can hold.
Size = Annotated[int, Field(ge=1, le=65_536)]
Positive = Annotated[float, Field(gt=0, le=1e6, allow_inf_nan=False)]
NonNegative = Annotated[float, Field(ge=0, le=1e6, allow_inf_nan=False)]
# Standard deviations: the runtime keeps every one of them above 1e-6.
Scale = Annotated[float, Field(gt=1e-6, le=1, allow_inf_nan=False)]
Finite = Annotated[float, Field(ge=-1e9, le=1e9, allow_inf_nan=False)]


class Section(BaseModel):
    """A part of a spec: unknown keys are refused, values are never coerced or changed."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


def _one_or_many(value: Any) -> str:
    return "many" if isinstance(value, list | tuple) else "one"


def _text_or_other(value: Any) -> str:
    return "text" if isinstance(value, str) else "other"


# Unions are told apart by the kind of value written, so that a wrong value is reported once,
# against the branch that was meant, and not once for every branch.
ONE_OR_MANY = Discriminator(_one_or_many)
TEXT_OR_OTHER = Discriminator(_text_or_other)


def broadcast_size(value: int | tuple[int, ...], dimensions: int) -> tuple[int, ...]:
    """A size for every dimension, where one number stands for all."""
    return value if isinstance(value, tuple) else (value,) * dimensions


def pair(value: int | tuple[int, int]) -> tuple[int, int]:
    """A size for height and width, where one number stands for both."""
    return value if isinstance(value, tuple) else (value, value)


def triple(value: int | tuple[int, int, int]) -> tuple[int, int, int]:
    """A size for depth, height and width, where one number stands for all three."""
    return value if isinstance(value, tuple) else (value, value, value)


Pair = Annotated[
    Annotated[Size, Tag("one")] | Annotated[tuple[Size, Size], Tag("many")],
    ONE_OR_MANY,
    PlainSerializer(pair),  # `3` and `[3, 3]` say the same, so they are written the same
]
Triple = Annotated[
    Annotated[Size, Tag("one")] | Annotated[tuple[Size, Size, Size], Tag("many")],
    ONE_OR_MANY,
    PlainSerializer(triple),
]
