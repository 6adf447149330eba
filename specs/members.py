"""Find the members of a package, such as the layers or the priors, each in a file of its own."""

import importlib
import pkgutil
from collections.abc import Sequence
from typing import Literal, TypeVar, get_args, get_origin

from bnnc.specs.section import Section

Member = TypeVar("Member", bound=Section)


def members(
    package: str, base: type[Member], *, field: str, first: Sequence[str] = ()
) -> dict[str, type[Member]]:
    """Find the classes that a word of a spec stands for, by that word.

    Args:
        package: name of the package; its modules are imported.
        base: class that all members extend.
        field: the field whose word stands for the class.
        first: the words that lists begin with, in their order; the others follow by name.
    """
    for module in pkgutil.iter_modules(importlib.import_module(package).__path__):
        importlib.import_module(f"{package}.{module.name}")
    found: dict[str, type[Member]] = {}
    waiting = [base]
    while waiting:
        for one in waiting.pop().__subclasses__():
            waiting.append(one)
            annotation = one.model_fields[field].annotation
            if get_origin(annotation) is Literal:
                found |= {str(word): one for word in get_args(annotation)}
    places = {word: place for place, word in enumerate(first)}
    return dict(sorted(found.items(), key=lambda pair: (places.get(pair[0], len(places)), pair[0])))
