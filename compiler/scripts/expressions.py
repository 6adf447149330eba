"""Evaluate the expressions of a script, as far as their values are known."""

from __future__ import annotations

import ast
import builtins
from abc import ABC, abstractmethod
from collections.abc import Mapping

from bnnc.compiler.scripts import names, operations, sklearn_digits
from bnnc.compiler.scripts.channels import channels_of
from bnnc.compiler.scripts.parsing import Code
from bnnc.compiler.scripts.spans import Spans
from bnnc.compiler.scripts.values import (
    UNKNOWN_ARGUMENTS,
    Call,
    Class,
    Function,
    Instance,
    Items,
    Known,
    Model,
    Reference,
    Scope,
    Table,
    Tensor,
    Unknown,
    Value,
)
from bnnc.compiler.text.source import Span

_PARAMETERS = frozenset({"probs", "logits"})
MAX_STEPS = 100_000
# The shape of a tensor, as a property or a function.
_SHAPES = frozenset({".shape", "keras.ops.int_shape", "keras.ops.shape"})


class TooLongError(Exception):
    """The script takes more steps than are followed."""


class Expressions(ABC):
    """Evaluates expressions; `bnnc.compiler.scripts.evaluate` runs the statements around them.

    Attributes:
        attributes: names of the attributes of objects that were reached.
        flags: defaults of the options that absl defines.
        parameters: parameters of distributions that were asked for, such as `model(x).probs`.
        stars: modules whose names are all imported.
    """

    def __init__(self, code: Code) -> None:
        self.spans = Spans(code)
        self.attributes: set[str] = set()
        self.flags: dict[str, Value] = {}
        self.parameters: list[Call] = []
        self.stars: list[str] = []
        self._steps = 0

    @abstractmethod
    def assign(self, target: ast.expr, value: Value, scope: Scope) -> None:
        """Give the names of a target their values."""

    @abstractmethod
    def call(
        self,
        callee: Value,
        args: tuple[Value, ...],
        keywords: Mapping[str, Value],
        span: Span,
        function_span: Span,
        places: Mapping[str, Span],
    ) -> Value:
        """The value of a call."""

    def count_step(self, steps: int = 1) -> None:
        """Count steps. Raises: TooLongError after `MAX_STEPS`."""
        self._steps += steps
        if self._steps > MAX_STEPS:
            raise TooLongError

    def evaluate(self, node: ast.expr, scope: Scope) -> Value:
        """The value of an expression."""
        self.count_step()
        span = self.spans.of(node)
        match node:
            case ast.Constant():
                return operations.constant(node.value, span)
            case ast.Name():
                found = scope.find(node.id)
                if found is None:
                    return self._of_star(node.id, span)
                return _at(found, span)
            case ast.List() | ast.Tuple():
                return self._items(node, scope)
            case ast.Dict():
                return self._table(node, scope)
            case ast.Attribute():
                return self._attribute(node, scope)
            case ast.Call():
                return self._call(node, scope)
            case ast.Lambda():
                return Function(node, scope, span)
            case ast.BinOp() | ast.UnaryOp() | ast.Compare() | ast.BoolOp() | ast.IfExp():
                return self._operation(node, scope)
            case ast.Subscript():
                return self._subscript(node, scope)
            case ast.JoinedStr():
                return self._text(node, scope)
            case ast.ListComp() | ast.GeneratorExp():
                return self._comprehension(node, scope)
        return Unknown("an expression of this kind is not followed", span)

    def _of_star(self, name: str, span: Span) -> Value:
        """A name that no statement assigns: of Python itself, or of `from module import *`."""
        if self.stars and not hasattr(builtins, name):
            name = names.of_star(self.stars, name)
        return Reference(name, span)

    def _changed(self, node: ast.Call, scope: Scope) -> bool:
        """Whether a call changes a list that is known, as `append` does; the name is given anew."""
        match node:
            case ast.Call(
                func=ast.Attribute(value=ast.Name(id=name), attr="append" | "extend" as how),
                args=[argument],
            ):
                owner, value = scope.find(name), self.evaluate(argument, scope)
            case _:
                return False
        if not isinstance(owner, Items):
            return False
        more = (value,) if how == "append" else value.items if isinstance(value, Items) else None
        span = self.spans.of(node)
        holder = scope.holder(name)
        if more is None or len(owner.items) + len(more) > operations.MAX_ITEMS:
            holder.names[name] = Unknown("what is added to this list is not known", span)
        else:
            holder.names[name] = Items((*owner.items, *more), owner.span)
        return True

    def _items(self, node: ast.List | ast.Tuple, scope: Scope) -> Value:
        found: list[Value] = []
        for one in node.elts:
            if isinstance(one, ast.Starred):
                inner = self.evaluate(one.value, scope)
                if not isinstance(inner, Items):
                    return Unknown("the items of a `*` are not known", self.spans.of(one))
                found += inner.items
            else:
                found.append(self.evaluate(one, scope))
        return Items(tuple(found), self.spans.of(node))

    def _table(self, node: ast.Dict, scope: Scope) -> Value:
        entries: dict[str, Value] = {}
        for key, value in zip(node.keys, node.values, strict=True):
            inner = self.evaluate(value, scope)
            if key is None:
                if not isinstance(inner, Table):
                    return Unknown("the entries of a `**` are not known", self.spans.of(value))
                entries.update(inner.entries)
                continue
            name = self.evaluate(key, scope)
            if not isinstance(name, Known):
                return Unknown("a key of this dict is not known", self.spans.of(key))
            entries[str(name.value)] = inner
        return Table(entries, self.spans.of(node))

    def _attribute(self, node: ast.Attribute, scope: Scope) -> Value:
        owner, span = self.evaluate(node.value, scope), self.spans.of(node)
        match owner:
            case Reference():
                if owner.name.endswith("flags.FLAGS") and node.attr in self.flags:
                    return _at(self.flags[node.attr], span)
                return Reference(names.canonical(f"{owner.name}.{node.attr}"), span)
            case Instance():
                if node.attr in owner.attributes:
                    return _at(owner.attributes[node.attr], span)
                method = owner.of.method(node.attr)
                if method is not None:
                    return Function(method, owner.of.scope, span, owner)
                of_class = owner.of.attribute(node.attr)
                if of_class is not None:
                    return _at(of_class, span)
                self.attributes.add(node.attr)
                return Call(f".{node.attr}", (owner,), {}, span, span, {})
            case Class():
                of_class = owner.attribute(node.attr)
                if of_class is not None:
                    return _at(of_class, span)
            case Call() | Model() | Tensor() | Table():
                array = sklearn_digits.array_of(owner, node.attr, span)
                if array is not None:
                    return array
                # A method or a property of an object: its name begins with a dot.
                self.attributes.add(node.attr)
                found = Call(f".{node.attr}", (owner,), {}, span, span, {})
                if node.attr in _PARAMETERS:
                    self.parameters.append(found)
                return found
        return Unknown(f"`.{node.attr}` is not followed", span)

    def _operation(self, node: ast.expr, scope: Scope) -> Value:
        span = self.spans.of(node)
        match node:
            case ast.BinOp():
                left, right = self.evaluate(node.left, scope), self.evaluate(node.right, scope)
                return operations.binary(node.op, left, right, span)
            case ast.UnaryOp():
                return operations.unary(node.op, self.evaluate(node.operand, scope), span)
            case ast.Compare() if len(node.ops) == 1:
                left = self.evaluate(node.left, scope)
                right = self.evaluate(node.comparators[0], scope)
                return operations.comparison(node.ops[0], left, right, span)
            case ast.BoolOp():
                values = [self.evaluate(one, scope) for one in node.values]
                return operations.either(node.op, values, span)
            case ast.IfExp():
                test = self.evaluate(node.test, scope)
                if isinstance(test, Known):
                    return self.evaluate(node.body if test.value else node.orelse, scope)
        return Unknown("its value is not known before the script runs", span)

    def _subscript(self, node: ast.Subscript, scope: Scope) -> Value:
        owner, span = self.evaluate(node.value, scope), self.spans.of(node)
        if isinstance(node.slice, ast.Slice):
            return Call("[:]", (owner,), self._bounds(node.slice, scope), span, span, {})
        index = self._index(node.slice, scope)
        if isinstance(index, Known):
            key = index.value
            if key in (-1, 3) and isinstance(owner, Call) and owner.function in _SHAPES:
                channels = channels_of(owner.args[0]) if owner.args else None
                if channels is not None:
                    return Known(channels, span)
            if (
                isinstance(owner, Items)
                and type(key) is int
                and -len(owner.items) <= key < len(owner.items)
            ):
                return _at(owner.items[key], span)
            if isinstance(owner, Table) and str(key) in owner.entries:
                return _at(owner.entries[str(key)], span)
        return Call("[]", (owner, index), {}, span, span, {})

    def _bounds(self, node: ast.Slice, scope: Scope) -> Mapping[str, Value]:
        ends = {"lower": node.lower, "upper": node.upper, "step": node.step}
        return {name: self.evaluate(one, scope) for name, one in ends.items() if one is not None}

    def _index(self, node: ast.expr, scope: Scope) -> Value:
        """What is between brackets: `x[:, :5, None]` has slices, which are calls, and new axes."""
        span = self.spans.of(node)
        match node:
            case ast.Tuple(elts=items) if not any(isinstance(one, ast.Starred) for one in items):
                return Items(tuple(self._index(one, scope) for one in items), span)
            case ast.Slice():
                return Call("slice", (), self._bounds(node, scope), span, span, {})
            case ast.Constant() if node.value is ...:
                return Reference("...", span)
        return self.evaluate(node, scope)

    def _text(self, node: ast.JoinedStr, scope: Scope) -> Value:
        parts: list[str] = []
        for one in node.values:
            if isinstance(one, ast.FormattedValue):
                value = self.evaluate(one.value, scope)
            else:
                value = self.evaluate(one, scope)
            if not isinstance(value, Known) or getattr(one, "format_spec", None) is not None:
                return Unknown("a part of this text is not known", self.spans.of(node))
            parts.append(str(value.value))
        return Known("".join(parts)[:10_000], self.spans.of(node))

    def _comprehension(self, node: ast.ListComp | ast.GeneratorExp, scope: Scope) -> Value:
        span = self.spans.of(node)
        first = node.generators[0]
        over = self.evaluate(first.iter, scope)
        if len(node.generators) > 1 or first.ifs or not isinstance(over, Items):
            return Unknown("a comprehension over unknown values is not followed", span)
        found: list[Value] = []
        for item in over.items:
            inner = Scope(outer=scope)
            self.assign(first.target, item, inner)
            found.append(self.evaluate(node.elt, inner))
        return Items(tuple(found), span)

    def _call(self, node: ast.Call, scope: Scope) -> Value:
        if self._changed(node, scope):
            return Known(None, self.spans.of(node))
        callee = self.evaluate(node.func, scope)
        args: list[Value] = []
        keywords: dict[str, Value] = {}
        places: dict[str, Span] = {}
        for one in node.args:
            if isinstance(one, ast.Starred):
                inner = self.evaluate(one.value, scope)
                if isinstance(inner, Items):
                    args += inner.items
                    continue
                reason = "the arguments of a `*` are not known before the script runs"
                keywords[UNKNOWN_ARGUMENTS] = Unknown(reason, self.spans.of(one))
                break
            args.append(self.evaluate(one, scope))
        for word in node.keywords:
            value = self.evaluate(word.value, scope)
            if word.arg is None:
                if isinstance(value, Table):
                    keywords.update(value.entries)
                else:
                    reason = "the arguments of a `**` are not known before the script runs"
                    keywords[UNKNOWN_ARGUMENTS] = Unknown(reason, self.spans.of(word))
                continue
            keywords[word.arg] = value
            places[word.arg] = self.spans.of(word)
        return self.call(
            callee, tuple(args), keywords, self.spans.of(node), self.spans.of(node.func), places
        )


def _at(value: Value, span: Span) -> Value:
    """A known value at the place where its name stands; others keep their own place."""
    match value:
        case Known():
            return Known(value.value, span)
        case Items():  # so that `shape=SHAPE` and its value are at one place
            return Items(value.items, span)
    return value
