"""Follow the values of a script without running it.

Assignments, arithmetic, calls of the script's own functions with known arguments, and loops over
known values are followed. Everything else is `Unknown`, with the reason: nothing is guessed. No
code of the script runs, and no module is imported.
"""

from __future__ import annotations

import ast
import contextlib
from collections.abc import Mapping

from bnnc.compiler.scripts import containers, datasets, operations, sklearn_digits
from bnnc.compiler.scripts.active_dropout import is_active_dropout
from bnnc.compiler.scripts.expressions import TooLongError
from bnnc.compiler.scripts.parameters import bind_parameters
from bnnc.compiler.scripts.parsing import Code
from bnnc.compiler.scripts.statements import (
    LoopEndedError,
    NextItemError,
    ReturnedError,
    Statements,
)
from bnnc.compiler.scripts.values import (
    Call,
    Class,
    Function,
    Instance,
    Items,
    Known,
    Model,
    Reference,
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


class Evaluation(Statements):
    """The state of following one script.

    Attributes:
        calls: every call of a library's function that was reached, in order.
        models: every Keras model that was made, in order.
        is_whole: whether the script was followed to its end.
    """

    def __init__(self, code: Code) -> None:
        super().__init__(code)
        self.calls: list[Call] = []
        self.models: list[Model] = []
        self._is_over = False
        self.is_whole = False
        with contextlib.suppress(ReturnedError, LoopEndedError, NextItemError, TooLongError):
            self.run(code.tree.body, self.globals)
            self.is_whole = True
        self._is_over = True

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
            self.run(function.node.body, scope)
        except ReturnedError as returned:
            return returned.value
        except (LoopEndedError, NextItemError):
            return Unknown("it is ended outside of a loop", span)
        except TooLongError:
            if not self._is_over:
                raise
            return Unknown("the script takes more steps than are followed", span)
        finally:
            self._depth -= 1
        return Known(None, span)
