"""BNN105."""

from __future__ import annotations

from math import ceil
from typing import Any

from bnnc.compiler.diagnostics.catalog import Report, finding
from bnnc.compiler.diagnostics.diagnostic import Diagnostic, Edit, Fix
from bnnc.compiler.language.value_suggestions import Instead
from bnnc.compiler.text.source import Span
from bnnc.compiler.text.tree import Json, Path


@finding("BNN105")
def wrong_type(
    report: Report,
    span: Span,
    what: str,
    expected: str,
    value: Json,
    about: str,
    *,
    field: str = "",
    schema: dict[str, Any],
    document: Json,
    path: Path = (),
) -> Diagnostic:
    """A value has the wrong type, such as text instead of a number.

    ## What it does
    Reports values of the wrong type. bnnc converts nothing: `"10"` is text, not the number 10.

    ## Why it is bad
    A conversion would be a guess. YAML reads `1e-3` as a number, `"1e-3"` as text, and `[28, 28]`
    as a list. The spec is clear only if the types are right.

    ## Example
    ```yaml
    input: {shape: 28}
    layers:
      - {type: flatten}
      - {type: dense, units: "10"}
    ```

    ## Use instead
    ```yaml
    input: {shape: [28, 28, 1]}
    layers:
      - {type: flatten}
      - {type: dense, units: 10}
    ```
    """
    meant = _in_another_form(span, field, value, schema, path, document)
    meant = meant or _meant(span, field, expected, value, schema, document)
    help, fixes = meant or ((), ())
    return report(
        span,
        f"{what} must be {expected}",
        label=f"this is {_kind(value)}",
        notes=(about,) if about and not help else (),
        help=help or (_example(field, value, schema, document),),
        fixes=fixes,
    )


def _in_another_form(
    span: Span, field: str, value: Json, schema: dict[str, Any], path: Path, document: Json
) -> Instead | None:
    """What was meant by a value that another library has in this place."""
    from bnnc.compiler.language.schema_queries import choices
    from bnnc.compiler.language.value_suggestions import (
        class_weights_meant,
        instead_of_padding,
        one_of_several,
        switched,
    )

    if isinstance(value, str) and "dense" in choices(schema):
        return _of_layer_as_text(span, value, schema, document, path)
    help: str | None = None
    if field == "class_weight":
        help = class_weights_meant(value, document)
    elif field == "padding" and "same" in choices(schema):
        help = instead_of_padding(value, path, document)
    elif path in {("input",), ("output",)} and isinstance(value, list) and len(value) > 1:
        help = one_of_several(str(path[0]), value, document)
    elif isinstance(value, str):
        help = _of_absent(value, field, schema, path)
    elif isinstance(value, bool):
        return switched(span, field, value, schema, document)
    return None if help is None else ((help,), ())


def _of_absent(value: str, field: str, schema: dict[str, Any], path: Path) -> str | None:
    """The nearest to a word in the place of a mapping, as in `bayesian: swag`."""
    from bnnc.compiler.language.absent import nearest
    from bnnc.compiler.language.examples import mappings_meant

    kinds = {"bayesian": "method", "output": "distribution"}
    kind = kinds.get(field, field)
    if kind not in _KINDS_OF_WORDS or mappings_meant(schema, value, None) is not None:
        return None
    return nearest(value, kind, path)


_KINDS_OF_WORDS = frozenset({"method", "distribution", "prior", "loss", "optimizer"})


def _of_layer_as_text(
    span: Span, value: str, schema: dict[str, Any], document: Json, path: Path
) -> Instead | None:
    """What was meant by a layer as a call in Python, as in `- Dense(10)`."""
    from bnnc.compiler.language.absent import nearest
    from bnnc.compiler.language.examples import flow
    from bnnc.compiler.language.member_suggestions import layer_of_text

    member = layer_of_text(schema, value, document)
    if member is None:
        absent = nearest(value.partition("(")[0], "layer", (*path, "type"))
        return None if absent is None else ((absent,), ())
    text = flow(member.mapping)
    is_name = value.isidentifier()
    fixes = () if member.left else _only_if(True, span, value, text, safe=is_name)
    return ("; ".join((f"write `- {text}`", *member.left)),), fixes


