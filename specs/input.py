"""The `input` section: shape and values of the images."""

from typing import Annotated

from pydantic import Field, Tag

from bnnc.specs.section import ONE_OR_MANY, Finite, Section, Size
from bnnc.specs.shapes import FEWEST_AXES, MOST_AXES

# After the mapping every value lies in [0, 1]: a mean or a standard deviation in raw units, such as
# 72.9 for pixels up to 255, is out of range.
Mean = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
Std = Annotated[float, Field(ge=0.001, le=1, allow_inf_nan=False)]
PerChannelMean = Annotated[
    Annotated[Mean, Tag("one")]
    | Annotated[list[Mean], Field(min_length=1, max_length=65_536), Tag("many")],
    ONE_OR_MANY,
]
PerChannelStd = Annotated[
    Annotated[Std, Tag("one")]
    | Annotated[list[Std], Field(min_length=1, max_length=65_536), Tag("many")],
    ONE_OR_MANY,
]


class Input(Section):
    """The images: their shape, the range of their raw values, and how they are standardised."""

    shape: tuple[Size, ...] = Field(
        min_length=FEWEST_AXES,
        max_length=MOST_AXES,
        description=(
            "Shape of one image, [height, width, channels]; of a series [steps, channels], of a "
            "volume [depth, height, width, channels]."
        ),
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
