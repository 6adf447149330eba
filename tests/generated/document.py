"""What every part of a generated spec needs."""

from collections.abc import Callable
from random import Random
from typing import Any, get_args

Document = dict[str, Any]


def sometimes(
    random: Random, section: Document, key: str, value: Callable[[], Any], share: float = 0.5
) -> None:
    """Say a key of a section in that share of the cases."""
    if random.random() < share:
        section[key] = value()


def branches(annotation: Any) -> dict[str, Any]:
    """The sections of a union by the words for them."""
    sections = get_args(annotation)
    return {get_args(one.model_fields["type"].annotation)[0]: one for one in sections}
