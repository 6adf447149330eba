"""The optimizers, by Keras's names, with Keras's arguments, defaults and limits, one file each.

Every file of this folder is found by itself. A class is one optimizer, and bears the name of
Keras's own class.
"""

from functools import reduce
from operator import or_
from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from bnnc.specs.members import members
from bnnc.specs.optimizers.optimizer import OptimizerSection

# By the word that stands for each in a spec, as in `type: adam`.
OPTIMIZERS = members(
    __name__,
    OptimizerSection,
    field="type",
    first=("adam", "adamw", "nadam", "adamax", "lion", "rmsprop", "adagrad", "sgd"),
)

if TYPE_CHECKING:
    Optimizer = OptimizerSection
else:
    Optimizer = Annotated[reduce(or_, OPTIMIZERS.values()), Field(discriminator="type")]

__all__ = ["OPTIMIZERS", "Optimizer", "OptimizerSection"]
