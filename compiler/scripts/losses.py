"""What a script minimises: the loss of `compile`, or that of a hand-written training step."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, replace

from bnnc.compiler.scripts.datasets import Feed
from bnnc.compiler.scripts.evaluate import Evaluation
from bnnc.compiler.scripts.outputs import Distribution, of_call, output_of
from bnnc.compiler.scripts.values import (
    Call,
    Function,
    Known,
    Model,
    Reference,
    Tensor,
    Unknown,
    Value,
)
from bnnc.compiler.text.source import Span

_NLL = "negative_log_likelihood"
_LOSSES = {
    "categoricalcrossentropy": "categorical_crossentropy",
    "sparsecategoricalcrossentropy": "sparse_categorical_crossentropy",
    "binarycrossentropy": "binary_crossentropy",
    "meansquarederror": "mean_squared_error",
    "mse": "mean_squared_error",
    "poisson": "poisson",
    "nll": _NLL,
    "negloglik": _NLL,
}
# Losses of real numbers that a spec does not have: they are checked as the squared error is.
_OF_REAL_NUMBERS = {
    "mae": "mean_absolute_error",
    "meanabsoluteerror": "mean_absolute_error",
    "mape": "mean_absolute_percentage_error",
    "meanabsolutepercentageerror": "mean_absolute_percentage_error",
    "msle": "mean_squared_logarithmic_error",
    "meansquaredlogarithmicerror": "mean_squared_logarithmic_error",
    "huber": "huber",
    "huberloss": "huber",
    "logcosh": "log_cosh",
}
_OF_TENSORFLOW = {
    "tf.nn.sparse_softmax_cross_entropy_with_logits": "sparse_categorical_crossentropy",
    "tf.nn.softmax_cross_entropy_with_logits": "categorical_crossentropy",
    "tf.nn.sigmoid_cross_entropy_with_logits": "binary_crossentropy",
}
# Functions whose result has the sign of their first argument.
_KEEP_SIGN = frozenset(
    {
        *("tf.reduce_mean", "tf.reduce_sum", "tf.math.reduce_mean", "tf.math.reduce_sum"),
        *("tf.cast", "tf.squeeze", "tf.nn.compute_average_loss", "keras.ops.mean"),
        *("keras.ops.sum", "np.mean", "np.sum", "tf.identity", "tf.convert_to_tensor"),
    }
)
# Arguments of Keras's losses that a spec says, or that change nothing.
_ARGUMENTS = frozenset({"from_logits", "label_smoothing", "name", "axis", "y_true", "y_pred"})
_NEGATE = frozenset({"tf.negative", "tf.math.negative", "keras.ops.negative", "np.negative"})
_MAX_DEPTH = 40


@dataclass(frozen=True, slots=True)
class Loss:
    """A loss: its type in a spec, and what the script says about it.

    Attributes:
        type: None if it is not known.
        from_logits: what Keras is told, at `logits_span`.
        written: the name in Keras, where a spec has another loss for it.
        distribution: one that the loss itself makes of the model's output.
        maximised: the place of a loss whose sign is wrong.
        swapped: the place of a loss that takes the prediction first.
        smoothing: `label_smoothing`, and its place.
        left_out: arguments that a spec does not have.
    """

    type: str | None
    span: Span
    from_logits: bool = False
    logits_span: Span | None = None
    written: str | None = None
    distribution: Distribution | None = None
    maximised: Span | None = None
    swapped: Span | None = None
    smoothing: tuple[Known, Span] | None = None
    left_out: tuple[tuple[str, Span], ...] = ()


def loss_of(model: Model, evaluation: Evaluation, feed: Feed | None) -> Loss | None:
    """The loss that a model is compiled with, or that a training step takes the gradient of."""
    for call in reversed(model.compiled[-1:]):
        value = call.argument("loss", 2)
        if value is None:
            return _of_steps(evaluation)
        place = call.keyword_spans.get("loss", value.span)
        if isinstance(value, Function):
            return _of_function(value, place, evaluation, feed)
        return _of_value(value, place)
    return _of_steps(evaluation)


def _of_value(value: Value, place: Span) -> Loss:
    match value:
        case Known() if isinstance(value.value, str):
            return _named(value.value, place)
        case Reference():
            return _named(value.name.rpartition(".")[2], place)
        case Call():
            return _of_call(value, place)
    return Loss(None, place)


def _named(name: str, place: Span) -> Loss:
    plain = _plain(name)
    if plain in _OF_REAL_NUMBERS:
        return Loss("mean_squared_error", place, written=_OF_REAL_NUMBERS[plain])
    return Loss(_LOSSES.get(plain), place)


def _of_call(call: Call, place: Span) -> Loss:
    """A loss of Keras that is made, or called, with arguments."""
    told = call.argument("from_logits")
    if told is not None and not isinstance(told, Known):
        return Loss(None, place)
    found = _named(call.function.rpartition(".")[2], place)
    is_logits = isinstance(told, Known) and bool(told.value)
    where = call.keyword_spans.get("from_logits")
    smoothing = call.keywords.get("label_smoothing")
    is_smooth = isinstance(smoothing, Known) and smoothing.value
    return replace(
        found,
        from_logits=is_logits,
        logits_span=where,
        smoothing=(smoothing, call.keyword_spans.get("label_smoothing", smoothing.span))
        if isinstance(smoothing, Known) and is_smooth
        else None,
        left_out=tuple(
            (key, span) for key, span in call.keyword_spans.items() if key not in _ARGUMENTS
        ),
    )


def _of_function(
    function: Function, place: Span, evaluation: Evaluation, feed: Feed | None
) -> Loss:
    """A function of labels and an output: what it returns for the output of the model."""
    labels = feed.labels if feed is not None else None
    given = labels or Unknown("labels of the loss", place)
    value = evaluation.apply(function, (given, output_of(place)), {}, place)
    found = _of_terms(value, place)
    if found is not None:
        return found
    for _, term in _terms(value, 1):
        match term:
            case Call(function=".log_prob", args=(first, Tensor(), *_)) if first == given:
                return Loss(_NLL, place, swapped=term.span)
    names = {node.attr for node in ast.walk(function.node) if isinstance(node, ast.Attribute)}
    return Loss(_NLL if "log_prob" in names else None, place)


def _of_steps(evaluation: Evaluation) -> Loss | None:
    """The loss of a `GradientTape`; None if there is none that is followed."""
    for call in reversed(evaluation.calls):
        if call.function == ".gradient" and len(call.args) > 1:
            found = _of_terms(call.args[1], None)
            if found is not None:
                return found if _is_applied(call, evaluation) else _without_sign(found)
    return None


def _is_applied(gradient: Call, evaluation: Evaluation) -> bool:
    """Whether an optimizer gets the gradients as they are, and not their negatives."""
    for call in evaluation.calls:
        pairs = call.argument("grads_and_vars", 1) if call.function == ".apply_gradients" else None
        if isinstance(pairs, Call) and pairs.function == "zip" and pairs.args[:1] == (gradient,):
            return True
    return False


def _without_sign(loss: Loss) -> Loss:
    return replace(loss, maximised=None)


def _of_terms(value: Value, place: Span | None) -> Loss | None:
    """The term of a sum that scores the output of the model."""
    for sign, term in _terms(value, 1):
        found: Loss | None = None
        match term:
            case Tensor(layer=Call() as made, inputs=(_, output, *_)) if _is_loss(made):
                found = _of_call(made, place or term.span) if _is_output(output) else None
            case Call() if term.function in _OF_TENSORFLOW:
                scored = term.argument("logits", 1)
                if scored is not None and _is_output(scored):
                    kind, name = _OF_TENSORFLOW[term.function], term.function_span
                    found = Loss(kind, place or term.span, True, name)
            case Call(args=(_, output, *_)) if _is_loss(term) and _is_output(output):
                found = _of_call(term, place or term.span)
            case Call(function=".log_prob", args=(Tensor(), *_)):
                found, sign = Loss(_NLL, place or term.span), -sign
            case Call(function=".log_prob", args=(Call() as made, *_)):
                distribution = of_call(made)
                if distribution is not None and _is_of_output(made):
                    span = place or term.span
                    found, sign = Loss(_NLL, span, distribution=distribution), -sign
        if found is not None and sign >= 0:
            return found
        if found is not None:
            return replace(found, maximised=term.span)
    return None


def _terms(value: Value, sign: int, depth: int = 0) -> Iterator[tuple[int, Value]]:
    """The terms of a sum, each with its sign; 0 where the sign is not known."""
    if depth > _MAX_DEPTH:
        return
    match value:
        case Call(function="-", args=(inner,)):
            yield from _terms(inner, -sign, depth + 1)
        case Call(function="+" | "-", args=(left, right)):
            yield from _terms(left, sign, depth + 1)
            yield from _terms(right, sign if value.function == "+" else -sign, depth + 1)
        case Call(function="*" | "/", args=(left, right)):
            if value.function == "*" and isinstance(left, Known):
                left, right = right, left
            yield from _terms(left, sign * _sign_of(right), depth + 1)
            if value.function == "*" and not isinstance(right, Known):
                yield from _terms(right, 0, depth + 1)
        case Call(args=(inner, *_)) if value.function in _NEGATE:
            yield from _terms(inner, -sign, depth + 1)
        case Call(args=(inner, *_)) if value.function in _KEEP_SIGN:
            yield from _terms(inner, sign, depth + 1)
        case _:
            yield sign, value


def _sign_of(factor: Value) -> int:
    number = factor.value if isinstance(factor, Known) else None
    if not isinstance(number, int | float):
        return 0
    return (number > 0) - (number < 0)


def _is_loss(made: Call) -> bool:
    return made.function.startswith(("keras.losses.", "keras.metrics.", "keras.backend."))


def _is_output(value: Value) -> bool:
    return isinstance(value, Tensor) and not (
        isinstance(value.layer, Call) and _is_loss(value.layer)
    )


def _is_of_output(made: Call) -> bool:
    """Whether a distribution is made of the output of the model as it is."""
    given = [*made.args, *made.keywords.values()]
    inner = [one for one in given if isinstance(one, Call) and one.function.startswith("tfp.")]
    return any(map(_is_output, given)) or any(map(_is_of_output, inner))


def _plain(name: str) -> str:
    return "".join(sign for sign in name.lower() if sign.isalnum())
