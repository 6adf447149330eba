"""The section `data.one_hot`."""

from typing import Annotated, Literal

from pydantic import Field

from bnnc.specs.section import Section

_Column = Annotated[str, Field(min_length=1, max_length=255)]


class OneHot(Section):
    """Columns of categories in a table of numbers (sklearn.preprocessing.OneHotEncoder).

    Each category that a training row has becomes a feature of 0 and 1, in the place of the column.
    """

    columns: Annotated[list[_Column], Field(min_length=1, max_length=65_536)] = Field(
        description="Columns with categories, which may be words or numbers."
    )
    handle_unknown: Literal["error", "ignore"] = Field(
        default="error",
        description=(
            "What is done with a category that no training row has: `error` refuses the table, "
            "`ignore` reads it as 0 in all features of the column."
        ),
    )
