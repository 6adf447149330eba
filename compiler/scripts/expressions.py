"""Evaluate the expressions of a script, as far as their values are known."""

from __future__ import annotations

import ast
import builtins
from abc import ABC, abstractmethod
from collections.abc import Mapping

from bnnc.compiler.scripts import lists, names, operations, sklearn_digits
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
        self.lists = lists.Lists()
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
        found = self._evaluate(node, scope)
        return self.lists.own(found) if isinstance(found, Items) else found

    def _evaluate(self, node: ast.expr, scope: Scope) -> Value:
        self.count_step()
        span = self.spans.of(node)
        match node:
            case ast.Constant():
                return operations.constant(node.value, span)
            case ast.Name():
                found = scope.find(node.id)
                if found is None:
                    return self._of_star(node.id, span)
                if isinstance(found, Items) and found.origin is None:
                    found = scope.holder(node.id).names[node.id] = self.lists.own(found)
                return self.lists.seen(found, span)
            case ast.List() | ast.Tuple():
                return self._items(node, scope)
            case ast.Dict():
                return self._table(node, scope)
            case ast.Attribute():
                return self._attribute(node, scope)
            case ast.Call():
                return self._call(node, scope)
            case ast.NamedExpr():
                value = self.evaluate(node.value, scope)
                self.assign(node.target, value, scope)
                return value
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

    def _changed(self, node: ast.Call, scope: Scope) -> Value | None:
        """The value of a call that changes a list, as `append` does; None for any other call."""
        target: ast.expr
        match node.func:
            case ast.Attribute(value=ast.Name() | ast.Attribute() as target, attr=how):
                pass
            case ast.Attribute(
                value=ast.Subscript(value=ast.Name() | ast.Attribute()) as target, attr=how
            ):
                pass
            case _:
                return None
        if how not in lists.CHANGES:
            return None
        owner = self.evaluate(target, scope)
        if not isinstance(owner, Items) or any(isinstance(one, ast.Starred) for one in node.args):
            return None
        self.count_step(1 + len(owner.items) // 100)
        args = [self.evaluate(one, scope) for one in node.args]
        args += [self.evaluate(one.value, scope) for one in node.keywords]
        return self.lists.change(owner, how, args, self.spans.of(node))

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
                    return self.lists.seen(self.flags[node.attr], span)
                return Reference(names.canonical(f"{owner.name}.{node.attr}"), span)
            case Instance():
                if node.attr in owner.attributes:
                    return self.lists.seen(owner.attributes[node.attr], span)
                method = owner.of.method(node.attr)
                if method is not None:
                    return Function(method, owner.of.scope, span, owner)
                of_class = owner.of.attribute(node.attr)
                if of_class is not None:
                    return self.lists.seen(of_class, span)
                self.attributes.add(node.attr)
                return Call(f".{node.attr}", (owner,), {}, span, span, {})
            case Class():
                of_class = owner.attribute(node.attr)
                if of_class is not None:
                    return self.lists.seen(of_class, span)
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
                return self.lists.seen(owner.items[key], span)
            if isinstance(owner, Table) and str(key) in owner.entries:
                return self.lists.seen(owner.entries[str(key)], span)
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
        changed = self._changed(node, scope)
        if changed is not None:
            return changed
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
