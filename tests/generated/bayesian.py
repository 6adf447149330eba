"""The `bayesian` section at random."""

from random import Random
from typing import get_args

from bnnc.specs.bayesian import VARIATIONAL, Method
from bnnc.specs.placement import place
from tests.generated.document import Document, sometimes
from tests.generated.layers import section

METHODS: tuple[str, ...] = get_args(Method)


def bayesian_section(random: Random, method: str, layers: list[Document]) -> Document:
    """A right section of a method over layers that can carry it."""
    stack = [section(layer) for layer in layers]
    able = [one.name for one in place(stack) if one.layer.carries(method)]
    written: Document = {"method": method}
    some = random.sample(able, random.randint(1, len(able))) if able else "all"
    sometimes(random, written, "layers", lambda: random.choice(["all", "last", some]))
    if method not in VARIATIONAL and random.random() < 0.7:
        return written
    prior = {"distribution": "normal", "scale": random.choice(["learned", 1, 0.1, 0.05])}
    sometimes(random, written, "prior", lambda: prior)
    scale = random.choice([0.3, 0.05, 0.01, 0.001, 2e-6])
    sometimes(random, written, "posterior", lambda: {"initial_scale": scale})
    return written
