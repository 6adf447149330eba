"""A key or a list item without a value."""

from __future__ import annotations

from functools import cache

from bnnc.compiler.diagnostics.catalog import Report, finding
from bnnc.compiler.diagnostics.diagnostic import Diagnostic
from bnnc.compiler.diagnostics.wording import quoted
from bnnc.compiler.text.source import Span


@finding("BNN003")
def empty_section(
    report: Report, span: Span, what: str, *, label: str = "", help: tuple[str, ...] = ()
) -> Diagnostic:
    """A section, a key or a list item is empty.

    ## What it does
    Reports a key without a value after its colon, and a list item without a value after its dash. A
    written `null` is not empty: it is a value, and is checked as one.

    ## Why it is bad
    An empty section is usually a mistake. Often its lines are not indented below it, or they are
    comments, and the defaults apply without any message. YAML reads an empty value as `null`, which
    may not be what you want.

    ## Example
    The keys after `training` have the same indentation, so they are not in it:

    ```yaml
    bnnc: 1
    name: example
    training:
    batch_size: 128
    epochs: 15
    ```

    ## Use instead
    Indent the lines that belong to the section, or delete the key to use the defaults:

    ```yaml
    bnnc: 1
    name: example
    input: {shape: [28, 28, 1]}
    layers:
      - {type: flatten}
      - {type: dense, units: 10}
    output: {distribution: categorical, parameterization: logits, classes: 10, labels: integer}
    training:
      batch_size: 128
      epochs: 15
    ```

    ## References
    [YAML 1.2.2, section 7.2](https://yaml.org/spec/1.2.2/#72-empty-nodes), empty nodes.
    """
    return report(span, f"{what} is empty", label=label, help=help)


def empty_value(span: Span, key: str, *, in_brackets: bool) -> Diagnostic:
    """The finding for a key without a value."""
    name, colon, value = key.partition(":")
    if colon and value and not value.startswith("/"):
        help = f"if {quoted(name)} is the key, write a space after the colon: " + quoted(
            f"{name}: {value}"
        )
    elif in_brackets and key.endswith(")"):
        help = "write a list in square brackets, as in `[3, 3]`"
    elif (layer := _layer_type(key)) is not None:
        help = f"write `- {layer}`: a layer's type is a value, not a key"
    elif in_brackets:
        help = "write `key: value`; text with a comma or a brace needs quotes"
    else:
        help = (
            "indent the lines that belong to it by two spaces more than the key, write its value "
            "after the colon, or delete the key to use its default"
        )
    return empty_section(span, quoted(key), label="has no value", help=(help,))


@cache
def _layer_types() -> tuple[str, ...]:
    from bnnc.compiler.language.schema_queries import keys_by_tag

    return tuple(keys_by_tag(("layers", 0), None))


@cache
def _keys() -> frozenset[str]:
    from bnnc.compiler.language.schema_queries import field_paths, schema_of_field, tag_of

    steps = [path.rpartition(".") for path in field_paths()]
    # A step below `layers`, or below a union with a tag, names a member and is not a key.
    return frozenset(
        key
        for around, _, key in steps
        if around != "layers" and not tag_of(schema_of_field(around) or {})
    )


def _layer_type(key: str) -> str | None:
    """The layer that was meant by `- Flatten:`, with its type as a key."""
    # Thousands of keys may be empty: most cannot be the name of a class.
    if not (key[:1].isupper() or key in _layer_types()) or key in _keys():
        return None
    from bnnc.compiler.language.examples import flow
    from bnnc.compiler.language.member_suggestions import member_meant
    from bnnc.compiler.language.schema_queries import schema_at
    from bnnc.compiler.language.suggestions import exact_word

    word = exact_word(key, _layer_types())
    if word is None:
        return None
    return flow(member_meant(schema_at(("layers", 0), None) or {}, word, None, None).mapping)


def empty_item(span: Span) -> Diagnostic:
    """The finding for a list item without a value."""
    return empty_section(
        span,
        "a list item",
        label="has no value",
        help=("write the item after the dash, or indented below it, or delete the dash",),
    )