def _meant(
    span: Span, field: str, expected: str, value: Json, schema: dict[str, Any], document: Json
) -> Instead | None:
    """What was meant by the value, and the fix where nothing but that can be meant."""
    # Imported here, as in all rules on schema: a spec without such errors needs no examples.
    from bnnc.compiler.language.examples import accepts, expects_mapping, flow, mappings_meant
    from bnnc.compiler.language.schema_queries import choices

    key = f"{field}: " if field else ""
    is_layer = "dense" in choices(schema)
    meant = None if is_layer else mappings_meant(schema, value, document)
    # `bayesian: None` is the method that is called so; the folder `None` is nobody's data.
    is_none = isinstance(value, str) and value.lower() == "none"
    if is_none and (meant is None or value in meant.mappings[0].values()):
        return _of_none(span, key, field, schema, document)
    names = value if isinstance(value, list) and field == "classes" else []
    if names and all(isinstance(name, str) for name in names):
        return (
            f"write `classes: {len(names)}` here, and the names in `data`: "
            f"`classes: {flow(names)}`",
        ), ()
    if isinstance(value, list) and expects_mapping(schema) and meant is None:
        return _of_dashes(span, key, value)
    if isinstance(value, dict) and (words := choices(schema)):
        return _of_word_in_a_mapping(key, value, words)
    if meant is not None:
        written = [f"`{key}{flow(one)}`" for one in meant.mappings[:3]]
        text = flow(meant.mappings[0], quotes=span.text[:1] == '"')
        return (f"write {', or '.join(written)}",), _only_if(meant.certain, span, value, text)
    if isinstance(value, str):
        return _of_text(span, key, expected, value, schema)
    if isinstance(value, float) and expected.startswith("a whole number"):
        whole = next((one for one in (round(value), ceil(value)) if accepts(schema, one)), None)
        return None if whole is None else ((f"write `{key}{whole}`, or another whole number",), ())
    if isinstance(value, bool | int | float) and accepts(schema, flow(value)):
        return (f'write `{key}"{flow(value)}"`, in quotes, to make it text',), ()
    if isinstance(value, dict) and expected.startswith("a list") and "type" in value:
        return ("write a dash before each layer, as in `- {type: flatten}`",), ()
    return None


def _of_none(
    span: Span, key: str, field: str, schema: dict[str, Any], document: Json
) -> Instead | None:
    """Make the help for Python's `None`, which is ordinary text in YAML."""
    from bnnc.compiler.language.examples import accepts, example, flow

    if accepts(schema, None):
        fixes = _only_if(schema.get("default", "") is None, span, span.text, "null")
        return ("`None` is text in YAML: delete the key, or write `null`",), fixes
    if "default" in schema and key:
        return ("`None` is text in YAML: delete the key",), ()
    return (f"`None` is text in YAML: write `{key}{flow(example(field, schema, document))}`",), ()


def _of_dashes(span: Span, key: str, value: list[Json]) -> Instead | None:
    """What was meant by the keys of a section in a list: the dashes are too many."""
    from bnnc.compiler.language.examples import flow

    items = [one for one in value if isinstance(one, dict)]
    said = {name: one for item in items for name, one in item.items()}
    if not items or len(items) < len(value) or len(said) < sum(map(len, items)):
        return None
    shown = f"{key}{flow(said)}"
    what = "delete the dash" if len(items) == 1 else "delete the dashes"
    help = f"{what}: `{shown}`" if len(shown) <= _LONGEST_SHOWN else what
    fixes: tuple[Fix, ...] = ()
    if len(items) == 1 and span.text[:1] == "-":
        # A space replaces the dash, so that the text after it keeps its column.
        dash = Span(span.source, span.start, span.start + 1)
        fixes = (Fix("delete the dash", (Edit(dash, " "),), safe=True),)
    return (help,), fixes


