"""The layers of a Keras model in order, with the branches that are merged."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

from bnnc.compiler.scripts.evaluate import Evaluation
from bnnc.compiler.scripts.values import (
    Call,
    Function,
    Instance,
    Items,
    Known,
    Model,
    Tensor,
    Unknown,
    Value,
)
from bnnc.compiler.text.source import Span

_MAX_DEPTH = 6
_MAX_PARTS = 2_000
"""Layers and models that are looked at: a model may be added to itself, again and again."""
_TOO_MANY = "the model has more layers than are followed"
Merge = Literal["add", "concatenate"]
_MERGES: dict[str, Merge] = {
    "keras.layers.Add": "add",
    "keras.layers.add": "add",
    "tf.add": "add",
    "tf.math.add": "add",
    "tf.add_n": "add",
    "keras.ops.add": "add",
    "+": "add",
    "keras.layers.Concatenate": "concatenate",
    "keras.layers.concatenate": "concatenate",
    "tf.concat": "concatenate",
    "keras.ops.concatenate": "concatenate",
}
_FUNCTIONS = ("tf.nn.", "keras.activations.", "keras.ops.", "tf.math.")
_INSIDE = "one of these branches begins inside of another one"
_WITH_WEIGHTS = ("Dense", "Conv", "Normalization")


@dataclass(frozen=True, slots=True)
class Block:
    """Branches that begin at one tensor, and are merged at `span`."""

    branches: tuple[tuple[Step, ...], ...]
    merge: Merge
    span: Span


Step = Call | Block


@dataclass(frozen=True, slots=True)
class Chain:
    """The steps of a model in order; `unknown` is what could not be followed."""

    steps: tuple[Step, ...]
    unknown: tuple[Unknown, ...] = ()

    @property
    def layers(self) -> tuple[Call, ...]:
        """All layers, those of branches too."""
        return tuple(layers_of(self.steps))


def layers_of(steps: tuple[Step, ...]) -> Iterator[Call]:
    """The layers of steps, those of their branches too."""
    for one in steps:
        if isinstance(one, Call):
            yield one
        else:
            for branch in one.branches:
                yield from layers_of(branch)


@dataclass(slots=True)
class _Walk:
    """How many parts of a model may still be looked at."""

    left: int = _MAX_PARTS


def chain_of(model: Model) -> Chain:
    """The layers of a sequential or a functional model."""
    return _of_model(model, 0, _Walk())


def _of_model(model: Model, depth: int, walk: _Walk) -> Chain:
    """The layers of a model with `depth` models around it."""
    if depth > _MAX_DEPTH:
        reason = "models are nested too deeply to be followed"
        return Chain((), (Unknown(reason, model.span, True),))
    if model.outputs is not None:
        return _of_outputs(model.outputs, depth, walk)
    found: list[Step] = []
    unknown: list[Unknown] = []
    for layer in model.layers:
        walk.left -= 1
        if walk.left < 0:
            unknown.append(Unknown(_TOO_MANY, layer.span, True))
            break
        inner = _of_layer(layer, depth, walk)
        found += inner.steps
        unknown += inner.unknown
    return Chain(tuple(found), tuple(unknown))


def _of_layer(layer: Value, depth: int, walk: _Walk) -> Chain:
    match layer:
        case Call():
            return Chain((layer,))
        case Model():
            return _of_model(layer, depth + 1, walk)
        case Tensor(layer=Call() as made):
            return Chain((made,))  # keras.Input in a sequential model
        case Unknown():
            return Chain((), (layer,))
    return Chain((), (Unknown("this layer is not followed", layer.span, True),))


def _of_outputs(outputs: Value, depth: int, walk: _Walk) -> Chain:
    if isinstance(outputs, Items) and len(outputs.items) > 1:
        reason = "a model of several outputs is not followed"
        return Chain((), (Unknown(reason, outputs.span, True),))
    end = _plain(outputs)
    graph = _Graph(end, depth, walk)
    try:
        steps = graph.steps(end, None)
    except _NotFollowedError as error:
        return Chain(tuple(error.after), (error.unknown,))
    twice = _used_twice(steps)
    if twice is not None:
        return Chain(tuple(steps), (*graph.unknown, twice))
    return Chain(tuple(steps), tuple(graph.unknown))


def _used_twice(steps: list[Step]) -> Unknown | None:
    seen: set[int] = set()
    for one in layers_of(tuple(steps)):
        if id(one) in seen and any(word in one.function for word in _WITH_WEIGHTS):
            return Unknown("a layer that is used twice shares its weights", one.span, True)
        seen.add(id(one))
    return None


class _NotFollowedError(Exception):
    """A tensor that is not followed, and the steps after it."""

    def __init__(self, unknown: Unknown, after: list[Step] | None = None) -> None:
        super().__init__()
        self.unknown = unknown
        self.after = after or []


class _Graph:
    """The tensors that lead to an output, each with the last one that all paths to it go through.

    A block begins there. These tensors are the immediate dominators of the graph (Lengauer and
    Tarjan 1979); of a graph without cycles, one pass in topological order finds them.
    """

    def __init__(self, end: Value, depth: int, walk: _Walk) -> None:
        self.unknown: list[Unknown] = []
        self._model_depth = depth
        self._walk = walk
        self._begin: dict[int, Value | None] = {}
        self._depth: dict[int, int] = {}
        self._used: set[int] = set()
        for node in _in_order(end):
            inputs = _inputs(node)
            begin = inputs[0] if inputs else None
            for other in inputs[1:]:
                begin = None if begin is None else self._common(begin, other)
            self._begin[id(node)] = begin
            self._depth[id(node)] = 0 if begin is None else self._depth[id(begin)] + 1

    def _common(self, left: Value, right: Value) -> Value | None:
        """The last tensor that all paths to both go through; None if they have other inputs."""
        one: Value | None = left
        other: Value | None = right
        while one is not None and other is not None and one is not other:
            if self._depth[id(one)] >= self._depth[id(other)]:
                one = self._begin[id(one)]
            else:
                other = self._begin[id(other)]
        return one if one is other else None

    def steps(self, end: Value, begin: Value | None) -> list[Step]:
        """The steps from one tensor to another, in order. Raises: _NotFollowedError."""
        found: list[Step] = []
        node: Value | None = end
        while node is not None and node is not begin:
            if id(node) in self._used:
                raise _NotFollowedError(Unknown(_INSIDE, node.span, True), found[::-1])
            self._used.add(id(node))
            self._walk.left -= 1
            if self._walk.left < 0:
                raise _NotFollowedError(Unknown(_TOO_MANY, node.span, True), found[::-1])
            inputs = _inputs(node)
            kind = _merge_of(node)
            if kind is None:
                found += self._of_single(node, found)[::-1]
                node = inputs[0] if inputs else None
                continue
            start = self._begin[id(node)]
            if start is None:
                reason = "branches of several inputs are not followed"
                raise _NotFollowedError(Unknown(reason, node.span, True), found[::-1])
            try:
                branches = tuple(tuple(self.steps(one, start)) for one in inputs)
            except _NotFollowedError as error:
                unknown = error.unknown
                if unknown.reason == _INSIDE:
                    unknown = replace(unknown, span=node.span)
                raise _NotFollowedError(unknown, found[::-1]) from None
            found.append(Block(branches, kind, node.span))
            node = start
        return found[::-1]

    def _of_single(self, node: Value, after: list[Step]) -> list[Step]:
        """The layer that a tensor went through, or the layers of the model."""
        match node:
            case Tensor(layer=Call() as layer, inputs=inputs):
                if len(inputs) > 1 or (inputs and isinstance(inputs[0], Items)):
                    name = layer.function.rpartition(".")[2]
                    reason = f"`{name}` merges branches in a way that a spec does not have"
                    raise _NotFollowedError(Unknown(reason, node.span, True), after[::-1])
                if node.training and "Dropout" in layer.function:
                    training = {"training": Known(True, node.span)}
                    layer = replace(layer, keywords={**layer.keywords, **training})
                return [layer]
            case Tensor(layer=Model() as model):
                inner = _of_model(model, self._model_depth + 1, self._walk)
                self.unknown += inner.unknown
                return list(inner.steps)
            case Call() if node.function.startswith(_FUNCTIONS) and node.args:
                return [node]
            case Unknown():
                raise _NotFollowedError(node, after[::-1])
        raise _NotFollowedError(
            Unknown("this tensor is not followed", node.span, True), after[::-1]
        )


def _in_order(end: Value) -> list[Value]:
    """The tensors that lead to an output, each after its inputs."""
    found: list[Value] = []
    seen: set[int] = set()
    waiting: list[tuple[Value, bool]] = [(end, False)]
    while waiting:
        node, is_ready = waiting.pop()
        if is_ready:
            found.append(node)
        elif id(node) not in seen:
            seen.add(id(node))
            waiting.append((node, True))
            waiting += [(one, False) for one in _inputs(node)]
    return found


def _inputs(node: Value) -> tuple[Value, ...]:
    """The tensors that a tensor is made of."""
    match node:
        case Tensor(inputs=(Items(items=items),)) if _merge_of(node):
            return tuple(map(_plain, items))
        case Tensor(inputs=(first, *_)):
            return (_plain(first),)
        case Call(function="+" | "tf.add" | "tf.math.add" | "keras.ops.add", args=(left, right)):
            return _plain(left), _plain(right)
        case Call(args=(Items(items=items), *_)) if _merge_of(node):
            return tuple(map(_plain, items))
        case Call(args=(first, *_)) if node.function.startswith(_FUNCTIONS):
            return (_plain(first),)
    return ()


def _merge_of(node: Value) -> Merge | None:
    """How a tensor merges its inputs; None if it has a single one, or merges them otherwise."""
    match node:
        case Tensor(layer=Call() as made, inputs=(Items(items=items),)) if len(items) > 1:
            pass
        case Call(function="+" | "tf.add" | "tf.math.add" | "keras.ops.add", args=(_, _)):
            return "add"
        case Call(args=(Items(items=items), *_)) as made if len(items) > 1:
            pass
        case _:
            return None
    kind = _MERGES.get(made.function)
    axis = made.argument("axis", 0 if isinstance(node, Tensor) else 1)
    is_last = axis is None or (isinstance(axis, Known) and axis.value in (-1, 3))
    return kind if kind == "add" or is_last else None


def _plain(value: Value) -> Value:
    """A tensor without the list of one around it."""
    while isinstance(value, Items) and len(value.items) == 1:
        value = value.items[0]
    return value


def subclassed(evaluation: Evaluation) -> Model | None:
    """A model of a `keras.Model` subclass with the layers of its `call`, as a functional one."""
    for value in reversed(list(evaluation.globals.names.values())):
        if not isinstance(value, Instance) or not value.of.is_model:
            continue
        method = value.of.method("call")
        if method is None:
            continue
        span: Span = value.span
        made = Call("keras.Model", (), {}, span, value.of.span, {})
        first = Call("keras.Input", (), {}, span, span, {})
        inputs = Tensor(first, (), span)
        function = Function(method, value.of.scope, span, value)
        model = Model(made, outputs=evaluation.apply(function, (inputs,), {}, span))
        for call in evaluation.calls:
            if not call.args or call.args[0] is not value:
                continue
            if call.function == ".compile":
                model.compiled.append(call)
            elif call.function in (".fit", ".fit_generator"):
                model.fitted.append(call)
        return model
    return None
