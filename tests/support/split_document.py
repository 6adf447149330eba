"""Documents taken apart into two that say the same together, one over the other."""

from __future__ import annotations

from random import Random

from tests.generated import Document


def split_document(
    random: Random, document: Document, *, overridden: bool = True, depth: int = 0
) -> tuple[Document, Document]:
    """A base and what is said over it, which together say the document.

    If `overridden`, the base also says what does not count in the end: values that are replaced, and
    keys that are removed.
    """
    base: Document = {}
    over: Document = {}
    for key, value in document.items():
        where = random.choice(["base", "over", "both"])
        # `null` over a key would remove it, and another version of the language is not overridden.
        if where == "both" and isinstance(value, dict):
            base[key], over[key] = split_document(
                random, value, overridden=overridden, depth=depth + 1
            )
        elif where == "both" and overridden and value is not None and (depth or key != "bnnc"):
            base[key], over[key] = random.choice(["other", 7, [1], {"a": 1}]), value
        elif where == "base":
            base[key] = value
        else:
            over[key] = value
    if overridden and random.random() < 0.3:
        base["removed"], over["removed"] = {"any": "thing"}, None
    return base, over
