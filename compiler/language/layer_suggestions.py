"""Keys that a layer does not have: what was meant, and what to write."""

from __future__ import annotations

from dataclasses import dataclass

from bnnc.compiler.language.examples import (
    accepts,
    complete,
    entry,
    flow,
    mapping_schemas,
    mappings_meant,
)
from bnnc.compiler.language.schema_queries import (
    Schema,
    keys_at,
    resolve,
    schema_at,
    union_with_tag,
)
from bnnc.compiler.language.suggestions import plain
from bnnc.compiler.language.synonyms import ALSO_CALLED
from bnnc.compiler.text.tree import Json, Path


@dataclass(frozen=True, slots=True)
class Advice:
    """What to do about an unknown key; `meant` is the key of its own mapping that it stands for.

    `entry` is what to write in place of the key and its value, if that is certain.
    """

    help: str
    note: str = ""
    meant: str | None = None
    entry: tuple[str, Json] | None = None


def value_at(document: Json, path: Path) -> Json:
    """The value at a path of a document; None where it does not go that far."""
    for step in path:
        if isinstance(document, dict) and isinstance(step, str):
            document = document.get(step)
        elif isinstance(document, list) and isinstance(step, int) and step < len(document):
            document = document[step]
        else:
            return None
    return document


def is_number(value: Json) -> bool:
    """Whether a value is a number, and no boolean."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def advice_in_layer(key: str, value: Json, path: Path, document: Json) -> Advice | None:
    """The advice on a key that means something else, or more, in a layer than elsewhere."""
    own = _advice_on_own_section(key, value, path, document)
    if own is not None:
        return own
    if key == "training":
        kind = value_at(document, (*path, "type"))
        if value is False or not (isinstance(kind, str) and "dropout" in kind):
            return Advice("delete it", "the model tells each layer whether it is in training")
        note = "dropout at prediction is a Bayesian method, which the spec sets once"
        method = value_at(document, ("bayesian", "method"))
        if method == "mc_dropout":
            return Advice("delete it: `bayesian.method` already defines this", note)
        if isinstance(value_at(document, ("bayesian",)), dict):
            return Advice("delete it, and write `method: mc_dropout` in `bayesian`", note)
        return Advice("delete it, and write `bayesian: {method: mc_dropout}` at the top", note)
    if (
        key in {"padding", "size"}
        and plain(str(value_at(document, (*path, "type")))) == "randomcrop"
    ):
        return _advice_on_crop(key, value)
    if key == "bias_posterior_fn" and (value is None or str(value).lower() == "none"):
        return Advice("write `use_bias: false`", "without a posterior, TFP's layers have no bias")
    column = value_at(document, (*path, "nb_col"))
    is_window = key == "nb_row" and isinstance(column, int) and isinstance(value, int)
    if is_window and value_at(document, (*path, "kernel_size")) is None:
        size = flow(value if value == column else [value, column])
        return Advice(f"write `kernel_size: {size}` instead of `nb_row` and `nb_col`")
    return None


def _advice_on_own_section(key: str, value: Json, path: Path, document: Json) -> Advice | None:
    """Of a key of the `bayesian` section, which a layer says in a section of its own."""
    section = schema_at((*path, "bayesian"), document)
    fields: dict[str, Schema] = {}
    for one in mapping_schemas(section or {}):
        fields = one.get("properties", {})
    allowed = keys_at(path, document)
    if key not in fields or any(one in allowed for one in ALSO_CALLED.get(key, ())):
        return None
    certain = accepts(fields[key], value)
    if certain:
        full = _completed(fields[key], value, document)
    else:
        meant = mappings_meant(fields[key], value, document)
        if meant is None:
            return None
        full, certain = meant.mappings[0], meant.certain
    inside: dict[str, Json] = {key: full}
    if isinstance(value_at(document, (*path, "bayesian")), dict):
        return Advice(f"write `{entry(key, full)}` in the layer's own `bayesian`")
    return Advice(
        f"write `{entry('bayesian', inside)}` in the layer: `bayesian` at the top applies to the "
        "layers without their own value",
        entry=("bayesian", inside) if certain else None,
    )


def _completed(schema: Schema, value: Json, document: Json) -> Json:
    """The value; of a mapping, with the word that says which of several it is."""
    if not isinstance(value, dict):
        return value
    union = union_with_tag(schema)
    return complete(union, value, document) if union is not None else value


def _advice_on_crop(key: str, value: Json) -> Advice:
    """What torchvision's crop has: its window as `size`, and zeros around the image."""
    if key == "padding":
        if isinstance(value, list) and len(value) == 2:
            value = value[::-1]  # width before height there
        schema = resolve({"$ref": "#/$defs/ZeroPadding2D"})["properties"]["padding"]
        zeros = {"type": "zero_padding2d", "padding": value if accepts(schema, value) else 4}
        help = f"delete it, and write a layer before the crop: `- {flow(zeros)}`"
        return Advice(help, "a crop layer adds no padding")
    height, width = value if isinstance(value, list) and len(value) == 2 else (value, value)
    if not (is_number(height) and is_number(width)):
        return Advice("write `height` and `width` instead of `size`")
    return Advice(f"write `height: {flow(height)}, width: {flow(width)}` instead of `size`")
