"""Give the parameters of a function the values of a call."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Mapping

from bnnc.compiler.scripts.values import Function, Items, Scope, Table, Unknown, Value
from bnnc.compiler.text.source import Span

Evaluate = Callable[[ast.expr, Scope], Value]


def bind_parameters(
    function: Function,
    args: tuple[Value, ...],
    keywords: Mapping[str, Value],
    span: Span,
    evaluate: Evaluate,
) -> Scope | None:
    """The scope of a call of a function; None if the call does not fit its parameters."""
    scope = Scope(outer=function.scope)
    spec = function.node.args
    given = [*([function.bound] if function.bound is not None else []), *args]
    plain = [*spec.posonlyargs, *spec.args]
    scope.names.update({one.arg: value for one, value in zip(plain, given, strict=False)})
    if spec.vararg is not None:
        scope.names[spec.vararg.arg] = Items(tuple(given[len(plain) :]), span)
    elif len(given) > len(plain):
        return None
    named = [one.arg for one in (*plain, *spec.kwonlyargs)]
    more = {name: value for name, value in keywords.items() if name not in named}
    scope.names.update({name: one for name, one in keywords.items() if name in named})
    if spec.kwarg is not None:
        scope.names[spec.kwarg.arg] = Table(more, span)
    elif more:
        return None
    for parameter, default in _defaults(spec):
        if parameter.arg not in scope.names:
            scope.names[parameter.arg] = evaluate(default, function.scope)
    for name in named:
        reason = f"`{name}` is an argument that no call of this script gives"
        scope.names.setdefault(name, Unknown(reason, span))
    return scope


def _defaults(spec: ast.arguments) -> Iterator[tuple[ast.arg, ast.expr]]:
    plain = [*spec.posonlyargs, *spec.args]
    if spec.defaults:
        yield from zip(plain[-len(spec.defaults) :], spec.defaults, strict=True)
    for parameter, default in zip(spec.kwonlyargs, spec.kw_defaults, strict=True):
        if default is not None:
            yield parameter, default
