"""Suggest what to write instead of an unknown key.

Where a key belongs is read off the schema as far as it can be; the tables hold the words of other
libraries, and are only asked about keys that are unknown where they stand.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from difflib import get_close_matches
from functools import cache

from bnnc.compiler.language.absent import nearest_to_key
from bnnc.compiler.language.conversion import (
    beta_meant,
    converted,
    priors_meant,
    several_meant,
)
from bnnc.compiler.language.examples import accepts, complete, entry, flow, mappings_meant, short
from bnnc.compiler.language.layer_suggestions import Advice, advice_in_layer, is_number, value_at
from bnnc.compiler.language.schema_queries import (
    describe,
    field_paths,
    keys_at,
    keys_by_tag,
    listing,
    resolve,
    schema_at,
    schema_of_field,
    tag_of,
    tagged_union,
)
from bnnc.compiler.language.suggestions import plain, sigma_of_rho
from bnnc.compiler.language.synonyms import (
    ALSO_CALLED,
    DROPOUT,
    HOMES,
    KL_DIVISORS,
    NO_COUNTERPART,
    NOTES,
    OF_OTHERS,
    RHO,
    SAID_AS,
)
from bnnc.compiler.text.tree import Json, Path

_DELETE = "delete it"


def advice_on(key: str, value: Json, allowed: Sequence[str], path: Path, document: Json) -> Advice:
    """What to do about a key that its mapping at `path`, which may have `allowed`, does not have."""
    of_place = _advice_at(key, value, path, document)
    if of_place is not None:
        return of_place
    of_others = _key_of_other_members(key, value, allowed, path, document)
    if of_others is not None:
        return of_others
    meant = meant_path(key, allowed, path, value, document)
    if meant is not None and value_at(document, meant) is not None:
        there = f"`{meant[-1]}`" if meant[:-1] == path else f"`{_dotted(meant)}`"
        return Advice(f"delete it: {there} already has {_said_there(key, value, meant, document)}")
    if meant is not None and meant[:-1] == path:
        other, how = converted(key, value, meant, document)
        if how or other != value:
            written = (str(meant[-1]), other)
            because = f", which is {how}" if how else ""
            return Advice(f"write `{entry(*written)}`{because}", entry=written)
        name = str(meant[-1])
        certain = _is_accepted(value, meant, document) or _is_mistyped(key, name)
        return Advice(f"did you mean `{name}`?", meant=name if certain else None)
    if meant is not None and meant[-1] != key:
        help = f"the key for this is `{_dotted(meant)}`{_written(key, meant, value, document)}"
        return Advice(help, NOTES.get(key, ""))
    if meant is not None:
        home = f"in `{_dotted(meant[:-1])}`" if len(meant) > 1 else "at the top"
        return Advice(f"`{key}` belongs {home}{_written(key, meant, value, document)}")
    elsewhere = _of_another_library(key, value, path)
    if elsewhere is not None:
        return elsewhere
    absent = nearest_to_key(key, path)
    if absent is not None:
        return Advice(absent)
    if not allowed:
        return Advice(_DELETE)
    return Advice("delete it, or use one of: " + ", ".join(f"`{one}`" for one in allowed))


def _said_there(key: str, value: Json, meant: Path, document: Json) -> str:
    """Compare the value of a key that the spec has with the value of an unknown one."""
    kept, other = value_at(document, meant), converted(key, value, meant, document)[0]
    if kept == other:
        return "this value"
    words = f"{flow(kept)}, not {flow(other)}"
    return f"the value {words}" if len(words) <= _LONGEST_SAID else "another value"


# Two longer values are not compared at a glance.
_LONGEST_SAID = 80


def meant_path(
    key: str, allowed: Sequence[str], path: Path, value: Json, document: Json
) -> Path | None:
    """The path of the key that was meant by an unknown one, in its own mapping or elsewhere.

    A key of its mapping that is no more than mistyped may have a value of the wrong kind; one that
    is only like it has a value that may stand there.
    """
    also = [one for one in ALSO_CALLED.get(key, ()) if one in allowed]
    if also:
        return (*path, also[0])
    said = SAID_AS.get(key)
    # A member of a union may lack the key that others of the union have.
    if said is not None and (said[:-1] != path or said[-1] in allowed):
        return said
    if not path and key.startswith("X-"):
        return (f"x-{key[2:]}",)
    mistyped = [one for one in allowed if _is_mistyped(key, one)]
    fitting = [one for one in mistyped if _is_accepted(value, (*path, one), document)]
    if fitting:
        return (*path, fitting[0])
    home = _home(key)
    # Deep inside a section a key is more likely a word of another library than out of its place.
    if home is not None and home != path and (len(path) < 2 or path[0] == "layers"):
        return (*home, key)
    if _of_another_library(key, None, path) is not None:
        return None
    if mistyped:
        return (*path, mistyped[0])
    parts = [one for one in allowed if one.startswith(f"{key}_") or one.endswith(f"_{key}")]
    close = get_close_matches(key.lower(), allowed, n=3, cutoff=0.6)
    near = [one for one in (*close, *parts) if _is_accepted(value, (*path, one), document)]
    return (*path, near[0]) if near else None


def undecided_paths(unknown: Sequence[Path], document: Json) -> Iterator[Path]:
    """The paths that unknown keys may have been meant for, and that nothing else is written at.

    What stands at the other keys of such a mapping by default is not known, unless the key has a
    meaning of its own elsewhere.
    """
    for here in unknown:
        key, path, value = str(here[-1]), here[:-1], value_at(document, here)
        allowed = keys_at(path, document)
        meant = meant_path(key, allowed, path, value, document)
        if meant is not None:
            found = [meant]
        elif advice_on(key, value, (), path, document).help != _DELETE or (
            not path and not isinstance(value, dict)
        ):
            found = []
        else:
            found = [(*path, one) for one in allowed]
        yield from (one for one in found if _is_left_out(one, document))


def _is_left_out(path: Path, document: Json) -> bool:
    """Whether a path goes through mappings as far as it is written, and not to its end."""
    for step in path:
        if isinstance(document, list) and isinstance(step, int) and step < len(document):
            document = document[step]
        elif not isinstance(document, dict):
            return False
        elif step not in document:
            return True
        else:
            document = document[str(step)]
    return False


def _is_accepted(value: Json, path: Path, document: Json) -> bool:
    """Whether a value may stand at a path of a document."""
    schema = schema_at(path, document)
    return schema is None or accepts(schema, value)


def _is_mistyped(key: str, name: str) -> bool:
    """Whether a key is a name but for a letter, or two that are exchanged, or signs between words."""
    key, name = plain(key), plain(name)
    if key == name:
        return True
    pairs_of_letters = enumerate(zip(key, name, strict=False))
    same = min(len(key), len(name))
    start = next((place for place, (one, other) in pairs_of_letters if one != other), same)
    rest, of_name = key[start:], name[start:]
    pairs = (
        (rest[1:], of_name),  # a letter too many
        (rest, of_name[1:]),  # one missing
        (rest[1:], of_name[1:]),  # another one
        (rest[1::-1] + rest[2:], of_name),  # two exchanged
    )
    return len(name) > 2 and any(one == other for one, other in pairs)


def _home(key: str) -> Path | None:
    """The section that a key belongs in, if only one has it."""
    if key in HOMES or key in OF_OTHERS:
        return HOMES.get(key)
    homes: set[Path] = _homes_by_key().get(key, set())
    return next(iter(homes)) if len(homes) == 1 else None


@cache
def _homes_by_key() -> dict[str, set[Path]]:
    """The sections, and what lies in them, by the keys that they have; layers are no section."""
    found: dict[str, set[Path]] = {}
    for field in field_paths():
        *around, last = field.split(".")
        # What stands below a union with a tag is the name of a member, and no key.
        if around[:1] == ["layers"] or tag_of(schema_of_field(".".join(around)) or {}):
            continue
        # `output.categorical.classes` stands in the text as `output.classes`.
        home = tuple(
            step
            for place, step in enumerate(around)
            if not tag_of(schema_of_field(".".join(around[:place])) or {})
        )
        found.setdefault(last, set()).add(home)
    return found


def _key_of_other_members(
    key: str, value: Json, allowed: Sequence[str], path: Path, document: Json
) -> Advice | None:
    """Of a key that other layer types, distributions or optimizers have, but not this one."""
    by_tag = keys_by_tag(path, document)
    having = [word for word, keys in by_tag.items() if key in keys]
    this = next((word for word, keys in by_tag.items() if list(keys) == list(allowed)), "")
    if not having or any(one in allowed for one in ALSO_CALLED.get(key, ())):
        return None
    union = tagged_union(path, document) or {}
    tag = tag_of(union)
    here = value_at(document, (*path, tag))
    this = here if isinstance(here, str) and here in by_tag else this
    words = [f"`{word}`" for word in having]
    shown = listing(words if len(words) < 5 else [*words[:3], "others"]).replace(" or ", " and ")
    about = (
        f"`{key}` is a key of {shown}, not of `{this}`" if this else f"`{key}` is a key of {shown}"
    )
    members = {
        word: resolve({"$ref": reference})
        for word, reference in union["discriminator"]["mapping"].items()
    }
    if path[0] == "layers":
        for word in having:
            member = members[word]
            if key in member.get("required", ()) and set(member["required"]) <= {tag, key}:
                good = accepts(member["properties"][key], value)
                said: dict[str, Json] = {tag: word, **({key: value} if good else {})}
                own = flow(complete(member, said, document))
                return Advice(f"delete it, or write a separate layer: `- {own}`", about)
        return Advice("delete it", about)
    meaning = str(members.get(this, {}).get("description", "")).rstrip(".")
    note = (
        f"`{this}`: {meaning[:1].lower()}{meaning[1:]}" if meaning and path == ("output",) else ""
    )
    return Advice(f"delete it, or write `{tag}: {having[0]}`: {about}", note)


def _written(key: str, meant: Path, value: Json, document: Json) -> str:
    """What to write at the place that was meant, if the value may stand there."""
    value, how = converted(key, value, meant, document)
    because = f", which is {how}" if how else ""
    schema = schema_at(meant, document)
    if schema is None and len(meant) > 1:
        members = keys_by_tag(meant[:-1], document)
        word = next((one for one, keys in members.items() if meant[-1] in keys), None)
        schema = schema_of_field(f"{_dotted(meant[:-1])}.{word}.{meant[-1]}")
    if schema is not None and not accepts(schema, value):
        whole = mappings_meant(schema, value, document)
        value = value if whole is None else whole.mappings[0]
    if schema is None or not accepts(schema, value):
        must = "" if schema is None else f", which must be {describe(schema)}"
        return "" if isinstance(value, dict | list) else must
    inner: dict[str, Json] = {str(meant[-1]): value}
    if meant[0] == "data" and value_at(document, ("data",)) is None:
        return f": write `{entry(*inner.popitem())}` in a section `data` that also has a `source`"
    for length in range(len(meant) - 1, -1, -1):
        home = meant[:length]
        if isinstance(value_at(document, home), dict):
            ((name, one),) = inner.items()
            text = entry(name, one)
            if len(text) > 80:
                return ""
            if length == len(meant) - 1:
                return f": write `{text}` there{because}"
            inside = f" in `{_dotted(home)}`" if home else ""
            return f": write `{text}`{inside}{because}"
        around = schema_at(home, document)
        inner = {str(home[-1]): complete(around or {}, inner, document)}
    return ""


def _dotted(path: Path) -> str:
    return ".".join(map(str, path))


def _advice_at(key: str, value: Json, path: Path, document: Json) -> Advice | None:
    """The advice on a key that means something else, or more, where it stands than elsewhere."""
    if path[:1] == ("layers",):
        return advice_in_layer(key, value, path, document)
    if not path and key in {"inputs", "outputs"}:
        help, written = several_meant(key, value)
        return Advice(help, entry=written) if help else None
    if key == "beta_type":
        return Advice(beta_meant(value))
    priors = priors_meant(value) if key == "priors" else None
    if priors is not None:
        return Advice(priors)
    if path[-1:] == ("prior",) and key in {"trainable", "learned", "learnable"}:
        if value is False:
            return Advice("delete it: a `scale` that is a number is not learned")
        scale = value_at(document, (*path, "scale"))
        instead = "" if scale is None else f" instead of `{entry('scale', scale)}`"
        return Advice(f"write `scale: learned`{instead}, to learn it with the weights")
    if path == ("loss", "kl") and key in KL_DIVISORS and is_number(value) and value > 1:  # type: ignore[operator]
        if value_at(document, (*path, "weight")) is not None:
            return Advice("delete it: `weight` already defines this")
        return Advice(
            "write `weight: per_example`, which divides the KL by the number of training rows"
        )
    decays_weights = value_at(document, (*path, "type")) == "adamw"
    if path == ("training", "optimizer") and key == "decay" and not decays_weights:
        first = value_at(document, (*path, "learning_rate"))
        first = first if is_number(first) else 0.001
        schedule = entry("learning_rate", {"type": "cosine_decay", "initial_learning_rate": first})
        return Advice(f"write `{schedule}`", "a learning rate that decreases is a schedule")
    return None


def _of_another_library(key: str, value: Json, path: Path) -> Advice | None:
    """The advice on a key that other libraries have, and this language says otherwise."""
    if key in RHO:
        of_prior = "prior" in key or path[-1:] == ("prior",)
        section, name = ("prior", "scale") if of_prior else ("posterior", "initial_scale")
        note = "a spec has the standard deviation sigma itself, not the rho before a softplus"
        sigma, because = "0.1" if of_prior else "0.01", ""
        if isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1000:
            said, of_value = sigma_of_rho(value), short(sigma_of_rho(value))
            fits = accepts(schema_of_field(f"bayesian.{section}.{name}") or {}, float(of_value))
            because = f": softplus({short(value)}) is {of_value}"
            if fits:
                sigma = of_value
            else:
                because += f", which is too {'wide' if said > 1 else 'narrow'}"
        return Advice(f"write `{name}: {sigma}` in `bayesian.{section}`{because}", note)
    if key in NO_COUNTERPART:
        note, help = NO_COUNTERPART[key]
        if key in DROPOUT and is_number(value) and 0 <= value < 1:  # type: ignore[operator]
            help = help.replace("rate: 0.2", entry("rate", value))
        return Advice(help, note)
    return None
