"""Follow the values of a script without running it.

Assignments, arithmetic, calls of the script's own functions with known arguments, and loops over
known values are followed. Everything else is `Unknown`, with the reason: nothing is guessed. No
code of the script runs, and no module is imported.
"""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from bnnc.compiler.scripts import names
from bnnc.compiler.scripts.spans import Spans
from bnnc.compiler.scripts.values import (
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
from bnnc.compiler.text.source import Source, Span

MAX_STEPS = 100_000
MAX_DEPTH = 40
MAX_ITEMS = 10_000
MAX_NUMBER = 10**12
"""Larger integers are not computed: a power would take all memory."""

_BINARY: Mapping[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.Pow: operator.pow,
}
_COMPARE: Mapping[type[ast.cmpop], Callable[[Any, Any], Any]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Is: operator.is_,
    ast.IsNot: operator.is_not,
}
_ROOTS = frozenset({"keras", "tf", "tfp", "np"})


class _ReturnedError(Exception):
    def __init__(self, value: Value) -> None:
        super().__init__()
        self.value = value


class _LoopEndedError(Exception):
    pass


class TooLongError(Exception):
    """The script takes more steps than are followed."""


class Evaluation:
    """The state of following one script.

    Attributes:
        calls: every call of a library's function that was reached, in order.
        models: every Keras model that was made, in order.
        imports: top-level packages that the script imports, each with its span.
    """

    def __init__(self, source: Source, tree: ast.Module) -> None:
        self.spans = Spans(source)
        self.calls: list[Call] = []
        self.models: list[Model] = []
        self.imports: dict[str, Span] = {}
        self.globals = Scope()
        self._steps = self._depth = 0
        try:
            self._run(tree.body, self.globals)
        except (_ReturnedError, _LoopEndedError, TooLongError):
            pass

    # Statements.

    def _run(self, body: list[ast.stmt], scope: Scope) -> None:
        for statement in body:
            self._step()
            self._statement(statement, scope)

    def _step(self) -> None:
        self._steps += 1
        if self._steps > MAX_STEPS:
            raise TooLongError

    def _statement(self, node: ast.stmt, scope: Scope) -> None:
        match node:
            case ast.Import() | ast.ImportFrom():
                self._import(node, scope)
            case ast.FunctionDef():
                scope.names[node.name] = Function(node, scope, self.spans.of(node))
            case ast.ClassDef():
                self._class(node, scope)
            case ast.Assign():
                value = self.evaluate(node.value, scope)
                for target in node.targets:
                    self._assign(target, value, scope)
            case ast.AnnAssign() if node.value is not None:
                self._assign(node.target, self.evaluate(node.value, scope), scope)
            case ast.AugAssign():
                binary = ast.BinOp(_loaded(node.target), node.op, node.value)
                self._assign(node.target, self.evaluate(ast.copy_location(binary, node), scope), scope)
            case ast.Expr():
                self.evaluate(node.value, scope)
            case ast.Return():
                empty = Known(None, self.spans.of(node))
                raise _ReturnedError(empty if node.value is None else self.evaluate(node.value, scope))
            case ast.If():
                self._if(node, scope)
            case ast.For():
                self._for(node, scope)
            case ast.With():
                for item in node.items:
                    value = self.evaluate(item.context_expr, scope)
                    if item.optional_vars is not None:
                        self._assign(item.optional_vars, value, scope)
                self._run(node.body, scope)
            case ast.Try():
                self._run(node.body, scope)
                self._run(node.finalbody, scope)
            case ast.While():
                self._forget(node.body, scope, "it is changed in a `while` loop")
            case ast.Break() | ast.Continue():
                raise _LoopEndedError

    def _import(self, node: ast.Import | ast.ImportFrom, scope: Scope) -> None:
        span = self.spans.of(node)
        for alias in node.names:
            if isinstance(node, ast.Import):
                module, name = alias.name, alias.asname or alias.name.partition(".")[0]
                whole = module if alias.asname else name
            else:
                module, name = node.module or "", alias.asname or alias.name
                whole = f"{module}.{alias.name}"
            self.imports.setdefault((module or name).partition(".")[0], span)
            scope.names[name] = Reference(names.of_module(whole), span)

    def _class(self, node: ast.ClassDef, scope: Scope) -> None:
        bases = tuple(self.evaluate(base, scope) for base in node.bases)
        methods = {one.name: one for one in node.body if isinstance(one, ast.FunctionDef)}
        scope.names[node.name] = Class(node.name, bases, methods, scope, self.spans.of(node))

    def _assign(self, target: ast.expr, value: Value, scope: Scope) -> None:
        match target:
            case ast.Name():
                scope.names[target.id] = value
            case ast.Tuple() | ast.List():
                self._unpack(target.elts, value, scope)
            case ast.Attribute():
                owner = self.evaluate(target.value, scope)
                if isinstance(owner, Instance):
                    owner.attributes[target.attr] = value

    def _unpack(self, targets: list[ast.expr], value: Value, scope: Scope) -> None:
        items: tuple[Value, ...] = ()
        if isinstance(value, Items) and len(value.items) == len(targets):
            items = value.items
        for number, target in enumerate(targets):
            one = items[number] if items else self._part(value, number, target)
            self._assign(target, one, scope)

    def _part(self, value: Value, number: int, node: ast.expr) -> Value:
        span = self.spans.of(node)
        if isinstance(value, Call):  # `(x, y), (x_test, y_test) = load_data()`
            return Call(f"{value.function}[{number}]", (), {}, value.span, value.function_span, {})
        return Unknown("it is a part of a value that is not followed", span)

    def _if(self, node: ast.If, scope: Scope) -> None:
        if _is_main(node.test):
            self._run(node.body, scope)
            return
        test = self.evaluate(node.test, scope)
        if isinstance(test, Known):
            self._run(node.body if test.value else node.orelse, scope)
            return
        self._forget([*node.body, *node.orelse], scope, "it depends on a condition")

    def _for(self, node: ast.For, scope: Scope) -> None:
        over = self.evaluate(node.iter, scope)
        if not isinstance(over, Items):
            # What the body calls is looked at once: it may hold a training step.
            self._assign(node.target, Unknown("it is the variable of a loop", over.span), scope)
            try:
                self._run(node.body, scope)
            except _LoopEndedError:
                pass
            self._forget(node.body, scope, "it is changed in a loop")
            return
        for item in over.items:
            self._assign(node.target, item, scope)
            try:
                self._run(node.body, scope)
            except _LoopEndedError:
                return

    def _forget(self, body: list[ast.stmt], scope: Scope, reason: str) -> None:
        """Forget the names that statements assign, which may or may not run."""
        for statement in body:
            for node in ast.walk(statement):
                if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                    scope.names[node.id] = Unknown(reason, self.spans.of(node))

    # Expressions.

    def evaluate(self, node: ast.expr, scope: Scope) -> Value:
        """The value of an expression."""
        self._step()
        span = self.spans.of(node)
        match node:
            case ast.Constant() if node.value is None or isinstance(
                node.value, bool | int | float | str
            ):
                return Known(node.value, span)
            case ast.Name():
                found = scope.find(node.id)
                if found is None:
                    return Reference(node.id, span)
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
                return Reference(names.canonical(f"{owner.name}.{node.attr}"), span)
            case Instance():
                if node.attr in owner.attributes:
                    return _at(owner.attributes[node.attr], span)
                method = owner.of.methods.get(node.attr)
                if method is not None:
                    return Function(method, owner.of.scope, span, owner)
            case Call() | Model() | Tensor():
                # A method or a property of an object: its name begins with a dot.
                return Call(f".{node.attr}", (owner,), {}, span, span, {})
        return Unknown(f"`.{node.attr}` is not followed", span)

    def _operation(self, node: ast.expr, scope: Scope) -> Value:
        span = self.spans.of(node)
        match node:
            case ast.BinOp():
                left, right = self.evaluate(node.left, scope), self.evaluate(node.right, scope)
                return self._binary(node.op, left, right, span)
            case ast.UnaryOp():
                one = self.evaluate(node.operand, scope)
                if isinstance(one, Known) and isinstance(node.op, ast.Not):
                    return Known(not one.value, span)
                if isinstance(one, Known) and isinstance(one.value, int | float):
                    return Known(-one.value if isinstance(node.op, ast.USub) else one.value, span)
                if isinstance(node.op, ast.USub):
                    return Call("-", (one,), {}, span, span, {})
            case ast.Compare() if len(node.ops) == 1:
                left = self.evaluate(node.left, scope)
                right = self.evaluate(node.comparators[0], scope)
                compare = _COMPARE.get(type(node.ops[0]))
                if compare and isinstance(left, Known) and isinstance(right, Known):
                    return self._computed(compare, left.value, right.value, span)
            case ast.BoolOp():
                values = [self.evaluate(one, scope) for one in node.values]
                if all(isinstance(one, Known) for one in values):
                    either = isinstance(node.op, ast.Or)
                    for one in values:
                        if bool(getattr(one, "value", None)) == either:
                            return one
                    return values[-1]
            case ast.IfExp():
                test = self.evaluate(node.test, scope)
                if isinstance(test, Known):
                    return self.evaluate(node.body if test.value else node.orelse, scope)
        return Unknown("its value is not known before the script runs", span)

    def _binary(self, op: ast.operator, left: Value, right: Value, span: Span) -> Value:
        compute = _BINARY.get(type(op))
        if compute and isinstance(left, Known) and isinstance(right, Known):
            return self._computed(compute, left.value, right.value, span)
        if isinstance(op, ast.Add) and isinstance(left, Items) and isinstance(right, Items):
            return Items((*left.items, *right.items), span)
        if isinstance(op, ast.Mult) and isinstance(left, Items) and isinstance(right, Known):
            count = right.value
            if isinstance(count, int) and 0 <= count * len(left.items) <= MAX_ITEMS:
                return Items(left.items * count, span)
        sign = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/"}.get(type(op))
        if sign:
            return Call(sign, (left, right), {}, span, span, {})
        return Unknown("its value is not known before the script runs", span)

    def _computed(
        self, compute: Callable[[Any, Any], Any], left: Any, right: Any, span: Span
    ) -> Value:
        numbers = [one for one in (left, right) if isinstance(one, int)]
        if compute is operator.pow and any(abs(one) > 1000 for one in numbers):
            return Unknown("the number is too large to be computed", span)
        if any(isinstance(one, str) and len(one) > 1000 for one in (left, right)):
            return Unknown("the text is too long to be computed", span)
        if compute is operator.mul and any(isinstance(one, str) for one in (left, right)):
            return Unknown("the text is not computed", span)
        try:
            value = compute(left, right)
        except (TypeError, ValueError, ArithmeticError):
            return Unknown("it cannot be computed", span)
        if isinstance(value, int) and abs(value) > MAX_NUMBER:
            return Unknown("the number is too large to be computed", span)
        if value is None or isinstance(value, bool | int | float | str):
            return Known(value, span)
        return Unknown("it cannot be computed", span)

    def _subscript(self, node: ast.Subscript, scope: Scope) -> Value:
        owner, span = self.evaluate(node.value, scope), self.spans.of(node)
        if isinstance(node.slice, ast.Slice):
            return Call("[:]", (owner,), {}, span, span, {})
        index = self.evaluate(node.slice, scope)
        if isinstance(index, Known):
            key = index.value
            if isinstance(owner, Items) and type(key) is int and -len(owner.items) <= key < len(owner.items):
                return _at(owner.items[key], span)
            if isinstance(owner, Table) and str(key) in owner.entries:
                return _at(owner.entries[str(key)], span)
        return Call("[]", (owner, index), {}, span, span, {})

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
            self._assign(first.target, item, inner)
            found.append(self.evaluate(node.elt, inner))
        return Items(tuple(found), span)

    # Calls.

    def _call(self, node: ast.Call, scope: Scope) -> Value:
        callee = self.evaluate(node.func, scope)
        args: list[Value] = []
        for one in node.args:
            if isinstance(one, ast.Starred):
                inner = self.evaluate(one.value, scope)
                args += inner.items if isinstance(inner, Items) else [inner]
            else:
                args.append(self.evaluate(one, scope))
        keywords: dict[str, Value] = {}
        places: dict[str, Span] = {}
        for word in node.keywords:
            value = self.evaluate(word.value, scope)
            if word.arg is None:
                if isinstance(value, Table):
                    keywords.update(value.entries)
                continue
            keywords[word.arg] = value
            places[word.arg] = self.spans.of(word)
        return self.call(callee, tuple(args), keywords, self.spans.of(node), self.spans.of(node.func), places)

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
        match callee:
            case Reference():
                return self._of_library(
                    Call(callee.name, args, keywords, span, function_span, places)
                )
            case Function():
                return self.apply(callee, args, keywords, span)
            case Class():
                return self._instance(callee, args, keywords, span)
            case Call() if callee.function.startswith("."):
                return self._method(callee, args, keywords, span, places)
            case Call():
                return Tensor(callee, args, span)
            case Model():
                return Tensor(callee, args, span)
            case Instance():
                method = callee.of.methods.get("call") or callee.of.methods.get("__call__")
                if method is not None:
                    return self.apply(
                        Function(method, callee.of.scope, span, callee), args, keywords, span
                    )
        return Unknown("the function that is called is not known", span)

    def _of_library(self, call: Call) -> Value:
        self._note(call)
        builtin = self._builtin(call)
        if builtin is not None:
            return builtin
        if call.function in ("keras.Sequential", "keras.Model"):
            model = Model(call)
            layers = call.argument("layers", 0)
            if call.function == "keras.Model":
                model.outputs = call.argument("outputs", 1)
            elif isinstance(layers, Items):
                model.layers += layers.items
            elif layers is not None and not isinstance(layers, Known):
                model.layers.append(layers)
            self.models.append(model)
            return model
        if call.function == "keras.Input":
            return Tensor(call, (), call.span)
        return call

    def _builtin(self, call: Call) -> Value | None:
        """The value of one of Python's own functions; None for any other."""
        known = [one.value for one in call.args if isinstance(one, Known)]
        whole = len(known) == len(call.args) and not call.keywords
        match call.function:
            case "range" if whole and all(type(one) is int for one in known):
                try:
                    numbers = range(*known)  # type: ignore[arg-type]
                except (TypeError, ValueError):
                    return None
                if len(numbers) <= 1000:
                    return Items(tuple(Known(one, call.span) for one in numbers), call.span)
            case "int" | "float" | "str" | "bool" if whole and len(known) == 1:
                kind = {"int": int, "float": float, "str": str, "bool": bool}[call.function]
                try:
                    return Known(kind(known[0]), call.span)  # type: ignore[arg-type]
                except (TypeError, ValueError, OverflowError):
                    return None
            case "len" if call.args and isinstance(call.args[0], Items):
                return Known(len(call.args[0].items), call.span)
            case "list" | "tuple" | "reversed" if call.args and isinstance(call.args[0], Items):
                items = call.args[0].items
                return Items(items[::-1] if call.function == "reversed" else items, call.span)
            case "enumerate" if call.args and isinstance(call.args[0], Items):
                pairs = (
                    Items((Known(number, call.span), one), call.span)
                    for number, one in enumerate(call.args[0].items)
                )
                return Items(tuple(pairs), call.span)
            case "zip" if call.args and all(isinstance(one, Items) for one in call.args):
                rows = zip(*(one.items for one in call.args if isinstance(one, Items)), strict=False)
                return Items(tuple(Items(row, call.span) for row in rows), call.span)
            case "dict":
                return Table(dict(call.keywords), call.span)
            case "super":
                return call
        return None

    def _method(
        self,
        callee: Call,
        args: tuple[Value, ...],
        keywords: Mapping[str, Value],
        span: Span,
        places: Mapping[str, Span],
    ) -> Value:
        owner, name = callee.args[0], callee.function
        call = Call(name, (owner, *args), keywords, span, callee.span, places)
        self._note(call)
        if isinstance(owner, Model):
            if name == ".add" and args:
                owner.layers.append(args[0])
            elif name == ".compile":
                owner.compiled.append(call)
            elif name in (".fit", ".fit_generator"):
                owner.fitted.append(call)
        return call

    def _note(self, call: Call) -> None:
        if call.function.startswith(".") or call.function.partition(".")[0] in _ROOTS:
            self.calls.append(call)

    def _instance(
        self, of: Class, args: tuple[Value, ...], keywords: Mapping[str, Value], span: Span
    ) -> Value:
        made = Instance(of, span)
        start = of.methods.get("__init__")
        if start is not None:
            self.apply(Function(start, of.scope, span, made), args, keywords, span)
        return made

    def apply(
        self, function: Function, args: tuple[Value, ...], keywords: Mapping[str, Value], span: Span
    ) -> Value:
        """What a function of the script returns for values."""
        if self._depth >= MAX_DEPTH:
            return Unknown("functions call each other too deeply to be followed", span)
        scope = Scope(outer=function.scope)
        if not self._bind(function, args, keywords, scope, span):
            return Unknown("it is called with other arguments than it has", span)
        self._depth += 1
        try:
            if isinstance(function.node, ast.Lambda):
                return self.evaluate(function.node.body, scope)
            self._run(function.node.body, scope)
        except _ReturnedError as returned:
            return returned.value
        finally:
            self._depth -= 1
        return Known(None, span)

    def _bind(
        self,
        function: Function,
        args: tuple[Value, ...],
        keywords: Mapping[str, Value],
        scope: Scope,
        span: Span,
    ) -> bool:
        """Give a function's parameters their values. Whether the call fits."""
        spec = function.node.args
        given = [*([function.bound] if function.bound is not None else []), *args]
        plain = [*spec.posonlyargs, *spec.args]
        for parameter, value in zip(plain, given, strict=False):
            scope.names[parameter.arg] = value
        if len(given) > len(plain):
            if spec.vararg is None:
                return False
        if spec.vararg is not None:
            scope.names[spec.vararg.arg] = Items(tuple(given[len(plain) :]), span)
        every = {one.arg for one in (*plain, *spec.kwonlyargs)}
        more = {name: value for name, value in keywords.items() if name not in every}
        scope.names.update({name: one for name, one in keywords.items() if name in every})
        if spec.kwarg is not None:
            scope.names[spec.kwarg.arg] = Table(more, span)
        elif more:
            return False
        for parameter, default in _defaults(spec):
            if parameter.arg not in scope.names:
                scope.names[parameter.arg] = self.evaluate(default, function.scope)
        for parameter in (*plain, *spec.kwonlyargs):
            if parameter.arg not in scope.names:
                reason = f"`{parameter.arg}` is an argument that no call of this script gives"
                scope.names[parameter.arg] = Unknown(reason, span)
        return True


def _defaults(spec: ast.arguments) -> Iterator[tuple[ast.arg, ast.expr]]:
    plain = [*spec.posonlyargs, *spec.args]
    if spec.defaults:
        yield from zip(plain[-len(spec.defaults) :], spec.defaults, strict=True)
    for parameter, default in zip(spec.kwonlyargs, spec.kw_defaults, strict=True):
        if default is not None:
            yield parameter, default


def _at(value: Value, span: Span) -> Value:
    """A known value at the place where its name stands; others keep their own place."""
    return Known(value.value, span) if isinstance(value, Known) else value


def _loaded(target: ast.expr) -> ast.expr:
    """The expression that reads what a target writes."""
    match target:
        case ast.Name():
            return ast.copy_location(ast.Name(target.id, ast.Load()), target)
        case ast.Attribute():
            return ast.copy_location(ast.Attribute(target.value, target.attr, ast.Load()), target)
    return target


def _is_main(test: ast.expr) -> bool:
    """Whether a condition is `__name__ == "__main__"`."""
    match test:
        case ast.Compare(left=ast.Name(id="__name__"), ops=[ast.Eq()]):
            return True
    return False
