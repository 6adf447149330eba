"""What every prior says, and what it knows about itself before any training."""

from math import prod
from typing import ClassVar

from pydantic import Field

from bnnc.specs.section import Section

Kernel = tuple[int, ...]


def mean_square(kernel: Kernel) -> float:
    """Expected square of a posterior mean before training: HeNormal's 2 / fan-in."""
    return 2 / prod(kernel[:-1])


class PriorSection(Section):
    """A prior: what a spec says of it, its class in the runtime, and its arithmetic."""

    # The class in the runtime, which has the section's own name.
    runtime_class: ClassVar[str]

    distribution: str = Field(description="Family of the prior, as named in TFP.")

    @property
    def learned(self) -> int:
        """Numbers that each layer learns for its prior."""
        return 0

    def arguments(self) -> dict[str, object]:
        """Arguments of the runtime's class."""
        return self.model_dump(exclude={"distribution"})

    def kl_of_scales(self, kernel: Kernel, scale: float) -> float:
        """Part of KL(posterior ‖ prior) at the start that standard deviations give, in nats."""
        raise AssertionError("every prior says what a scale costs")

    def kl_of_means(self, kernel: Kernel, square: float | None = None) -> float:
        """Part of KL(posterior ‖ prior) at the start that the means give, in nats.

        Args:
            kernel: shape of the weights.
            square: expected square of a mean; that of He's if None.
        """
        raise AssertionError("every prior says what means cost")
