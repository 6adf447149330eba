"""Explain values in the form of another library."""

from __future__ import annotations

from typing import Any

from bnnc.compiler.diagnostics.diagnostic import Edit, Fix
from bnnc.compiler.language.examples import (
    accepts,
    complete,
    entry,
    expects_mapping,
    flow,
    mapping_schemas,
)
from bnnc.compiler.language.layer_suggestions import is_number, value_at
from bnnc.compiler.language.member_suggestions import padding_meant
from bnnc.compiler.language.schema_queries import choices, resolve
from bnnc.compiler.text.source import Span
from bnnc.compiler.text.tree import Json, Path

Instead = tuple[tuple[str, ...], tuple[Fix, ...]]
"""Sentences of help, and fixes."""

# More weights are counted, and not written.
_MOST_SHOWN = 12


def class_weights_meant(value: Json, document: Json) -> str | None:
    """Say what to write instead of a mapping by class or a single number."""
    classes = value_at(document, ("output", "classes"))
    if value_at(document, ("output", "distribution")) == "bernoulli":
        classes = 2
    count = classes if isinstance(classes, int) and classes > 1 else 2
    weights: list[Json] = [1] * count
    if isinstance(value, dict):
        by_class = {int(key): one for key, one in value.items() if key.isdigit()}
        if len(by_class) < len(value) or not all(is_number(one) for one in by_class.values()):
            return None
        weights = [by_class.get(one, 1) for one in range(max(count, *by_class, 0))]
    elif is_number(value) and count == 2:
        weights = [1, value]
    elif not is_number(value):
        return None
    shown = f"`{entry('class_weight', weights)}`" if len(weights) <= _MOST_SHOWN else "a list"
    said = f"write one weight per class, here {count}, as in {shown}"
    if isinstance(value, dict) or (is_number(value) and count == 2):
        return f"write {shown}, one weight per class in their order"
    return f"{said}; `{flow(value)}` alone does not belong to a class"


def instead_of_padding(value: Json, path: Path, document: Json) -> str | None:
    """Say what to write instead of PyTorch's number of zeros at each side."""
    sizes = value if isinstance(value, list) else [value]
    if not all(type(one) is int for one in sizes):
        return None
    layer = value_at(document, path[:-1])
    word = padding_meant(value, layer)
    if word is not None:
        return f"write `padding: {word}`, which adds the same number of zeros here"
    kind = str(layer.get("type")) if isinstance(layer, dict) else ""
    dimensions = kind[-2:-1] if kind[-1:] == "d" and kind[-2:-1] in "123" else "2"
    zeros: dict[str, Json] = {"type": f"zero_padding{dimensions}d", "padding": value}
    if not accepts(
        resolve({"$ref": f"#/$defs/ZeroPadding{dimensions}D"})["properties"]["padding"], value
    ):
        return "write `padding: same`, or write a `zero_padding2d` layer before this one"
    return f"delete it, and write a padding layer before this one: `- {flow(zeros)}`"


def one_of_several(key: str, value: list[Json], document: Json) -> str | None:
    """Say what to write instead of several inputs or outputs."""
    first = next((one for one in value if isinstance(one, dict)), None)
    if first is None or not all(isinstance(one, dict) for one in value):
        return None
    named = set().union(*(one for one in value if isinstance(one, dict)))
    if sum(map(len, value)) == len(named):  # type: ignore[arg-type]  # keys of one section, each with a dash
        return None
    return several(key, first)


def several(key: str, first: Json) -> str:
    """The way out of several inputs or outputs, with the first of them."""
    other = (
        "images of the same size can be channels of one input"
        if key == "input"
        else "each other output needs its own spec"
    )
    written = f"write one, as in `{entry(key, first)}`" if isinstance(first, dict) else "write one"
    return f"{written}: in this version a spec has one {key}; {other}"


def switched(
    span: Span, field: str, value: bool, schema: dict[str, Any], document: Json
) -> Instead | None:
    """What was meant by `true` or `false` in the place of a mapping, as in `bayesian: false`."""
    if not field or not expects_mapping(schema):
        return None
    for member in mapping_schemas(schema):
        methods = choices(member.get("properties", {}).get("method", {}))
        if "none" in methods:
            said = value_at(document, ("bayesian", "method"))
            on = said if isinstance(said, str) and said in methods else "flipout"
            written = flow(complete(member, {"method": on if value else "none"}, document))
            edit = Edit(span, written)
            fixes = () if value else (Fix(f"write `{written}`", (edit,), safe=True),)
            return (f"write `{field}: {written}`",), fixes
    if not value and accepts(schema, None):
        return (f"write `{field}: null`, or delete the key",), ()
    return None
