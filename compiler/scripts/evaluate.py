"""Follow the values of a script without running it.

Assignments, arithmetic, calls of the script's own functions with known arguments, and loops over
known values are followed. Everything else is `Unknown`, with the reason: nothing is guessed. No
code of the script runs, and no module is imported.
"""

from __future__ import annotations

import ast
import contextlib
from collections.abc import Mapping

from bnnc.compiler.scripts import containers, datasets, names, operations, sklearn_digits
from bnnc.compiler.scripts.active_dropout import is_active_dropout
from bnnc.compiler.scripts.expressions import Expressions, TooLongError
from bnnc.compiler.scripts.parameters import bind_parameters
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
    Table,
    Tensor,
    Unknown,
    Value,
)
from bnnc.compiler.text.source import Span

MAX_DEPTH = 40
# Of absl, and of the TensorFlow that had it: what runs a `main`, and what defines an option.
_RUN = ("app.run", "fire.Fire")
_DEFINE = "flags.DEFINE_"
_ROOTS = frozenset({"keras", "tf", "tfp", "np", "sklearn"})


class _ReturnedError(Exception):
    def __init__(self, value: Value) -> None:
        super().__init__()
        self.value = value


class _LoopEndedError(Exception):
    pass


class _NextItemError(Exception):
    pass


