"""The `output` section, one file a distribution; every file of this folder is found by itself.

To add a distribution, write its class here, and in `runtime/outputs/` the class of the same name.
What its numbers may come out of, and which losses score which labels, are in its class: the rules
read them there.
"""

from functools import reduce
from operator import or_
from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from bnnc.specs.members import members
from bnnc.specs.outputs.output import OutputSection

# By the word that stands for each in a spec, as in `distribution: categorical`.
OUTPUTS = members(
    __name__,
    OutputSection,
    field="distribution",
    first=(
        *("categorical", "one_hot_categorical", "relaxed_one_hot_categorical"),
        *("ordered_logistic", "bernoulli", "independent_bernoulli", "normal", "student_t"),
    ),
)

if TYPE_CHECKING:
    Output = OutputSection
else:
    Output = Annotated[reduce(or_, OUTPUTS.values()), Field(discriminator="distribution")]

__all__ = ["OUTPUTS", "Output", "OutputSection"]
