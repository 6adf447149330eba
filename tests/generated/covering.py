"""The few generated specs in which everything occurs that any of many has."""

from collections.abc import Iterator
from functools import cache
from random import Random
from typing import Any

from tests.generated.document import Document
from tests.generated.spec import random_spec

MANY = 400
# Their values are any text.
_FREE = {"name", "description", "source"}
_ALL = {"all", "last"}  # of the layers that are Bayesian; else they are called by their names


@cache
def _documents() -> tuple[Document, ...]:
    """`MANY` generated specs: the few with all kinds first, the others in their order."""
    documents = [random_spec(Random(seed)) for seed in range(MANY)]
    found = [frozenset(kinds(document)) for document in documents]
    left = set().union(*found)
    chosen: list[int] = []
    while left:
        best = max(range(MANY), key=lambda one: len(found[one] & left))
        chosen.append(best)
        left -= found[best]
    others = (one for one in range(MANY) if one not in chosen)
    return tuple(documents[one] for one in (*chosen, *others))


def covering_specs(count: int) -> list[Document]:
    """Generated specs that have together, if `count` is 40, all kinds of `MANY` of them."""
    return [*_documents(), *(random_spec(Random(seed)) for seed in range(MANY, count))][:count]


def kinds(value: Any, key: str = "") -> Iterator[tuple[str, Any]]:
    """What a document chooses among: words and yes or no, each with its key."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from kinds(inner, name)
    elif isinstance(value, list):
        for inner in value:
            yield from kinds(inner, key)
    elif isinstance(value, str | bool) and key not in _FREE and (key != "layers" or value in _ALL):
        yield key, value