class Evaluation(Expressions):
    """The state of following one script.

    Attributes:
        calls: every call of a library's function that was reached, in order.
        models: every Keras model that was made, in order.
        imports: top-level packages that the script imports, each with its span.
        looped: every `tf.data.Dataset` that a loop goes over, in order, as often as it does.
        is_looped_unknown: whether one of these loops is in another one whose length is not known.
    """

    def __init__(self, code: Code) -> None:
        super().__init__(code)
        self.calls: list[Call] = []
        self.models: list[Model] = []
        self.imports: dict[str, Span] = {}
        self.looped: list[Call] = []
        self.globals = Scope()
        self.is_looped_unknown = False
        self._unknown_loops = 0
        self._depth = 0
        self._is_over = False
        self.is_whole = False
        with contextlib.suppress(_ReturnedError, _LoopEndedError, _NextItemError, TooLongError):
            self._run(code.tree.body, self.globals)
            self.is_whole = True
        self._is_over = True

    # Statements.

    def _run(self, body: list[ast.stmt], scope: Scope) -> None:
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
                raise _ReturnedError(
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
                self._run(node.body, scope)
            case ast.Try():
                self._run(node.body, scope)
                self._run(node.finalbody, scope)
            case ast.While():
                self._forget(node.body, scope, "it is changed in a `while` loop")
            case ast.Break():
                raise _LoopEndedError
            case ast.Continue():
                raise _NextItemError

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
        self._run(list(values), inner)
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
                scope.names[target.id] = value
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
                if changed is not None and isinstance(target.value, ast.Name):
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
            dataset = datasets.dataset_in(over)
            if dataset is not None:
                self.looped.append(dataset)
                self.is_looped_unknown |= self._unknown_loops > 0
            element = datasets.element_of(over, self)
            unknown = Unknown("it is the variable of a loop", over.span)
            self.assign(node.target, element or unknown, scope)
            self._unknown_loops += 1
            with contextlib.suppress(_LoopEndedError, _NextItemError):
                self._run(node.body, scope)
            self._unknown_loops -= 1
            self._forget(node.body, scope, "it is changed in a loop")
            return
        for item in over.items:
            self.assign(node.target, item, scope)
            try:
                self._run(node.body, scope)
            except _NextItemError:
                continue
            except _LoopEndedError:
                return

    def _forget(self, body: list[ast.stmt], scope: Scope, reason: str) -> None:
        """Forget what statements change, which may or may not run."""
        for node in (one for statement in body for one in ast.walk(statement)):
            match node:
                case ast.Name(ctx=ast.Store()):
                    scope.names[node.id] = Unknown(reason, self.spans.of(node))
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
                case ast.Return() if self._depth:
                    raise _ReturnedError(Unknown(reason, self.spans.of(node)))

    # Calls.

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
                if is_active_dropout(callee):
                    (base,) = callee.bases
                    active = {**keywords, "training": Known(True, callee.span)}
                    return self.call(base, args, active, span, function_span, places)
                return self._instance(callee, args, keywords, span)
            case Call() if callee.function.startswith(".") and callee.args:
                return self._method(callee, args, keywords, span, places)
            case Call(function="functools.partial", args=(inner, *first)):
                given = {**callee.keywords, **keywords}
                where = {**callee.keyword_spans, **places}
                return self.call(inner, (*first, *args), given, span, function_span, where)
            case Call() | Model():
                told = keywords.get("training")
                is_training = isinstance(told, Known) and told.value is True
                return Tensor(callee, args or tuple(keywords.values())[:1], span, is_training)
            case Instance(model=Model() as model):
                return Tensor(model, args or tuple(keywords.values())[:1], span)
            case Instance():
                method = callee.of.method("call") or callee.of.method("__call__")
                if method is not None:
                    return self.apply(
                        Function(method, callee.of.scope, span, callee), args, keywords, span
                    )
        return Unknown("the function that is called is not known", span)

    def _of_library(self, call: Call) -> Value:
        self._note(call)
        for one in call.args:
            self.count_step(len(one.items) if isinstance(one, Items) else 1)
        computed = (
            operations.builtin(call)
            or containers.made(call, self.globals)
            or sklearn_digits.made(call)
        )
        if computed is not None:
            return computed
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
        if call.function.endswith(_RUN) and call.args and isinstance(call.args[0], Function):
            arguments = Unknown("the arguments of the command line are not known", call.span)
            given = (arguments,) if call.args[0].node.args.args else ()
            return self.apply(call.args[0], given, {}, call.span)
        if _DEFINE in call.function and call.args and isinstance(call.args[0], Known):
            default = call.argument("default", 1)
            if default is not None:
                self.flags[str(call.args[0].value)] = default
        return call

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
        if isinstance(owner, Table):
            return containers.of_dict(owner, call) or call
        self._note(call)
        if name in (".parse_args", ".parse_known_args"):
            return containers.options(call, self.calls, self.globals)
        if isinstance(owner, Instance):
            if name == ".fit":
                self._train_step(owner, call)
            owner = owner.model or owner
        if isinstance(owner, Model):
            if name == ".add" and args:
                owner.layers.append(args[0])
            elif name == ".compile":
                owner.compiled.append(call)
            elif name in (".fit", ".fit_generator"):
                owner.fitted.append(call)
        return call

    def _train_step(self, model: Instance, fitted: Call) -> None:
        """Follow a `train_step` of the script for what `fit` is given."""
        step = model.of.method("train_step")
        if step is None:
            return
        images, labels = fitted.argument("x", 1), fitted.argument("y", 2)
        data = None if images is None else datasets.element_of(images, self)
        if images is not None and labels is not None:
            data = Items((images, labels), fitted.span)
        unknown = Unknown("the data of this step is not known", fitted.span)
        self.apply(
            Function(step, model.of.scope, fitted.span, model), (data or unknown,), {}, fitted.span
        )

    def _note(self, call: Call) -> None:
        root = call.function.partition(".")[0]
        if call.function.startswith(".") or root in _ROOTS:
            self.calls.append(call)

    def _instance(
        self, of: Class, args: tuple[Value, ...], keywords: Mapping[str, Value], span: Span
    ) -> Value:
        made = Instance(of, span)
        start = of.method("__init__")
        if start is None and of.is_model and (len(args) > 1 or "outputs" in keywords):
            graph = Call("keras.Model", args, keywords, span, span, {})
            made.model = Model(graph, outputs=graph.argument("outputs", 1))
            self.models.append(made.model)
        elif start is None:
            made.attributes.update(containers.of_fields(of, args, keywords, span))
        else:
            self.apply(Function(start, of.scope, span, made), args, keywords, span)
        return made

    def apply(
        self, function: Function, args: tuple[Value, ...], keywords: Mapping[str, Value], span: Span
    ) -> Value:
        """What a function of the script returns for values."""
        if self._depth >= MAX_DEPTH:
            return Unknown("functions call each other too deeply to be followed", span)
        self._depth += 1
        try:
            scope = bind_parameters(function, args, keywords, span, self.evaluate)
            if scope is None:
                return Unknown("it is called with other arguments than it has", span)
            if isinstance(function.node, ast.Lambda):
                return self.evaluate(function.node.body, scope)
            self._run(function.node.body, scope)
        except _ReturnedError as returned:
            return returned.value
        except (_LoopEndedError, _NextItemError):
            return Unknown("it is ended outside of a loop", span)
        except TooLongError:
            if not self._is_over:
                raise
            return Unknown("the script takes more steps than are followed", span)
        finally:
            self._depth -= 1
        return Known(None, span)


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
