"""Follow the statements of a script: assignments, conditions, loops, functions and classes."""

from __future__ import annotations

import ast
import contextlib
from abc import abstractmethod
from collections.abc import Mapping

from bnnc.compiler.scripts import containers, datasets, lists, names
from bnnc.compiler.scripts.expressions import Expressions
from bnnc.compiler.scripts.parsing import Code
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
    Unknown,
    Value,
)
from bnnc.compiler.text.source import Span


class ReturnedError(Exception):
    """A function of the script returns a value."""

    def __init__(self, value: Value) -> None:
        super().__init__()
        self.value = value


class LoopEndedError(Exception):
    """A `break`."""


class NextItemError(Exception):
    """A `continue`."""


class Statements(Expressions):
    """Follows statements; `bnnc.compiler.scripts.evaluate` calls the functions in them.

    Attributes:
        imports: top-level packages that the script imports, each with its span.
        looped: every `tf.data.Dataset` that a loop goes over, in order, as often as it does.
        is_looped_unknown: whether one of these loops is in another one whose length is not known.
    """

    def __init__(self, code: Code) -> None:
        super().__init__(code)
        self.imports: dict[str, Span] = {}
        self.looped: list[Call] = []
        self.globals = Scope()
        self.is_looped_unknown = False
        self._unknown_loops = 0
        self._depth = 0

    @abstractmethod
    def apply(
        self, function: Function, args: tuple[Value, ...], keywords: Mapping[str, Value], span: Span
    ) -> Value:
        """What a function of the script returns for values."""

    def run(self, body: list[ast.stmt], scope: Scope) -> None:
        """Follow statements in a scope."""
        for statement in body:
            self.count_step()
            self._statement(statement, scope)

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
                    self.assign(target, value, scope)
            case ast.AnnAssign() if node.value is not None:
                self.assign(node.target, self.evaluate(node.value, scope), scope)
            case ast.AugAssign():
                binary = ast.BinOp(_loaded(node.target), node.op, node.value)
                self.assign(
                    node.target, self.evaluate(ast.copy_location(binary, node), scope), scope
                )
            case ast.Expr():
                self.evaluate(node.value, scope)
            case ast.Return():
                empty = Known(None, self.spans.of(node))
                raise ReturnedError(
                    empty if node.value is None else self.evaluate(node.value, scope)
                )
            case ast.If():
                self._if(node, scope)
            case ast.For():
                self._for(node, scope)
            case ast.With():
                for item in node.items:
                    value = self.evaluate(item.context_expr, scope)
                    if item.optional_vars is not None:
                        self.assign(item.optional_vars, value, scope)
                self.run(node.body, scope)
            case ast.Try():
                self.run(node.body, scope)
                self.run(node.finalbody, scope)
            case ast.Global():
                scope.elsewhere.update(dict.fromkeys(node.names, self.globals))
            case ast.Nonlocal():
                outer = scope.outer or scope
                scope.elsewhere.update({name: outer.holder(name) for name in node.names})
            case ast.Delete():
                self._forget([node], scope, "it is deleted")
            case ast.Match() | ast.AsyncFor() | ast.AsyncWith():
                self._forget([node], scope, "it depends on what runs")
            case ast.While():
                self._forget(node.body, scope, "it is changed in a `while` loop")
            case ast.Break():
                raise LoopEndedError
            case ast.Continue():
                raise NextItemError

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
            if name == "*":
                self.stars.append(names.of_module(module))
                continue
            scope.names[name] = Reference(names.of_module(whole), span)

    def _class(self, node: ast.ClassDef, scope: Scope) -> None:
        bases = tuple(self.evaluate(base, scope) for base in node.bases)
        methods = {one.name: one for one in node.body if isinstance(one, ast.FunctionDef)}
        inner = Scope(outer=scope)
        values = [one for one in node.body if isinstance(one, ast.Assign | ast.AnnAssign)]
        self.run(list(values), inner)
        fields = [name for one in values if (name := _field(one))]
        scope.names[node.name] = Class(
            node.name,
            bases,
            methods,
            scope,
            self.spans.of(node),
            {name: containers.default_of(value) for name, value in inner.names.items()},
            tuple(fields),
        )

    def assign(self, target: ast.expr, value: Value, scope: Scope) -> None:
        """Give the names of a target their values."""
        match target:
            case ast.Name():
                scope.assign(target.id, value)
            case ast.Tuple() | ast.List():
                self._unpack(target.elts, value, scope)
            case ast.Attribute():
                owner = self.evaluate(target.value, scope)
                if isinstance(owner, Instance | Class):
                    owner.attributes[target.attr] = value
            case ast.Subscript():
                owner, index = (
                    self.evaluate(target.value, scope),
                    self.evaluate(target.slice, scope),
                )
                changed = containers.with_item(owner, index, value)
                if isinstance(owner, Items) and isinstance(changed, Items):
                    self.lists.replace(owner, changed.items)
                elif isinstance(owner, Items) and isinstance(changed, Unknown):
                    self.lists.forget(owner, changed.reason)
                elif changed is not None and isinstance(target.value, ast.Name):
                    scope.holder(target.value.id).names[target.value.id] = changed

    def _unpack(self, targets: list[ast.expr], value: Value, scope: Scope) -> None:
        items: tuple[Value, ...] = ()
        if isinstance(value, Items) and len(value.items) == len(targets):
            items = value.items
        for number, target in enumerate(targets):
            one = items[number] if items else self._part(value, number, target)
            self.assign(target, one, scope)

    def _part(self, value: Value, number: int, node: ast.expr) -> Value:
        span = self.spans.of(node)
        if isinstance(value, Call):  # `(x, y), (x_test, y_test) = load_data()`
            return Call(f"{value.function}[{number}]", (), {}, value.span, value.function_span, {})
        return Unknown("it is a part of a value that is not followed", span)

    def _if(self, node: ast.If, scope: Scope) -> None:
        if _is_main(node.test):
            self.run(node.body, scope)
            return
        test = self.evaluate(node.test, scope)
        if isinstance(test, Known):
            self.run(node.body if test.value else node.orelse, scope)
            return
        self._forget([*node.body, *node.orelse], scope, "it depends on a condition")

    def _for(self, node: ast.For, scope: Scope) -> None:
        over = self.evaluate(node.iter, scope)
        if not isinstance(over, Items):
            # What the body calls is looked at once: it may hold a training step.
            dataset = datasets.dataset_in(over)
            if dataset is not None:
                self.looped.append(dataset)
                self.is_looped_unknown |= self._unknown_loops > 0
            element = datasets.element_of(over, self)
            unknown = Unknown("it is the variable of a loop", over.span)
            self.assign(node.target, element or unknown, scope)
            self._unknown_loops += 1
            with contextlib.suppress(LoopEndedError, NextItemError):
                self.run(node.body, scope)
            self._unknown_loops -= 1
            self._forget(node.body, scope, "it is changed in a loop")
            return
        for item in over.items:
            self.assign(node.target, item, scope)
            try:
                self.run(node.body, scope)
            except NextItemError:
                continue
            except LoopEndedError:
                return

    def _forget(self, body: list[ast.stmt], scope: Scope, reason: str) -> None:
        """Forget what statements change, which may or may not run."""
        for node in (one for statement in body for one in ast.walk(statement)):
            match node:
                case ast.Name(ctx=ast.Store() | ast.Del()):
                    scope.assign(node.id, Unknown(reason, self.spans.of(node)))
                case ast.MatchAs(name=str() as name) | ast.MatchStar(name=str() as name):
                    scope.assign(name, Unknown(reason, self.spans.of(body[0])))
                case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
                    scope.assign(name, Unknown(reason, self.spans.of(node)))
                case ast.Attribute(ctx=ast.Store(), value=ast.Name(id=name)):
                    owner = scope.find(name)
                    if isinstance(owner, Instance | Class):
                        owner.attributes[node.attr] = Unknown(reason, self.spans.of(node))
                case ast.Subscript(ctx=ast.Store()):
                    self.assign(node, Unknown(reason, self.spans.of(node)), scope)
                case ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr="add")):
                    owner = scope.find(name)
                    if isinstance(owner, Model):
                        owner.layers.append(Unknown(reason, self.spans.of(node)))
                case ast.Call(
                    func=ast.Attribute(value=ast.Name() | ast.Attribute() as target, attr=how)
                ) if how in lists.CHANGES:
                    owner = self.evaluate(target, scope)
                    if isinstance(owner, Items):
                        self.lists.forget(owner, reason)
                case ast.Return() if self._depth:
                    raise ReturnedError(Unknown(reason, self.spans.of(node)))


def _field(node: ast.Assign | ast.AnnAssign) -> str | None:
    """The annotated name, as a field of a dataclass is."""
    match node:
        case ast.AnnAssign(target=ast.Name(id=name)):
            return name
    return None


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
