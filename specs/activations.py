"""The activations of the language: Keras's by name, with the numbers that each can give.

The language and the rules read this table. All of Keras's activations are in it except two: `glu`
halves the channels, which Keras's own shapes do not know, and `threshold` needs arguments.
"""

from dataclasses import dataclass
from math import inf
from typing import TYPE_CHECKING, Final, Literal


@dataclass(frozen=True, slots=True)
class Range:
    """The numbers that an activation can give.

    Attributes:
        least: lower bound, the largest that holds for all inputs.
        greatest: upper bound, the smallest that holds for all inputs.
        attained: whether some input gives `least`; otherwise all outputs lie above it.
        flat_below: inputs below this give exactly `least`, so no gradient comes back.
        over_one_channel: what every input gives where there is one channel; None if the activation
            sees each number by itself.
        sums_to_one: whether the outputs of all channels sum to 1.
    """

    least: float = -inf
    greatest: float = inf
    attained: bool = False
    flat_below: float | None = None
    over_one_channel: float | None = None
    sums_to_one: bool = False

    @property
    def is_bounded_below(self) -> bool:
        """Whether there is a lower bound."""
        return self.least > -inf

    @property
    def is_bounded_above(self) -> bool:
        """Whether there is an upper bound."""
        return self.greatest < inf

    @property
    def is_any_number(self) -> bool:
        """Whether there is no bound at all."""
        return not self.is_bounded_below and not self.is_bounded_above


ACTIVATIONS: Final[dict[str, Range]] = {
    "linear": Range(),
    "relu": Range(least=0, attained=True, flat_below=0),
    "relu6": Range(least=0, greatest=6, attained=True, flat_below=0),
    "leaky_relu": Range(),
    "elu": Range(least=-1),
    "celu": Range(least=-1),
    "selu": Range(least=-1.758),  # -1.0507 * 1.67326, its two constants
    "gelu": Range(least=-0.17, attained=True),
    "silu": Range(least=-0.2785, attained=True),
    "hard_silu": Range(least=-0.375, attained=True),
    "mish": Range(least=-0.3088, attained=True),
    "tanh": Range(least=-1, greatest=1),
    "hard_tanh": Range(least=-1, greatest=1, attained=True, flat_below=-1),
    "sigmoid": Range(least=0, greatest=1),
    "hard_sigmoid": Range(least=0, greatest=1, attained=True, flat_below=-3),
    "log_sigmoid": Range(greatest=0),
    "sparse_sigmoid": Range(least=0, greatest=1, attained=True, flat_below=-1),
    "softplus": Range(least=0),
    "squareplus": Range(least=0),
    "sparse_plus": Range(least=0, attained=True, flat_below=-1),
    "softsign": Range(least=-1, greatest=1),
    "hard_shrink": Range(),
    "soft_shrink": Range(),
    "tanh_shrink": Range(),
    "softmax": Range(least=0, greatest=1, over_one_channel=1, sums_to_one=True),
    "log_softmax": Range(greatest=0, over_one_channel=0),
    # By its definition it sums to 1; Keras 3.15.1 takes too high a threshold.
    "sparsemax": Range(least=0, greatest=1, attained=True, over_one_channel=1),
    "exponential": Range(least=0),
}

# Those that see all channels of a position together; the others see each number by itself.
OVER_CHANNELS: Final = frozenset(
    name for name, numbers in ACTIVATIONS.items() if numbers.over_one_channel is not None
)

if TYPE_CHECKING:
    ActivationName = str
else:
    ActivationName = Literal[*ACTIVATIONS]
