"""Dicts, dataclasses, namespaces and options of the command line, as far as they are known."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import prod

from bnnc.compiler.scripts import operations
from bnnc.compiler.scripts.values import (
    UNKNOWN_ARGUMENTS,
    Call,
    Class,
    Instance,
    Items,
    Known,
    Scope,
    Table,
    Unknown,
    Value,
)
from bnnc.compiler.text.source import Span

_NAMESPACES = frozenset({"types.SimpleNamespace", "argparse.Namespace"})
_FLAGS = {"store_true": False, "store_false": True}
# Outputs for each number of the event.
_PARAMETERS = {
    "OneHotCategorical": 1,
    "IndependentBernoulli": 1,
    "IndependentPoisson": 1,
    "IndependentNormal": 2,
}
_NUMBERS = {"int": int, "float": float}


def made(call: Call, scope: Scope) -> Value | None:
    """The value of a call that makes a dict or a namespace; None for any other call."""
    if call.function in _NAMESPACES and not call.args:
        return _namespace(call.keywords, call.span, scope)
    first = call.args[0] if len(call.args) == 1 else None
    if call.function == "dict" and isinstance(first, Table):
        return Table({**first.entries, **call.keywords}, call.span)
    if call.function.endswith(".params_size") and call.function.startswith("tfp.layers."):
        return _params_size(call)
    if call.function == "vars" and isinstance(first, Instance):
        return Table(first.attributes, call.span)
    return None


def _params_size(call: Call) -> Value | None:
    """The outputs that a distribution layer of tfp.layers takes for an event."""
    size = call.argument("event_shape", 0) or call.argument("event_size")
    sizes = size.items if isinstance(size, Items) else () if size is None else (size,)
    numbers = [one.value for one in sizes if isinstance(one, Known) and type(one.value) is int]
    a_number = _PARAMETERS.get(call.function.split(".")[2])
    if len(numbers) < len(sizes) or a_number is None:
        return None
    return operations.constant(a_number * prod(numbers), call.span)


def _namespace(attributes: Mapping[str, Value], span: Span, scope: Scope) -> Instance:
    return Instance(Class("Namespace", (), {}, scope, span), span, dict(attributes))


def with_item(owner: Value, index: Value, value: Value) -> Value | None:
    """Set an item. A dict is changed itself; the list with the new item is returned."""
    if isinstance(owner, Table):
        if isinstance(index, Known):
            owner.entries[str(index.value)] = value
        else:
            reason = "a key of this dict that is not known is given a value"
            owner.entries.update(dict.fromkeys(owner.entries, Unknown(reason, index.span)))
    elif isinstance(owner, Items):
        size = len(owner.items)
        if not (isinstance(index, Known) and type(index.value) is int):
            return Unknown("an item of this list that is not known is changed", index.span)
        if -size <= index.value < size:
            items = list(owner.items)
            items[index.value] = value
            return Items(tuple(items), owner.span)
    return None


def of_dict(owner: Table, call: Call) -> Value | None:
    """What a method of a dict returns, and what it changes; None if that is not known."""
    span, args = call.span, call.args[1:]
    key = str(args[0].value) if args and isinstance(args[0], Known) else None
    match call.function:
        case ".get" | ".pop" | ".setdefault" if key is not None:
            default = args[1] if len(args) > 1 else Known(None, span)
            found = owner.entries.get(key, default)
            if call.function == ".pop":
                owner.entries.pop(key, None)
            elif call.function == ".setdefault":
                owner.entries[key] = found
            return Known(found.value, span) if isinstance(found, Known) else found
        case ".items":
            pairs = [
                Items((operations.constant(name, span), one), span)
                for name, one in owner.entries.items()
            ]
            return Items(tuple(pairs), span)
        case ".keys":
            return Items(tuple(operations.constant(one, span) for one in owner.entries), span)
        case ".values":
            return Items(tuple(owner.entries.values()), span)
        case ".copy":
            return Table(dict(owner.entries), span)
        case ".update":
            for one in (*args, Table(dict(call.keywords), span)):
                new = one.entries if isinstance(one, Table) else None
                if new is None or UNKNOWN_ARGUMENTS in new:
                    reason = "this dict is updated with values that are not known"
                    new = dict.fromkeys(owner.entries, Unknown(reason, span))
                owner.entries.update(new)
            return Known(None, span)
    return None


def default_of(value: Value) -> Value:
    """The default of a field: `field(default=...)` of a dataclass is its argument."""
    if isinstance(value, Call) and value.function == "dataclasses.field":
        given = value.argument("default")
        return given or Unknown("it is made when the script runs", value.span)
    return value


def of_fields(
    of: Class, args: Sequence[Value], keywords: Mapping[str, Value], span: Span
) -> dict[str, Value]:
    """The attributes that a call of a dataclass gives."""
    fields = of.all_fields
    found = dict(zip(fields, args, strict=False))
    found |= {name: value for name, value in keywords.items() if name in fields}
    if UNKNOWN_ARGUMENTS in keywords:
        found = dict.fromkeys(fields, keywords[UNKNOWN_ARGUMENTS]) | found
    for name in fields:
        if name not in found and of.attribute(name) is None:
            found[name] = Unknown(f"`{name}` is not given", span)
    return found


def options(call: Call, calls: Sequence[Call], scope: Scope) -> Value:
    """The options of `argparse` as they are without arguments: each has its default."""
    parser = call.args[0]
    found: dict[str, Value] = {}
    for one in calls:
        if one.function == ".add_argument" and _is_of(one.args[0], parser):
            names = [name.value for name in one.args[1:] if isinstance(name, Known)]
            long = [name for name in names if isinstance(name, str)]
            if long:
                target = one.argument("dest")
                name = next((name for name in long if name.startswith("--")), long[0])
                if isinstance(target, Known):
                    name = str(target.value)
                found[name.lstrip("-").replace("-", "_")] = _default(one, name)
    space = _namespace(found, call.span, scope)
    if call.function == ".parse_args":
        return space
    rest = Unknown("they are arguments of the command line", call.span)
    return Items((space, rest), call.span)


def _is_of(owner: Value, parser: Value) -> bool:
    """Whether an owner is a parser, or one of its groups."""
    while owner is not parser:
        if not (isinstance(owner, Call) and owner.function.endswith("_group") and owner.args):
            return False
        owner = owner.args[0]
    return True


def _default(call: Call, name: str) -> Value:
    action = call.argument("action")
    if isinstance(action, Known) and action.value in _FLAGS and "default" not in call.keywords:
        return Known(_FLAGS[str(action.value)], call.span)
    value = call.argument("default")
    if value is None:
        return Unknown(f"`{name}` is an argument of the command line", call.span)
    kind = getattr(call.argument("type"), "name", None)
    if isinstance(value, Known) and isinstance(value.value, str) and kind in _NUMBERS:
        try:
            return operations.constant(_NUMBERS[kind](value.value), value.span)
        except (ValueError, OverflowError):
            return Unknown(f"the default of `{name}` is no number", value.span)
    return value
