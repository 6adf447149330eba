"""The scale of a prior of tfp.layers, where it is a normal distribution around 0."""

from __future__ import annotations

from collections.abc import Sequence

from bnnc.compiler.scripts.evaluate import Evaluation
from bnnc.compiler.scripts.values import Call, Function, Items, Known, Model, Unknown, Value
from bnnc.compiler.text.source import Span

STANDARD = "tfp.layers.default_multivariate_normal_fn"
_NORMALS = frozenset(
    {
        *("tfp.distributions.Normal", "tfp.distributions.MultivariateNormalDiag"),
        "tfp.distributions.MultivariateNormalIdentityCovariance",
    }
)
_MAX_DEPTH = 8


def prior_of(layer: Call) -> tuple[Value, str, Span] | None:
    """What makes the prior of a layer, the argument, and its place; None for TFP's default."""
    name = "make_prior_fn" if layer.function.endswith("DenseVariational") else "kernel_prior_fn"
    value = layer.argument(name, 2 if name == "make_prior_fn" else None)
    if value is None or getattr(value, "name", None) == STANDARD:
        return None
    return value, name, layer.keyword_spans.get(name, value.span)


def scale_of(make: Value, evaluation: Evaluation, span: Span) -> float | None:
    """The scale of a prior; None if it is trained, another distribution, or not known."""
    for _ in range(_MAX_DEPTH):
        match make:
            case Function():
                # Sizes, types and names, which change no scale; for the priors of DenseVariational
                # the function that gives the distribution comes out.
                unknown = Unknown("an argument of the prior", span)
                names = make.node.args.args[len(make.node.args.defaults) :]
                given = tuple(unknown for _ in names)
                make = evaluation.apply(make, given if make.bound is None else given[1:], {}, span)
            case Model(layers=[Call(function="tfp.layers.DistributionLambda") as last]):
                make = last.argument("make_distribution_fn", 0) or last
            case Call(function="tfp.distributions.Independent"):
                make = make.argument("distribution", 0) or make
            case Call() if make.function in _NORMALS:
                return _of_normal(make)
            case _:
                return None
    return None


def _of_normal(made: Call) -> float | None:
    name = "scale_diag" if made.function.endswith("Diag") else "scale"
    scale = made.argument(name, 1)
    loc = made.argument("loc", 0)
    if loc is not None and _filled(loc) != 0:
        return None
    return 1.0 if scale is None and name == "scale_diag" else _filled(scale)


def _filled(value: Value | None) -> float | None:
    """A number, or the one that a whole tensor is filled with."""
    match value:
        case Known() if isinstance(value.value, int | float):
            return float(value.value)
        case Call() if value.function.endswith((".zeros", ".zeros_like")):
            return 0.0
        case Call() if value.function.endswith((".ones", ".ones_like")):
            return 1.0
        case Call(function="tf.fill", args=(_, inner, *_)):
            return _filled(inner)
        case Call(function="*", args=(left, right)):
            numbers = (_filled(left), _filled(right))
            return None if None in numbers else _product(numbers)
        case Call(function="tf.constant" | "tf.cast", args=(inner, *_)):
            return _filled(inner)
        case Items(items=(first, *others)):
            number = _filled(first)
            return number if all(_filled(one) == number for one in others) else None
    return None


def _product(numbers: Sequence[float | None]) -> float:
    left, right = (one or 0.0 for one in numbers)
    return left * right