def _of_word_in_a_mapping(key: str, value: dict[str, Json], words: list[str]) -> Instead | None:
    """What was meant by an object of Keras in the place of its name."""
    from bnnc.compiler.language.suggestions import exact_word

    for said in (*value.values(), *value):
        word = exact_word(said, words) if isinstance(said, str) else None
        if word is not None:
            help = f"write `{key}{word}`"
            others = [f"`{name}`" for name, one in value.items() if said not in {name, str(one)}]
            if others:
                help += f": {', '.join(others)} cannot be set, and has Keras's default"
            return (help,), ()
    return None


def _example(field: str, value: Json, schema: dict[str, Any], document: Json) -> str:
    """Give an example for a value from which nothing can be guessed."""
    from bnnc.compiler.language.examples import example, flow
    from bnnc.compiler.language.schema_queries import choices

    shown = flow(example(field, schema, document))
    if "dense" in choices(schema):
        return f"write a layer, as in `- {shown}`"
    if value is None and "default" in schema:
        return f"write a value, or delete the key to use its default, `{shown}`"
    written = f"write `{field}: {shown}`" if field else f"write `{shown}`"
    return f"{written}, or another allowed value" if len(choices(schema)) > 1 else written


def _of_text(
    span: Span, key: str, expected: str, value: str, schema: dict[str, Any]
) -> Instead | None:
    """What was meant by a text in the place of a number, a list or a switch."""
    from bnnc.compiler.language.examples import accepts, flow
    from bnnc.compiler.language.schema_queries import choices
    from bnnc.compiler.language.suggestions import number_meant, numbers_meant

    number = number_meant(value)
    if number is not None and "number" in expected:
        if span.text[:1] in {"'", '"'} and _is_number(value):
            return (f"write {value} without quotes",), ()
        if not accepts(schema, number):
            return None
        help = [f"write `{key}{flow(number)}`: YAML reads this value as text"]
        if "per_example" in choices(schema):
            help.append(f"or write `{key}per_example`, which is 1 / number of training rows")
        return tuple(help), ()
    numbers = numbers_meant(value)
    if numbers is not None and accepts(schema, numbers):  # type: ignore[arg-type]  # of numbers
        text = flow(list(numbers))
        return (f"write `{key}{text}`",), _only_if(True, span, value, text)
    if expected.startswith("a list") and value[:1] == "[":
        return ("write the list without quotes",), ()
    if value[:1] == "(" and "a list" in expected:
        return (f"write a list in square brackets, as in `{key}{_pair(schema)}`",), ()
    if "`true`" in expected and value.lower() in {"true", "false"}:
        word = value.lower()
        return (f"write `{key}{word}`, without quotes",), _only_if(True, span, value, word)
    if "`true`" in expected and value.lower() in _SWITCHES:
        word = "true" if _SWITCHES[value.lower()] else "false"
        return (f"write `{key}{word}`: in YAML 1.2 `{value}` is text",), ()
    return None


def _pair(schema: dict[str, Any]) -> str:
    from bnnc.compiler.language.examples import accepts

    return "[3, 3]" if accepts(schema, [3, 3]) else "[28, 28, 1]"


def _only_if(
    certain: bool, span: Span, value: Json, text: str, *, safe: bool = True
) -> tuple[Fix, ...]:
    # The text of a block scalar, or of a value with an anchor, differs from the value itself.
    plain = not isinstance(value, str) or span.text.strip("\"'") == value
    edit = Edit(span, text)
    return (Fix(f"write `{text}`", (edit,), safe=safe),) if certain and plain else ()


# A help in one line is read; a longer one is only looked at.
_LONGEST_SHOWN = 120
_SWITCHES = {"yes": True, "on": True, "y": True, "no": False, "off": False, "n": False}


def _is_number(value: str) -> bool:
    try:
        float(value)
    except ValueError:
        return False
    return True


def _kind(value: Json) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "a boolean"
        case int():
            return "a whole number"
        case float():
            return "a fractional number"
        case str():
            return "text"
        case list():
            return "a list"
        case dict():
            return "a mapping"
