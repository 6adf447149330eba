"""What all distributions over exclusive classes share."""

from math import log
from typing import ClassVar

from bnnc.specs.outputs.output import CLASSES, OutputSection, Words
from bnnc.specs.section import Size


class OverClasses(OutputSection):
    """One class of several, with a number for each."""

    classes: Size = CLASSES

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
