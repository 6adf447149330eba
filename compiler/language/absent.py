"""Find the nearest replacement for a word that this version of the language does not have.

Asked about words only that are unknown where they stand, by the rules on unknown names and keys.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bnnc.compiler.diagnostics.wording import quoted
from bnnc.compiler.language.absent_words import LAYERS, LOSSES, METHODS, TABLES, Mapping, Nearest
from bnnc.compiler.language.examples import entry, flow
from bnnc.compiler.language.suggestions import bayesian_layer, layer_said_elsewhere, plain
from bnnc.compiler.text.tree import Path

_ENDINGS = ("layer", "loss", "optimizer", "distribution", "prior", "method", "schedule", "network")
# A shorter word is a part of too many others.
_SHORTEST_PART = 4


def nearest(value: str, kind: str, path: Path) -> str | None:
    """Say what to write instead of a word that names something of a kind; None if it is not known."""
    found = _found(plain(value[:100]), TABLES[kind])
    return None if found is None else _sentence(value, found, path)


def names_a_layer(word: str, types: Sequence[str]) -> bool:
    """Whether an unknown word is a layer of another library, Bayesian or none of the language."""
    return (
        any(one in LAYERS for one in _spellings(plain(word)))
        or bayesian_layer(word, types, ["flipout", "reparameterization"]) is not None
        or layer_said_elsewhere(word) is not None
    )


def nearest_to_key(word: str, path: Path) -> str | None:
    """Say what to write instead of an unknown key that is such a word, as in `focal_loss: true`."""
    for table in (METHODS, LAYERS, LOSSES):
        for one in _spellings(plain(word)):
            if one in table and len(one) > 2:
                return _sentence(word, table[one], path)
    return None


def kind_at(path: Path, *, of_layer: bool = False) -> str | None:
    """What the word at a path names; None if it is nothing that the tables have."""
    if of_layer:
        return "layer"
    field, around = path[-1], path[-2:-1]
    if field == "distribution":
        return {"prior": "prior", "posterior": "posterior"}.get(str(*around), "distribution")
    if field == "type":
        section = str(*around)
        return section if section in {"loss", "optimizer", "learning_rate"} else None
    return str(field) if field in {"method", "activation"} else None


def _found(word: str, table: dict[str, Nearest]) -> Nearest | None:
    for one in _spellings(word):
        if one in table:
            return table[one]
    parts = [one for one in table if len(one) >= _SHORTEST_PART and one in word]
    return table[max(parts, key=len)] if parts else None


def _spellings(word: str) -> Iterator[str]:
    yield word
    for ending in _ENDINGS:
        if word.endswith(ending):
            yield word.removesuffix(ending)


def _sentence(word: str, found: Nearest, path: Path) -> str:
    return (
        f"{quoted(word)} is not in this version; the nearest is {text_at(found, path)}: {found.why}"
    )


def text_at(found: Nearest, path: Path) -> str:
    """Say what to write instead of the word at a path, and where, if it is elsewhere."""
    if found.layer is not None:
        return f"`- {flow(found.layer)}`" + ("" if path[:1] == ("layers",) else " in `layers`")
    if path[-1:] == ("activation",):
        return f"`{entry('activation', found.write['activation'])}`"
    if path[:1] == ("layers",) and "bayesian" in path:  # a layer's own section
        path = path[path.index("bayesian") :]
    inside: Mapping = found.write
    for step in path[:-1]:
        below = inside.get(str(step))
        # What two sections say together is written at the top.
        if not isinstance(below, dict) or (inside is found.write and len(inside) > 1):
            break
        inside = below
    else:
        where = " at the top" if len(path) < 2 else ""
        return f"`{', '.join(entry(key, one) for key, one in inside.items())}`{where}"
    lines = " and ".join(f"`{entry(key, one)}`" for key, one in found.write.items())
    instead = ", instead of `bayesian`" if path[0] == "bayesian" else ""
    return f"{lines} at the top{instead}"
