"""Values that several layers take."""

from random import Random

from bnnc.specs import activations
from bnnc.specs.activations import OVER_CHANNELS

ACTIVATIONS: tuple[str, ...] = tuple(activations.ACTIVATIONS)


def sizes(
    random: Random, dimensions: int, among: list[int], *, equal: bool = False
) -> int | list[int]:
    """One number for all dimensions, or one for each; a series has one number only."""
    each = [random.choice(among) for _ in range(dimensions)]
    return each[0] if equal or dimensions == 1 or random.random() < 0.6 else each


def activation(random: Random, channels: int) -> str:
    """An activation of a hidden layer."""
    # A softmax over one number is always 1 or its logarithm 0, and a hidden exponential overflows.
    hidden = [one for one in ACTIVATIONS if one != "exponential"]
    return random.choice([one for one in hidden if one not in OVER_CHANNELS or channels > 1])
