"""BNN102."""

from dataclasses import replace as with_changes

from bnnc.compiler.binding.findings.bnn104_unknown_name import of_layer_type
from bnnc.compiler.diagnostics.catalog import Report, finding
from bnnc.compiler.diagnostics.diagnostic import Diagnostic, Edit, Fix, Label
from bnnc.compiler.diagnostics.edits import rename
from bnnc.compiler.diagnostics.wording import quoted
from bnnc.compiler.language.layer_description import describe_layer, is_layer
from bnnc.compiler.text.source import Span
from bnnc.compiler.text.tree import (
    Entry,
    Json,
    Mapping,
    Path,
    find,
    find_entry,
    to_json,
)


@finding("BNN102")
def unknown_key(
    report: Report,
    span: Span,
    key: str,
    path: Path,
    *,
    help: str,
    notes: tuple[str, ...] = (),
    label: str = "not a valid key here",
    fixes: tuple[Fix, ...] = (),
) -> Diagnostic:
    """A spec contains an unknown key.

    ## What it does
    Reports keys that have no meaning at their place.

    ## Why it is bad
    If bnnc ignored an unknown key, the model would not have a setting that you expect. With a
    misspelt `initial_scale`, the default would apply without any message.

    ## Example
    ```yaml
    layers:
      - {type: conv2d, filters: 6, kernel: 5, activation: relu}
      - {type: flatten}
      - {type: dense, units: 10, activaton: linear}
    batch_size: 32
    ```

    ## Use instead
    ```yaml
    layers:
      - {type: conv2d, filters: 6, kernel_size: 5, activation: relu}
      - {type: flatten}
      - {type: dense, units: 10, activation: linear}
    training: {batch_size: 32}
    ```

    If the key comes from a file that the spec extends, and your spec has replaced the keys that it
    belongs to, write `key: null` to remove it.
    """
    if not path and not notes:
        notes = ("keys that begin with `x-` may contain your own anchors and notes",)
    return report(
        span,
        f"unknown key {quoted(key)} {_where(path)}",
        label=label,
        notes=notes,
        help=(help,),
        fixes=fixes,
    )


def key_out_of_place(
    span: Span,
    key: str,
    allowed: list[str],
    path: Path,
    *,
    value: Json,
    document: Json,
    tree: Mapping,
) -> Diagnostic:
    """The finding for a key that its mapping, which may have `allowed`, does not have."""
    # Imported here: a spec without unknown keys needs no tables of what they may mean.
    from bnnc.compiler.language.key_suggestions import advice_on

    advice = advice_on(key, value, allowed, path, document)
    fixes: tuple[Fix, ...] = ()
    own = find_entry(tree, (*path, key))
    if advice.entry is not None and own is not None and "\n" not in own.span.text:
        fixes = (_writing(advice.entry, own, tree, path),)
    if advice.meant is not None:
        mapping = find(tree, path)
        assert isinstance(mapping, Mapping)
        edit = rename(mapping, span, advice.meant)
        fixes = (Fix(f"write `{advice.meant}`", (edit,), safe=False),)
    notes = (advice.note,) if advice.note else ()
    return unknown_key(span, key, path, help=advice.help, notes=notes, fixes=fixes)


def _writing(written: tuple[str, Json], own: Entry, tree: Mapping, path: Path) -> Fix:
    """Make the fix that replaces an entry of a mapping by another one."""
    from bnnc.compiler.language.examples import entry, flow

    name, value = written
    mapping = find(tree, path)
    assert isinstance(mapping, Mapping)
    is_json = own.key_span.text[:1] == '"'
    text = f'"{name}": {flow(value, quotes=True)}' if is_json else entry(name, value)
    edit = with_changes(rename(mapping, own.span, name), replacement=text)
    return Fix(f"write `{entry(name, value)}`", (edit,), safe=False)


def said_over(found: Diagnostic, key: str, mapping: Mapping, removing: Edit) -> Diagnostic:
    """Report a key of an extended file that another file has made invalid.

    The key is usually valid in its own file, but not with the keys that replace its neighbours.
    """
    removal = f"`{key}: null` in {removing.span.source.name}"
    fixes = (Fix(f"write {removal}", (removing,), safe=False), *found.fixes)
    others = tuple(help.removeprefix("delete it, or ") for help in found.help)
    return with_changes(
        found,
        related=(*found.related, Label(mapping.first_place, "another file replaces keys here")),
        help=(f"write {removal}, which removes the key of this file", *others),
        fixes=fixes,
    )


def type_as_key(
    entry: Entry, types: list[str], path: Path, tree: Mapping, document: Json
) -> Diagnostic:
    """The finding for `- Conv2D: {filters: 6}`, with the layer's type as a key."""
    from bnnc.compiler.language.examples import flow
    from bnnc.compiler.language.member_suggestions import member_meant
    from bnnc.compiler.language.schema_queries import tagged_union
    from bnnc.compiler.language.suggestions import exact_word

    is_layer_here = isinstance(path[-1], int)
    label = f"{'a layer' if is_layer_here else path[-1]}'s type is a value, not a key"
    word = exact_word(entry.key, types)
    if word is None:
        help, notes, _ = of_layer_type(entry.key_span, entry.key, types, tree, path)
        return unknown_key(entry.key_span, entry.key, path, label=label, help=help, notes=notes)
    written = to_json(entry.value)
    member = member_meant(tagged_union(path, document) or {}, word, written, document)
    text = flow(member.mapping)
    node = find(tree, path)
    fixes: tuple[Fix, ...] = ()
    if member.certain and node is not None and "\n" not in node.span.text:
        edit = Edit(node.span, flow(member.mapping, quotes=entry.key_span.text[:1] == '"'))
        fixes = (Fix(f"write `{text}`", (edit,), safe=True),)
    help = f"write `- {text}`" if is_layer_here else f"write `{path[-1]}: {text}`"
    return unknown_key(
        entry.key_span,
        entry.key,
        path,
        label=label,
        help="; ".join((help, *member.left)),
        fixes=fixes,
    )


def _where(path: Path) -> str:
    if not path:
        return "at the top of the spec"
    if is_layer(path):
        return f"in {describe_layer(path)}"
    return f"in `{path[-1]}`"
