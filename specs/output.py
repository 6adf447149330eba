"""The `output` section: the distribution whose parameters the last layer gives, and the labels.

To add an output distribution, write its class here and add it to `OUTPUTS` at the bottom of this
file; how it runs stands in `runtime/outputs/`, under the same name.
"""

from functools import reduce
from math import log
from operator import or_
from typing import TYPE_CHECKING, Annotated, Any, Literal, get_args

from pydantic import Field

from bnnc.specs.section import Section, Size

Parameterization = Literal["logits", "probs"]
Labels = Literal["integer", "one_hot", "binary"]

_DISTRIBUTION: Any = Field(description="The output distribution, as named in TFP.")
_PARAMETERIZATION: Any = Field(
    description="What the numbers of the last layer are: `logits` or `probs`."
)
_CLASSES: Any = Field(description="Number of classes; the last layer has as many units.")
_LABELS: Any = Field(
    description="How labels are encoded: `integer` class indices, `one_hot` rows, or `binary` 0/1."
)


class OutputSection(Section):
    """What every output distribution says."""

    distribution: str = _DISTRIBUTION
    parameterization: Parameterization = _PARAMETERIZATION
    labels: Labels = _LABELS

    @property
    def width(self) -> int:
        """Units of the last layer."""
        raise AssertionError("every output distribution says how many parameters it takes")

    @property
    def information(self) -> float | None:
        """Nats that a label holds at most, the loss of guessing; None where there is no limit."""
        return None


class OverClasses(OutputSection):
    """One class of several."""

    classes: Size = _CLASSES

    @property
    def width(self) -> int:
        """One unit a class."""
        return self.classes

    @property
    def information(self) -> float:
        """The loss of a uniform guess."""
        return log(self.classes)


class Categorical(OverClasses):
    """One class of several, as an index (tfp.distributions.Categorical)."""

    distribution: Literal["categorical"] = _DISTRIBUTION


class OneHotCategorical(OverClasses):
    """One class of several, as a one-hot row (tfp.distributions.OneHotCategorical)."""

    distribution: Literal["one_hot_categorical"] = _DISTRIBUTION


class Bernoulli(OutputSection):
    """Yes or no (tfp.distributions.Bernoulli); the last layer has one unit."""

    distribution: Literal["bernoulli"] = _DISTRIBUTION

    @property
    def width(self) -> int:
        """One unit."""
        return 1

    @property
    def information(self) -> float:
        """The loss of a uniform guess."""
        return log(2)


# By the word that stands for each in a spec, as in `distribution: categorical`.
OUTPUTS: dict[str, type[OutputSection]] = {
    get_args(output.model_fields["distribution"].annotation)[0]: output
    for output in (Categorical, OneHotCategorical, Bernoulli)
}

if TYPE_CHECKING:
    Output = OutputSection
else:
    Output = Annotated[reduce(or_, OUTPUTS.values()), Field(discriminator="distribution")]
