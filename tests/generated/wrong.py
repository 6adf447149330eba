"""Wrong specs: right ones with something in them changed."""

import copy
from random import Random
from typing import Any

from hypothesis import strategies as st

from tests.generated.document import Document
from tests.generated.spec import random_spec


def wrong_spec(random: Random) -> Document:
    """A right spec with one to three things in it changed at random; nearly always wrong."""
    spec = random_spec(random)
    change = random.choice([_change, _graft])
    for _ in range(random.randint(1, 3)):
        change(random, spec)
    return spec


def wrong_specs() -> st.SearchStrategy[Document]:
    """`wrong_spec` as a strategy."""
    return st.randoms(use_true_random=False).map(wrong_spec)


def random_json(random: Random, depth: int = 2) -> Any:
    """Any value that JSON can say, with a liking for those at which programs stumble."""
    kind = random.randrange(8 if depth else 6)
    if kind < 6:
        return random.choice(_VALUES)
    if kind == 6:
        return [random_json(random, depth - 1) for _ in range(random.randint(0, 4))]
    keys = [random.choice(_KEYS) for _ in range(random.randint(0, 4))]
    return {key: random_json(random, depth - 1) for key in keys}


_VALUES: tuple[Any, ...] = (
    *(None, True, False, 0, 1, 2, 3, -1, 65_536, 65_537, 2**31, 2**63, 10**30, 10**400),
    *(0.0, -0.0, 0.5, 1.0, 1.5, 1e-6, 1e-7, 1e-320, 1e300, -2.5, 255.0),
    *("", "all", "last", "learned", "per_example", "softmax", "linear", "same", "adam", "integer"),
    *(
        "categorical",
        "one_hot",
        "flipout",
        "none",
        "null",
        "1",
        "\u0000",
        "\ud83d\ude00",
        "a" * 300,
    ),
)

_KEYS = (
    *("type", "name", "layers", "input", "units", "scale", "", "x-a", "bnnc", "kernel_size"),
    *("distribution", "learning_rate", "weight", "__class__", "shape", "Type", "unit"),
)


def _change(random: Random, spec: Document) -> None:
    """Change one place of the spec, at any depth."""
    container: Any = spec
    while True:
        places = list(container) if isinstance(container, dict) else list(range(len(container)))
        if not places:
            break
        place = random.choice(places)
        inner = container[place]
        if not isinstance(inner, dict | list) or random.random() < 0.2:
            break
        container = inner
    action = random.choice(["replace", "replace", "replace", "delete", "add", "repeat", "move"])
    if not places or action == "add":
        if isinstance(container, dict):
            container[random.choice(_KEYS)] = random_json(random)
        else:
            container.insert(random.randint(0, len(container)), random_json(random))
    elif action == "delete":
        del container[place]
    elif action == "replace":
        container[place] = random_json(random)
    elif isinstance(container, list) and action == "repeat":
        container.insert(place, copy.deepcopy(container[place]))
    elif isinstance(container, list):
        container.append(container.pop(place))
    else:
        container[random.choice(_KEYS)] = container.pop(place)


def _graft(random: Random, spec: Document) -> None:
    """Put a part of another right spec in the place of this one's: right alone, wrong together."""
    other = random_spec(random)
    section = random.choice([key for key in spec if key in other])
    if section == "layers":
        place = random.randrange(len(spec["layers"]))
        spec["layers"][place] = random.choice(other["layers"])
    elif isinstance(spec[section], dict):
        shared = [key for key in spec[section] if key in other[section]]
        for key in random.sample(shared, min(len(shared), 1)):
            spec[section][key] = other[section][key]
    else:
        spec[section] = other[section]
