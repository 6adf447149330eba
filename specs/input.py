"""The `input` section: the images as they come."""

from typing import Annotated

from pydantic import Field, Tag

from bnnc.specs.section import ONE_OR_MANY, Finite, Positive, Section, Size

PerChannelMean = Annotated[
    Annotated[Finite, Tag("one")]
    | Annotated[list[Finite], Field(min_length=1, max_length=65_536), Tag("many")],
    ONE_OR_MANY,
]
PerChannelStd = Annotated[
    Annotated[Positive, Tag("one")]
    | Annotated[list[Positive], Field(min_length=1, max_length=65_536), Tag("many")],
    ONE_OR_MANY,
]


class Input(Section):
    """The images: their shape, the range of their raw values, and how they are standardised."""

    shape: tuple[Size, Size, Size] = Field(
        description="Height, width and channels of one image, in pixels."
    )
    value_range: tuple[Finite, Finite] = Field(
        default=(0.0, 255.0),
        description="Lowest and highest raw pixel value; the model maps them to 0 and 1.",
    )
    mean: PerChannelMean | None = Field(
        default=None,
        description="Mean to subtract, after the mapping to [0, 1]: a number or one per channel.",
    )
    std: PerChannelStd | None = Field(
        default=None,
        description="Standard deviation to divide by, after the mean: a number or one per channel.",
    )
