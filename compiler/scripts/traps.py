"""Mistakes that only a script can have: how it trains, and what it does with the model."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence
from typing import TypeGuard

from bnnc.compiler.diagnostics.diagnostic import Diagnostic
from bnnc.compiler.scripts.findings.bnn710_kl_never_added import kl_never_added
from bnnc.compiler.scripts.findings.bnn711_kl_added_twice import kl_added_twice
from bnnc.compiler.scripts.findings.bnn713_keras_loss_of_a_distribution import (
    keras_loss_of_a_distribution,
)
from bnnc.compiler.scripts.findings.bnn714_tfp_layers_under_keras_3 import (
    tfp_layers_under_keras_3,
)
from bnnc.compiler.scripts.findings.bnn715_labels_of_rank_two import labels_of_rank_two
from bnnc.compiler.scripts.findings.bnn716_one_prediction_of_a_random_model import (
    one_prediction_of_a_random_model,
)
from bnnc.compiler.scripts.findings.bnn717_accuracy_of_a_distribution import (
    accuracy_of_a_distribution,
)
from bnnc.compiler.scripts.findings.bnn718_loss_of_the_wrong_sign import loss_of_the_wrong_sign
from bnnc.compiler.scripts.findings.bnn719_pixels_that_are_not_scaled import (
    pixels_that_are_not_scaled,
)
from bnnc.compiler.scripts.findings.bnn720_pixels_scaled_twice import pixels_scaled_twice
from bnnc.compiler.scripts.findings.bnn721_draws_without_dropout import draws_without_dropout
from bnnc.compiler.scripts.findings.bnn722_scale_that_can_be_negative import (
    scale_that_can_be_negative,
)
from bnnc.compiler.scripts.findings.bnn723_arguments_of_the_loss_swapped import (
    arguments_of_the_loss_swapped,
)
from bnnc.compiler.scripts.findings.bnn724_scale_that_is_not_trained import (
    scale_that_is_not_trained,
)
from bnnc.compiler.scripts.findings.bnn725_parameter_that_is_none import parameter_that_is_none
from bnnc.compiler.scripts.outputs import Distribution
from bnnc.compiler.scripts.parsing import Code
from bnnc.compiler.scripts.pixels import pixels_of
from bnnc.compiler.scripts.read import ReadScript
from bnnc.compiler.scripts.values import (
    Call,
    Function,
    Instance,
    Items,
    Known,
    Model,
    Tensor,
    Value,
)
from bnnc.compiler.text.source import Span
from bnnc.compiler.text.tree import Mapping, to_json

# BNN308 and BNN309 report these by themselves.
_ONE_HOT = "one_hot_categorical"
# `model.losses`, and not `keras.losses.Poisson`.
_LOSSES = re.compile(r"\.losses\b(?!\.)")
_TRAIN = frozenset({"fit", "train_on_batch", "apply_gradients", "load_weights", "set_weights"})
_ACCURACIES = frozenset({"acc", "accuracy"})


def traps(read: ReadScript) -> Iterator[Diagnostic]:
    """What is found of them in a script."""
    of_tfp = (one for one in read.layers if one.call.function.startswith("tfp.layers."))
    layer = next((one.call.function_span for one in of_tfp), None)
    if layer is not None:
        yield from _of_kl(read, layer)
        yield from _of_keras_3(read, layer)
        yield from _of_predictions(read, layer)
    yield from _of_pixels(read)
    if read.loss is not None and read.loss.swapped is not None:
        yield arguments_of_the_loss_swapped(read.loss.swapped)
    dropout = [one for one in read.layers if "Dropout" in one.call.function]
    if layer is None and dropout and not any(one.method for one in read.layers):
        yield from _of_draws(read, dropout[0].call.function_span)
    if read.loss is not None and read.loss.maximised is not None:
        score = "log_prob" if read.loss.type == "negative_log_likelihood" else "loss"
        yield loss_of_the_wrong_sign(read.loss.maximised, score)
    if read.distribution is not None and read.model is not None:
        yield from _of_distribution(read, read.model)
        yield from _of_scale(read, read.model)
        yield from _of_parameters(read, read.distribution)


def _of_pixels(read: ReadScript) -> Iterator[Diagnostic]:
    images = None if read.feed is None else read.feed.images
    pixels = pixels_of(images, read.calls)
    if images is None or pixels is None:
        return
    if not pixels.scalings:
        call = None if read.feed is None else read.feed.fitted
        place = images.span if call is None else call.keyword_spans.get("x", call.span)
        yield pixels_that_are_not_scaled(place, pixels.end)
    elif len(pixels.scalings) > 1:
        first, second, *_ = sorted(pixels.scalings, key=lambda one: one.start)
        yield pixels_scaled_twice(second, first)


def _of_kl(read: ReadScript, layer: Span) -> Iterator[Diagnostic]:
    calls = read.evaluation.calls
    steps = [one for one in calls if one.function == ".gradient"]
    if steps and not _LOSSES.search(read.code.text) and not any(map(_adds_losses, calls)):
        yield kl_never_added(steps[0].span, layer)
    for model in read.evaluation.models:
        for compiled in model.compiled:
            loss = compiled.argument("loss", 2)
            if isinstance(loss, Function) and _names_losses(loss):
                yield kl_added_twice(compiled.keyword_spans.get("loss", loss.span), layer)

    for call in calls:
        if call.function != ".add_loss" or len(call.args) < 2:
            continue
        added = call.args[1]
        is_sum = isinstance(added, Call) and any(
            isinstance(one, Call) and one.function == ".losses" for one in (added, *added.args)
        )
        if is_sum or (isinstance(added, Function) and _names_losses(added)):
            yield kl_added_twice(call.span, layer)


def _adds_losses(call: Call) -> bool:
    """Whether Keras adds the losses of the layers: `fit` without a `train_step` of the script."""
    owner = call.args[0] if call.args else None
    is_own = isinstance(owner, Instance) and owner.of.method("train_step") is not None
    return call.function == ".compute_loss" or (call.function == ".fit" and not is_own)


def _names_losses(function: Function) -> bool:
    """Whether a function names `model.losses`; `keras.losses.mse` is none of them."""
    nodes = list(ast.walk(function.node))
    modules = {id(node.value) for node in nodes if isinstance(node, ast.Attribute)}
    return any(
        isinstance(node, ast.Attribute) and node.attr == "losses" and id(node) not in modules
        for node in nodes
    )


def _of_keras_3(read: ReadScript, layer: Span) -> Iterator[Diagnostic]:
    imports = read.evaluation.imports
    text = read.code.text
    if "tf_keras" in imports or "TF_USE_LEGACY_KERAS" in text or read.model is None:
        return
    place = imports.get("keras") or imports.get("tensorflow")
    if place is not None:
        yield tfp_layers_under_keras_3(place, layer)


def _of_predictions(read: ReadScript, layer: Span) -> Iterator[Diagnostic]:
    if read.distribution is not None:
        return
    calls = [
        one
        for one in read.evaluation.calls
        if one.function == ".predict" and isinstance(one.args[0], Model | Instance)
    ]
    places = {one.span for one in calls}
    if len(calls) == 1 and not _in_a_loop(read.code, calls[0]):
        yield one_prediction_of_a_random_model(next(iter(places)), layer)


def _in_a_loop(code: Code, call: Call) -> bool:
    """Whether a call is inside of a loop or of a comprehension."""
    before = next(start for start, source in code.parts if source is call.span.source)
    line = before + call.span.position[0]
    loops = (ast.For, ast.While, ast.ListComp, ast.GeneratorExp, ast.SetComp)
    return any(
        isinstance(node, loops) and node.lineno <= line <= (node.end_lineno or node.lineno)
        for node in ast.walk(code.tree)
    )


def _of_draws(read: ReadScript, dropout: Span) -> Iterator[Diagnostic]:
    """Predictions of the same images that are repeated, without a training between them."""
    predicted = {
        one.span: one
        for one in read.evaluation.calls
        if one.function == ".predict" and isinstance(one.args[0], Model | Instance)
    }
    for node in ast.walk(read.code.tree):
        bodies: Sequence[ast.AST]
        match node:
            case ast.ListComp(elt=ast.expr() as body, generators=[ast.comprehension() as over]):
                changed, bodies = _names_in(over.target), [body]
            case ast.For(target=target, body=statements):
                changed, bodies = _names_in(target), statements
            case _:
                continue
        inside = [inner for one in bodies for inner in ast.walk(one)]
        changed |= {
            one.id for one in inside if isinstance(one, ast.Name) and isinstance(one.ctx, ast.Store)
        }
        if any(isinstance(one, ast.Attribute) and one.attr in _TRAIN for one in inside):
            continue
        for one in inside:
            found = predicted.get(read.evaluation.spans.of(one)) if _is_call(one) else None
            if found is not None and not _names_in(one) & changed:
                yield draws_without_dropout(found.span, dropout)
                return


def _is_call(node: ast.AST) -> TypeGuard[ast.Call]:
    return isinstance(node, ast.Call)


def _names_in(node: ast.AST) -> set[str]:
    """The names in an expression."""
    return {one.id for one in ast.walk(node) if isinstance(one, ast.Name)}


def _of_scale(read: ReadScript, model: Model) -> Iterator[Diagnostic]:
    found = read.distribution
    assert found is not None
    last = read.layers[-1] if read.layers else None
    if found.bare_scale is not None and last is not None and isinstance(last.node, Mapping):
        activation = last.node.entry("activation")
        if activation is None or to_json(activation.value) in ("linear", "tanh"):
            yield scale_that_can_be_negative(found.bare_scale, last.call.function_span)
    has_own_step = any(one.function == ".gradient" for one in read.evaluation.calls)
    made = read.evaluation.globals.names.values()
    if found.variable is None or has_own_step or any(isinstance(one, Instance) for one in made):
        return  # a variable that is an attribute of a layer or a model is tracked
    for fitted in model.fitted[-1:]:
        yield scale_that_is_not_trained(found.variable, fitted.function_span)


def _of_parameters(read: ReadScript, found: Distribution) -> Iterator[Diagnostic]:
    if found.parameterization not in ("probs", "logits"):
        return
    for one in read.evaluation.parameters:
        name = one.function[1:]
        match one.args:
            case (Tensor(layer=Model()),) if name != found.parameterization:
                given = found.parameterization
                yield parameter_that_is_none(one.span, name, given, found.parameter_span)


def _of_distribution(read: ReadScript, model: Model) -> Iterator[Diagnostic]:
    found, loss = read.distribution, read.loss
    assert found is not None
    keras_loss = loss is not None and loss.type not in (None, "negative_log_likelihood")
    # The mean or the mode is what losses and metrics may take.
    is_random = found.is_sampled
    # A sample with noise of a fixed scale has the gradient of its mean, with noise.
    is_fixed = found.scale is not None and found.scale.value != "learned"
    if is_random and loss is not None and keras_loss and found.name != _ONE_HOT and not is_fixed:
        is_discrete = found.name not in ("normal", "student_t")
        yield keras_loss_of_a_distribution(loss.span, found.name_span, is_discrete=is_discrete)
    for compiled in model.compiled:
        metrics = compiled.argument("metrics", 3)
        if is_random and isinstance(metrics, Items) and any(map(_is_accuracy, metrics.items)):
            place = compiled.keyword_spans.get("metrics", metrics.span)
            yield accuracy_of_a_distribution(place, found.name_span)
    if found.name == "categorical" and not keras_loss:
        labels = None if read.feed is None else read.feed.labels
        if isinstance(labels, Call) and labels.function.startswith("keras.datasets.cifar"):
            call = read.feed.fitted if read.feed is not None else None
            given = labels.span if call is None else call.keyword_spans.get("y", labels.span)
            yield labels_of_rank_two(given, found.name_span)


def _is_accuracy(value: Value) -> bool:
    return isinstance(value, Known) and value.value in _ACCURACIES
