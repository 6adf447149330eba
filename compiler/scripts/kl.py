"""The weight of the KL in a script: what `kernel_divergence_fn` divides by."""

from __future__ import annotations

from dataclasses import dataclass

from bnnc.compiler.scripts.evaluate import Evaluation
from bnnc.compiler.scripts.values import Call, Function, Known, Unknown, Value
from bnnc.compiler.text.source import Span


@dataclass(frozen=True, slots=True)
class KLWeight:
    """What the KL of a layer is multiplied by; `divisor` is None where it is not known."""

    weight: float | None
    span: Span


def weight_of(layer: Call, evaluation: Evaluation) -> KLWeight:
    """The weight of a layer of tfp.layers: 1 where nothing divides its KL."""
    value = layer.argument("kernel_divergence_fn")
    place = layer.keyword_spans.get("kernel_divergence_fn", layer.function_span)
    told = layer.argument("kl_weight")
    if told is not None:
        known = told.value if isinstance(told, Known) else None
        weight = float(known) if isinstance(known, int | float) else None
        return KLWeight(weight, layer.keyword_spans.get("kl_weight", told.span))
    if value is None:
        return KLWeight(1.0, layer.function_span)
    if not isinstance(value, Function):
        return KLWeight(None, place)
    unknown = [Unknown("", layer.span) for _ in value.node.args.args]
    factor = _factor(evaluation.apply(value, tuple(unknown), {}, layer.span))
    return KLWeight(factor, place)


def _factor(value: Value) -> float | None:
    """What a divergence is multiplied by in an expression such as `kl(q, p) / N`."""
    match value:
        case Call(function="/", args=(inner, Known(value=number))) if (
            isinstance(number, int | float) and number
        ):
            factor = _factor(inner)
            return None if factor is None else factor / number
        case Call(
            function="*", args=(Known(value=number), inner) | (inner, Known(value=number))
        ) if isinstance(number, int | float):
            factor = _factor(inner)
            return None if factor is None else factor * number
        case Call() if value.function in (
            "tfp.distributions.kl_divergence",
            "keras.losses.kl_divergence",
        ):
            return 1.0
        case Call() if value.function.startswith("tfp.") or value.function == ".kl_divergence":
            return 1.0
        case Call(function="tf.cast", args=(inner, *_)):
            return _factor(inner)
    return None
