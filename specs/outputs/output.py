"""What every output distribution has: its fields, and what the rest of the compiler asks it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field, Tag

from bnnc.specs.section import (
    ONE_OR_MANY,
    TEXT_OR_OTHER,
    Finite,
    Section,
)

Parameterization = Literal[
    "logits", "probs", "loc", "loc_and_unconstrained_scale", "log_rate", "rate"
]
Words = Mapping[str, tuple[str, ...]]
Labels = Literal["integer", "one_hot", "binary", "multi_hot", "real", "count", "soft"]

# The loss that every distribution has.
LIKELIHOOD = "negative_log_likelihood"
# A scale that is learned starts here.
LEARNED_SCALE = 1.0

_Width = Annotated[float, Field(gt=1e-6, le=1e6, allow_inf_nan=False)]
OutputScale = Annotated[
    Annotated[Literal["learned"], Tag("text")] | Annotated[_Width, Tag("other")], TEXT_OR_OTHER
]

# In the units of the labels; a standard deviation of 0 would divide by nothing.
_LabelStd = Annotated[float, Field(ge=1e-6, le=1e9, allow_inf_nan=False)]
LabelMean = Annotated[
    Annotated[Finite, Tag("one")]
    | Annotated[list[Finite], Field(min_length=1, max_length=65_536), Tag("many")],
    ONE_OR_MANY,
]
LabelStd = Annotated[
    Annotated[_LabelStd, Tag("one")]
    | Annotated[list[_LabelStd], Field(min_length=1, max_length=65_536), Tag("many")],
    ONE_OR_MANY,
]

DISTRIBUTION: Any = Field(description="The output distribution, as named in TFP.")
PARAMETERIZATION: Any = Field(
    description=(
        "What the numbers of the last layer are: `logits` or `probs` of classes and of yes or no; "
        "`loc`, or `loc_and_unconstrained_scale` (the scale is softplus of its number), of real "
        "labels; `log_rate` or `rate` of counts."
    )
)
CLASSES: Any = Field(description="Number of classes; the last layer has as many units.")
LABELS: Any = Field(
    description=(
        "How labels are encoded: `integer` class indices, `one_hot` rows, `binary` 0/1, "
        "`multi_hot` rows of 0/1, `real` numbers, `count` (0, 1, 2, ...), or `soft` rows of "
        "positive shares that sum to 1."
    )
)
EVENT_SIZE: Any = Field(default=1, description="Number of real labels that each image has.")


@dataclass(frozen=True, slots=True)
class LearnedLayer:
    """The layer that appends parameters learned once, the same for all images, to the last one's.

    Attributes:
        name: name of the Keras layer, unless a layer of the spec has it.
        keras_class: its class, with its module.
        arguments: what it is called with.
        appended: numbers that it appends, one trainable weight each.
    """

    name: str
    keras_class: str
    arguments: Mapping[str, int]
    appended: int


class OutputSection(Section):
    """What every output distribution says."""

    distribution: str = DISTRIBUTION
    parameterization: Parameterization = PARAMETERIZATION
    labels: Labels = LABELS

    # What the last layer's numbers may be, with the activations that they may come out of.
    activations: ClassVar[Words]
    # The labels that can be scored, with the losses that score them.
    losses: ClassVar[Words]
    # What the last layer's numbers may be for `has_curvature`.
    has_known_hessian: ClassVar[tuple[str, ...]] = ()
    # The fields that `width` is computed from.
    width_fields: ClassVar[tuple[str, ...]] = ()

    @property
    def numbers(self) -> str | None:
        """What the last layer's numbers are; None if the distribution has no such parameters."""
        return self.parameterization if self.parameterization in self.activations else None

    def accepted_losses(self, labels: str | None = None) -> tuple[str, ...]:
        """Losses of labels, those that are said or others; none if they cannot be scored."""
        return self.losses.get(self.labels if labels is None else labels, ())

    @property
    def width(self) -> int:
        """Units of the last layer."""
        raise AssertionError("every output distribution says how many parameters it takes")

    @property
    def learned(self) -> LearnedLayer | None:
        """The layer that is put behind the last one for what is learned once for all images."""
        return None

    @property
    def information(self) -> float | None:
        """Nats that a label holds at most, the loss of guessing; None where there is no limit."""
        return None

    @property
    def has_curvature(self) -> bool:
        """Whether the second derivatives of a loss by the last layer's numbers are known.

        They are where no label changes them: then a normal posterior can be fitted around weights.
        """
        return self.parameterization in self.has_known_hessian
