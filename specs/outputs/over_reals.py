"""What all distributions over real numbers share."""

from typing import ClassVar

from pydantic import Field

from bnnc.specs.outputs.output import EVENT_SIZE, LabelMean, LabelStd, OutputSection
from bnnc.specs.section import Size


class OverReals(OutputSection):
    """Real numbers."""

    event_size: Size = EVENT_SIZE
    label_mean: LabelMean | None = Field(
        default=None,
        description=(
            "Mean of the labels, a number or one a label: a location is `label_mean` plus "
            "`label_std` times the number of the last layer."
        ),
    )
    label_std: LabelStd | None = Field(
        default=None,
        description=(
            "Standard deviation of the labels, a number or one a label: locations, and scales that "
            "are outputs or learned, are counted in it. Predictions are in the labels' own units."
        ),
    )

    standardize_labels: bool = Field(
        default=False,
        description=(
            "Whether `label_mean` and `label_std` are those of the training rows, which are saved "
            "with the model."
        ),
    )

    width_fields: ClassVar[tuple[str, ...]] = ("event_size", "parameterization")

    @property
    def width(self) -> int:
        """A unit for the location of each label, and one for its scale where it is an output."""
        return self.event_size * (1 if self.parameterization == "loc" else 2)
