"""The layers of a Keras model in order, from whatever way the script makes it."""

from __future__ import annotations

from dataclasses import dataclass

from bnnc.compiler.scripts.evaluate import Evaluation
from bnnc.compiler.scripts.values import (
    Call,
    Class,
    Function,
    Instance,
    Items,
    Model,
    Reference,
    Tensor,
    Unknown,
    Value,
)
from bnnc.compiler.text.source import Span

_MAX_DEPTH = 6
_MAX_PARTS = 2_000
"""Layers and models that are looked at: a model may be added to itself, again and again."""


@dataclass(frozen=True, slots=True)
class Chain:
    """The calls of a model's layers in order; `unknown` is what could not be followed."""

    layers: tuple[Call, ...]
    unknown: tuple[Unknown, ...] = ()


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
        return Chain((), (Unknown(reason, model.span),))
    if model.outputs is not None:
        return _of_tensor(model.outputs, depth, walk)
    found: list[Call] = []
    unknown: list[Unknown] = []
    for layer in model.layers:
        walk.left -= 1
        if walk.left < 0:
            unknown.append(Unknown("the model has more layers than are followed", layer.span))
            break
        inner = _of_layer(layer, depth, walk)
        found += inner.layers
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
    return Chain((), (Unknown("this layer is not followed", layer.span),))


def _of_tensor(tensor: Value, depth: int, walk: _Walk) -> Chain:
    """The layers that a tensor went through, back to the input."""
    found: list[Call] = []
    while True:
        walk.left -= 1
        if walk.left < 0:
            reason = "the model has more layers than are followed"
            return Chain(tuple(found), (Unknown(reason, tensor.span),))
        match tensor:
            case Items(items=(one,)):
                tensor = one
                continue
            case Tensor(layer=Model() as inner, inputs=(first, *_)):
                found = [*_of_model(inner, depth + 1, walk).layers, *found]
                tensor = first
                continue
            case Tensor(layer=Call() as layer, inputs=(first, *more)):
                if more or isinstance(first, Items):
                    reason = "branches that are merged are not followed in this version"
                    return Chain(tuple(found), (Unknown(reason, tensor.span),))
                found.insert(0, layer)
                tensor = first
                continue
            case Tensor(layer=Call() as layer, inputs=()):
                return Chain((layer, *found))
            case Call() if tensor.function.startswith(
                ("tf.nn.", "keras.activations.", "keras.ops.")
            ):
                found.insert(0, tensor)
                tensor = tensor.args[0] if tensor.args else Unknown("", tensor.span)
                continue
            case Unknown():
                return Chain(tuple(found), (tensor,))
        return Chain(tuple(found), (Unknown("this output is not followed", tensor.span),))


def subclassed(evaluation: Evaluation) -> Model | None:
    """A model of a `keras.Model` subclass whose `call` is a straight chain, as a functional one."""
    for value in reversed(list(evaluation.globals.names.values())):
        if not isinstance(value, Instance) or not _is_model(value.of):
            continue
        method = value.of.methods.get("call")
        if method is None:
            continue
        span: Span = value.span
        made = Call("keras.Model", (), {}, span, value.of.span, {})
        first = Call("keras.Input", (), {}, span, span, {})
        inputs = Tensor(first, (), span)
        function = Function(method, value.of.scope, span, value)
        model = Model(made, outputs=evaluation.apply(function, (inputs,), {}, span))
        for call in evaluation.calls:
            if call.args and call.args[0] is value:
                (model.compiled if call.function == ".compile" else model.fitted).append(call)
        return model
    return None


def _is_model(of: Class) -> bool:
    bases = {base.name for base in of.bases if isinstance(base, Reference)}
    return bool(bases & {"keras.Model", "keras.Sequential"})
