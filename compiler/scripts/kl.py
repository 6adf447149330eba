"""The weight of the KL in a script: what `kernel_divergence_fn` multiplies and divides by."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from bnnc.compiler.scripts.datasets import count_of
from bnnc.compiler.scripts.evaluate import Evaluation
from bnnc.compiler.scripts.layers import has_bias_posterior
from bnnc.compiler.scripts.values import Call, Function, Known, Reference, Unknown, Value
from bnnc.compiler.text.source import Span

_MAX_DEPTH = 40
_CASTS = frozenset(
    {
        *("tf.cast", "tf.constant", "tf.convert_to_tensor", "float", "int"),
        *("np.float32", "np.float64", "tf.float32", "keras.ops.cast"),
    }
)
_SUMS = frozenset({"sum", "tf.add_n", "tf.math.add_n", "tf.reduce_sum", "tf.math.reduce_sum"})
_KEEP_ROWS = frozenset({".astype", "/", "-", "*", "tf.cast", "tf.constant", ".reshape"})
Weight = float | Literal["per_example"]
Part = Literal["kernel", "bias"]


@dataclass(frozen=True, slots=True)
class KLWeight:
    """What the KL of a layer is multiplied by; None where it is not known."""

    weight: Weight | None
    span: Span


def weights_of(layer: Call, evaluation: Evaluation, images: Value | None) -> list[KLWeight]:
    """The weights of a layer of tfp.layers: of the KL of its kernel, and of that of its bias."""
    has_bias = has_bias_posterior(layer) and not layer.function.endswith("DenseVariational")
    parts: tuple[Part, ...] = ("kernel", "bias") if has_bias else ("kernel",)
    return [_weight_of(layer, part, evaluation, images) for part in parts]


def place_of_bias(layer: Call) -> Span:
    """Where a layer of tfp.layers is given the posterior of its bias."""
    posterior = layer.argument("bias_posterior_fn")
    own = layer.function_span if posterior is None else posterior.span
    return layer.keyword_spans.get("bias_posterior_fn", own)


def _weight_of(layer: Call, part: Part, evaluation: Evaluation, images: Value | None) -> KLWeight:
    """The weight of a KL: 1 where nothing divides it.

    The number of rows of `images`, which are trained on, is `per_example`.
    """
    is_variational = layer.function.endswith("DenseVariational")
    told = layer.argument("kl_weight", 3 if is_variational else None)
    if told is not None:
        return KLWeight(_number(told, images), layer.keyword_spans.get("kl_weight", told.span))
    name = f"{part}_divergence_fn"
    value = layer.argument(name)
    if value is None:
        return KLWeight(1.0, place_of_bias(layer) if part == "bias" else layer.function_span)
    place = layer.keyword_spans.get(name, layer.function_span)
    if not isinstance(value, Function):
        return KLWeight(None, place)
    distributions = tuple(Unknown("", layer.span) for _ in value.node.args.args)
    divergence = evaluation.apply(value, distributions, {}, layer.span)
    return KLWeight(_factor(divergence, images), place)


def weight_of_step(evaluation: Evaluation, images: Value | None) -> KLWeight | None:
    """What a hand-written training step multiplies `model.losses` by; None if it is not shown."""
    for call in reversed(evaluation.calls):
        if call.function == ".gradient" and len(call.args) > 1:
            found = _of_sum(call.args[1], images)
            if found is not None:
                return found
    return None


def _of_sum(value: Value, images: Value | None, depth: int = 0) -> KLWeight | None:
    """The term of a sum that has `model.losses`, with its factor."""
    if depth > _MAX_DEPTH:
        return None
    match value:
        case Call(function="+", args=terms):
            found = (_of_sum(one, images, depth + 1) for one in terms)
            return next((one for one in found if one is not None), None)
        case Call(function="-", args=(left, _)):
            return _of_sum(left, images, depth + 1)
        case Call(function="tf.reduce_mean" | "tf.math.reduce_mean", args=(Call() as inner, *_)):
            # The KL is one number: the mean over the rows leaves it as it is.
            return None if inner.function == ".losses" else _of_sum(inner, images, depth + 1)
    factor = _factor(value, images)
    return None if factor is None else KLWeight(factor, value.span)


def product(of_layer: Weight | None, of_step: Weight | None, rows: int | None) -> Weight | None:
    """The weight of a KL that a layer and a training step multiply."""
    if of_layer is None or of_step is None:
        return None
    if 1.0 in (of_layer, of_step):
        return of_layer if of_step == 1.0 else of_step
    if rows is None and "per_example" in (of_layer, of_step):
        return None
    numbers = [1 / rows if isinstance(one, str) and rows else one for one in (of_layer, of_step)]
    left, right = (one for one in numbers if isinstance(one, float))
    return left * right


def _factor(value: Value, images: Value | None) -> Weight | None:
    """What a divergence is multiplied by in an expression such as `kl(q, p) / N`."""
    match value:
        case Call(function="/", args=(inner, divisor)):
            factor, number = _factor(inner, images), _number(divisor, images)
            if number == "per_example":
                return "per_example" if factor == 1 else None
            if isinstance(factor, float) and isinstance(number, float) and number:
                return factor / number
        case Call(function="*", args=(left, right)):
            if isinstance(_number(left, images), str | float):
                left, right = right, left
            factor, number = _factor(left, images), _number(right, images)
            if factor == 1 and number is not None:
                return number
            if isinstance(factor, float) and isinstance(number, float):
                return factor * number
        case Call(function="tf.cast" | "tf.reduce_sum", args=(inner, *_)):
            return _factor(inner, images)
        case Call(args=(Call(function=".losses"), *_)) if value.function in _SUMS:
            return 1.0
        case Call() if value.function.startswith("tfp.") or value.function == ".kl_divergence":
            return 1.0
    return None


def _number(value: Value, images: Value | None) -> Weight | None:
    """A number, or `per_example` for the number of rows: `len(x_train)`, `x_train.shape[0]`.

    As a factor, 1 over the number of rows is `per_example` too.
    """
    match value:
        case Known() if isinstance(value.value, int | float):
            return float(value.value)
        case Call(args=(inner, *_)) if value.function in _CASTS:
            return _number(inner, images)
        case Call(function="/", args=(Known(value=1 | 1.0), divisor)):
            number = _number(divisor, images)
            return 1 / number if isinstance(number, float) and number else number
        case (
            Call(function="len", args=(rows,))
            | Call(function="[]", args=(Call(function=".shape", args=(rows,)), Known(value=0)))
        ):
            counted = count_of(value)
            if counted is not None:
                return float(counted)
            return "per_example" if _is_data(rows) or _is_same(rows, images) else None
    return None


def _is_same(rows: Value, images: Value | None) -> bool:
    """Whether two values are of one array that the script does not show."""
    first, second = _root(rows), _root(images)
    if isinstance(first, Reference) and isinstance(second, Reference):
        return first.name == second.name
    return first is not None and first is second


def _root(value: Value | None) -> Value | None:
    """An array without what casts or scales it."""
    while isinstance(value, Call) and value.function in _KEEP_ROWS and value.args:
        value = value.args[0]
    return value


def _is_data(value: Value) -> bool:
    """Whether a value is an array of a data set, however it is cast or scaled."""
    while isinstance(value, Call):
        if value.function.startswith("keras.datasets."):
            return True
        if not value.args:
            return False
        value = value.args[0]
    return False
