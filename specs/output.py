"""The `output` section: the distribution whose parameters the last layer gives, and the labels.

To add an output distribution, write its class here and add it to `OUTPUTS` at the bottom of this
file; how it runs stands in `runtime/outputs/`, under the same name. What its numbers may come out
of, and which losses score which labels, stand in its class: the rules read them there.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import reduce
from math import log
from operator import or_
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, get_args

from pydantic import Field, Tag

from bnnc.specs.section import (
    ONE_OR_MANY,
    TEXT_OR_OTHER,
    Finite,
    Positive,
    Section,
    Size,
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

_DISTRIBUTION: Any = Field(description="The output distribution, as named in TFP.")
_PARAMETERIZATION: Any = Field(
    description=(
        "What the numbers of the last layer are: `logits` or `probs` of classes and of yes or no; "
        "`loc`, or `loc_and_unconstrained_scale` (the scale is softplus of its number), of real "
        "labels; `log_rate` or `rate` of counts."
    )
)
_CLASSES: Any = Field(description="Number of classes; the last layer has as many units.")
_LABELS: Any = Field(
    description=(
        "How labels are encoded: `integer` class indices, `one_hot` rows, `binary` 0/1, "
        "`multi_hot` rows of 0/1, `real` numbers, `count` (0, 1, 2, ...), or `soft` rows of "
        "positive shares that sum to 1."
    )
)
_EVENT_SIZE: Any = Field(default=1, description="Number of real labels that each image has.")


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

    distribution: str = _DISTRIBUTION
    parameterization: Parameterization = _PARAMETERIZATION
    labels: Labels = _LABELS

    # What the last layer's numbers may be, with the activations that they may come out of.
    activations: ClassVar[Words]
    # The labels that can be scored, with the losses that score them.
    losses: ClassVar[Words]
    # What the last layer's numbers may be for `has_curvature`.
    curved: ClassVar[tuple[str, ...]] = ()
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
        return self.parameterization in self.curved


class OverClasses(OutputSection):
    """One class of several, with a number for each."""

    classes: Size = _CLASSES

    activations: ClassVar[Words] = {"logits": ("linear",), "probs": ("softmax",)}
    width_fields: ClassVar[tuple[str, ...]] = ("classes",)

    @property
    def width(self) -> int:
        """One unit a class."""
        return self.classes

    @property
    def information(self) -> float | None:
        """The loss of a uniform guess."""
        return log(self.classes)


class Categorical(OverClasses):
    """One class of several, as an index (tfp.distributions.Categorical)."""

    distribution: Literal["categorical"] = _DISTRIBUTION

    curved: ClassVar[tuple[str, ...]] = ("logits",)
    losses: ClassVar[Words] = {
        "integer": (LIKELIHOOD, "sparse_categorical_crossentropy"),
        "one_hot": ("categorical_crossentropy",),
    }


class OneHotCategorical(OverClasses):
    """One class of several, as a one-hot row (tfp.distributions.OneHotCategorical)."""

    distribution: Literal["one_hot_categorical"] = _DISTRIBUTION

    curved: ClassVar[tuple[str, ...]] = ("logits",)
    losses: ClassVar[Words] = {"one_hot": (LIKELIHOOD,)}


class RelaxedOneHotCategorical(OverClasses):
    """Shares of several classes (tfp.distributions.RelaxedOneHotCategorical)."""

    distribution: Literal["relaxed_one_hot_categorical"] = _DISTRIBUTION
    temperature: Positive = Field(
        description="Temperature of the relaxation: near 0 the labels are nearly one-hot."
    )

    activations: ClassVar[Words] = {"logits": ("linear",)}
    losses: ClassVar[Words] = {"soft": (LIKELIHOOD,)}

    @property
    def information(self) -> None:
        """A density has no loss of guessing that bounds it."""
        return None


class Bernoulli(OutputSection):
    """Yes or no (tfp.distributions.Bernoulli); the last layer has one unit."""

    distribution: Literal["bernoulli"] = _DISTRIBUTION

    activations: ClassVar[Words] = {"logits": ("linear",), "probs": ("sigmoid",)}
    curved: ClassVar[tuple[str, ...]] = ("logits",)
    losses: ClassVar[Words] = {"binary": (LIKELIHOOD, "binary_crossentropy")}

    @property
    def width(self) -> int:
        """One unit."""
        return 1

    @property
    def information(self) -> float:
        """The loss of a uniform guess."""
        return log(2)


class IndependentBernoulli(OutputSection):
    """A yes or no for each of several classes (tfp.distributions.Independent of Bernoulli)."""

    distribution: Literal["independent_bernoulli"] = _DISTRIBUTION
    classes: Size = _CLASSES

    activations: ClassVar[Words] = {"logits": ("linear",), "probs": ("sigmoid",)}
    curved: ClassVar[tuple[str, ...]] = ("logits",)
    losses: ClassVar[Words] = {"multi_hot": (LIKELIHOOD, "binary_crossentropy")}
    width_fields: ClassVar[tuple[str, ...]] = ("classes",)

    @property
    def width(self) -> int:
        """One unit a class."""
        return self.classes

    @property
    def information(self) -> float:
        """The loss of a uniform guess."""
        return self.classes * log(2)


class OrderedLogistic(OutputSection):
    """One class of several that have an order (tfp.distributions.OrderedLogistic).

    The last layer has one unit, the location of an image on the scale that the learned cutpoints
    divide into classes.
    """

    distribution: Literal["ordered_logistic"] = _DISTRIBUTION
    classes: Size = Field(
        description="Number of classes in their order; one cutpoint fewer is learned."
    )

    activations: ClassVar[Words] = {"loc": ("linear",)}
    losses: ClassVar[Words] = {"integer": (LIKELIHOOD,)}

    @property
    def width(self) -> int:
        """One unit."""
        return 1

    @property
    def learned(self) -> LearnedLayer:
        """The cutpoints."""
        return LearnedLayer(
            "cutpoints",
            "bnnc.runtime.LearnedCutpoints",
            {"classes": self.classes},
            self.classes - 1,
        )

    @property
    def information(self) -> float:
        """The loss of a uniform guess."""
        return log(self.classes)


class OverReals(OutputSection):
    """Real numbers."""

    event_size: Size = _EVENT_SIZE
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

    width_fields: ClassVar[tuple[str, ...]] = ("event_size", "parameterization")

    @property
    def width(self) -> int:
        """A unit for the location of each label, and one for its scale where it is an output."""
        return self.event_size * (1 if self.parameterization == "loc" else 2)


class Normal(OverReals):
    """Real numbers with normal noise (tfp.distributions.Normal)."""

    distribution: Literal["normal"] = _DISTRIBUTION
    scale: OutputScale | None = Field(
        default=None,
        description=(
            "Under `parameterization: loc`, the standard deviation of a label: a number, or "
            f"`learned`: one a label, the same for all images, starting at {LEARNED_SCALE:g} times "
            "`label_std`."
        ),
    )

    activations: ClassVar[Words] = {"loc": ("linear",), "loc_and_unconstrained_scale": ("linear",)}
    losses: ClassVar[Words] = {"real": (LIKELIHOOD, "mean_squared_error")}

    def accepted_losses(self, labels: str | None = None) -> tuple[str, ...]:
        """The squared error says nothing of a scale: it needs one that is fixed."""
        accepted = super().accepted_losses(labels)
        fixed = isinstance(self.scale, int | float) or (
            self.scale is None and self.parameterization == "loc"  # which BNN341 refuses
        )
        if self.parameterization == "loc_and_unconstrained_scale":
            fixed = False
        return accepted if fixed else accepted[:1]

    @property
    def has_curvature(self) -> bool:
        """Of a scale that is given."""
        return self.parameterization == "loc" and isinstance(self.scale, int | float)

    @property
    def learned(self) -> LearnedLayer | None:
        """The scale, where it is learned once."""
        if self.scale != "learned":
            return None
        return LearnedLayer(
            "scale", "bnnc.runtime.LearnedScale", {"event_size": self.event_size}, self.event_size
        )


class StudentT(OverReals):
    """Real numbers with noise that has outliers (tfp.distributions.StudentT)."""

    distribution: Literal["student_t"] = _DISTRIBUTION
    df: float = Field(
        default=4.0,
        gt=2,
        le=1e6,
        allow_inf_nan=False,
        description="Degrees of freedom; above 2, where the variance is finite.",
    )

    activations: ClassVar[Words] = {"loc_and_unconstrained_scale": ("linear",)}
    losses: ClassVar[Words] = {"real": (LIKELIHOOD,)}


class Poisson(OutputSection):
    """A count (tfp.distributions.Poisson); the last layer has one unit."""

    distribution: Literal["poisson"] = _DISTRIBUTION

    activations: ClassVar[Words] = {"log_rate": ("linear",), "rate": ("softplus", "exponential")}
    curved: ClassVar[tuple[str, ...]] = ("log_rate",)
    losses: ClassVar[Words] = {"count": (LIKELIHOOD, "poisson")}

    @property
    def width(self) -> int:
        """One unit."""
        return 1


# By the word that stands for each in a spec, as in `distribution: categorical`.
OUTPUTS: dict[str, type[OutputSection]] = {
    get_args(output.model_fields["distribution"].annotation)[0]: output
    for output in (
        *(Categorical, OneHotCategorical, RelaxedOneHotCategorical, OrderedLogistic),
        *(Bernoulli, IndependentBernoulli, Normal, StudentT, Poisson),
    )
}

if TYPE_CHECKING:
    Output = OutputSection
else:
    Output = Annotated[reduce(or_, OUTPUTS.values()), Field(discriminator="distribution")]
