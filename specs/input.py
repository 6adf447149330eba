"""The `input` section: shape and values of the images, or of the rows of a table."""

from math import inf
from typing import Annotated

from pydantic import Field, Tag

from bnnc.specs.examples import of_rows
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
    """The images or the rows of a table: their shape, raw values, and how they are standardised."""

    shape: tuple[Size, ...] = Field(
        min_length=FEWEST_AXES,
        max_length=MOST_AXES,
        description=(
            "Shape of one image, [height, width, channels]; of a series [steps, channels], of a "
            "volume [depth, height, width, channels], of a row of a table [features]."
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
    standardize: bool = Field(
        default=True,
        description=(
            "Of a table: whether each feature is standardised by its mean and standard deviation "
            "over the training rows."
        ),
    )

    @property
    def is_table(self) -> bool:
        """Whether an example is a row of features, rather than an image, a series or a volume."""
        return len(self.shape) == 1

    @property
    def limits(self) -> tuple[float, float]:
        """The lowest and the highest raw value: a feature may have any."""
        return (-inf, inf) if self.is_table else self.value_range

    @property
    def noun(self) -> str:
        """What examples are called in messages."""
        return "rows" if self.is_table else "images"

    @property
    def variable(self) -> str:
        """Name of the array or tensor of examples."""
        return "features" if self.is_table else "images"

    def worded(self, text: str) -> str:
        """A sentence about images, said of what the examples are."""
        return of_rows(text) if self.is_table else text
