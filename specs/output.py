"""The `output` section: the distribution whose parameters the last layer gives, and the labels.

To add an output distribution, write its class here and add it to `Output` at the bottom of this
file; how it runs stands in `runtime/outputs/`, under the same name.
"""

from typing import Annotated, Any, Literal

from pydantic import Field

from bnnc.specs.section import Section, Size

Parameterization = Literal["logits", "probs"]
Labels = Literal["integer", "one_hot", "binary"]

_PARAMETERIZATION: Any = Field(
    description="What the numbers of the last layer are: `logits` or `probs`."
)
_CLASSES: Any = Field(description="Number of classes; the last layer has as many units.")
_LABELS: Any = Field(
    description="How labels are encoded: `integer` class indices, `one_hot` rows, or `binary` 0/1."
)


class Categorical(Section):
    """One class of several, as an index (tfp.distributions.Categorical)."""

    distribution: Literal["categorical"]
    parameterization: Parameterization = _PARAMETERIZATION
    classes: Size = _CLASSES
    labels: Labels = _LABELS


class OneHotCategorical(Section):
    """One class of several, as a one-hot row (tfp.distributions.OneHotCategorical)."""

    distribution: Literal["one_hot_categorical"]
    parameterization: Parameterization = _PARAMETERIZATION
    classes: Size = _CLASSES
    labels: Labels = _LABELS


class Bernoulli(Section):
    """Yes or no (tfp.distributions.Bernoulli); the last layer has one unit."""

    distribution: Literal["bernoulli"]
    parameterization: Parameterization = _PARAMETERIZATION
    labels: Labels = _LABELS


Output = Annotated[
    Categorical | OneHotCategorical | Bernoulli,
    Field(discriminator="distribution"),
]
