"""The output distribution of a script: its last layer, its loss, and its labels."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass

from bnnc.compiler.scripts.evaluate import Evaluation
from bnnc.compiler.scripts.values import (
    Call,
    Function,
    Known,
    Model,
    Reference,
    Tensor,
    Value,
)
from bnnc.compiler.text.source import Span

_DISTRIBUTIONS: Mapping[str, str] = {
    "Categorical": "categorical",
    "OneHotCategorical": "one_hot_categorical",
    "Bernoulli": "bernoulli",
    "Normal": "normal",
    "StudentT": "student_t",
    "Poisson": "poisson",
    "RelaxedOneHotCategorical": "relaxed_one_hot_categorical",
}
_LAYERS: Mapping[str, tuple[str, str]] = {
    "tfp.layers.OneHotCategorical": ("one_hot_categorical", "logits"),
    "tfp.layers.CategoricalMixtureOfOneHotCategorical": ("one_hot_categorical", "logits"),
    "tfp.layers.IndependentBernoulli": ("independent_bernoulli", "logits"),
    "tfp.layers.IndependentNormal": ("normal", "loc_and_unconstrained_scale"),
    "tfp.layers.IndependentPoisson": ("poisson", "log_rate"),
}
_LOSSES = {
    "categoricalcrossentropy": "categorical_crossentropy",
    "sparsecategoricalcrossentropy": "sparse_categorical_crossentropy",
    "binarycrossentropy": "binary_crossentropy",
    "meansquarederror": "mean_squared_error",
    "mse": "mean_squared_error",
    "poisson": "poisson",
    "nll": "negative_log_likelihood",
    "negloglik": "negative_log_likelihood",
}


@dataclass(frozen=True, slots=True)
class Distribution:
    """The distribution of a layer of tfp.layers, and what its numbers are read as."""

    name: str
    parameterization: str
    name_span: Span
    parameter_span: Span
    activation: str = "linear"
    scale: Known | None = None


@dataclass(frozen=True, slots=True)
class Loss:
    """The loss of `compile`; `from_logits` is what Keras is told, None where it is not."""

    type: str | None
    span: Span
    from_logits: bool = False
    logits_span: Span | None = None


def distribution_of(call: Call, evaluation: Evaluation) -> Distribution | None:
    """The distribution of a layer; None if the layer gives none that is known."""
    if call.function in _LAYERS:
        name, parameterization = _LAYERS[call.function]
        return Distribution(name, parameterization, call.function_span, call.function_span)
    if call.function != "tfp.layers.DistributionLambda":
        return None
    if call.argument("convert_to_tensor_fn", 1) is not None:
        return None  # the model gives a tensor of the distribution
    make = call.argument("make_distribution_fn", 0)
    if isinstance(make, Function):
        make = evaluation.apply(make, (_output(call),), {}, call.span)
    elif isinstance(make, Reference):
        make = Call(make.name, (_output(call),), {}, make.span, make.span, {})
    return _of_call(make) if isinstance(make, Call) else None


def _output(call: Call) -> Tensor:
    """The output of the layer before one of a distribution."""
    return Tensor(Call("t", (), {}, call.span, call.span, {}), (), call.span)


def _of_call(made: Call) -> Distribution | None:
    name = made.function.removeprefix("tfp.distributions.")
    if name == "Independent":
        inner = made.argument("distribution", 0)
        found = _of_call(inner) if isinstance(inner, Call) else None
        if found is not None and found.name == "bernoulli":
            return Distribution(
                "independent_bernoulli",
                found.parameterization,
                found.name_span,
                found.parameter_span,
                found.activation,
            )
        return found
    if name not in _DISTRIBUTIONS:
        return None
    parameters = ("logits", "probs") if "ical" in name or name == "Bernoulli" else ("loc", "scale")
    if name == "Poisson":
        parameters = ("rate", "log_rate")
    for position, parameter in enumerate(parameters):
        value = made.argument(parameter, position)
        if value is None or (isinstance(value, Known) and value.value is None):
            continue
        place = made.keyword_spans.get(parameter, value.span)
        scale = made.argument("scale", 1) if parameter == "loc" else None
        if scale is not None and not isinstance(scale, Known) and not _is_output(scale):
            return None  # a number that is not known
        said = (
            "loc_and_unconstrained_scale"
            if parameter == "loc" and _is_output(made.argument("scale", 1))
            else parameter
        )
        return Distribution(_DISTRIBUTIONS[name], said, made.function_span, place, _applied(value))
    return None


def _is_output(value: Value | None, depth: int = 0) -> bool:
    """Whether a value is made of the output of the model."""
    if isinstance(value, Tensor):
        return True
    if not isinstance(value, Call) or depth > 8:
        return False
    return any(_is_output(one, depth + 1) for one in value.args[:4])


def _applied(value: Value) -> str:
    """The activation that a distribution's argument goes through: `softmax(t)`."""
    name = value.function.rpartition(".")[2] if isinstance(value, Call) else ""
    name = "exponential" if name == "exp" else name
    return name if name in ("softmax", "sigmoid", "softplus", "exponential") else "linear"


def loss_of(model: Model) -> Loss | None:
    """The loss that a model is compiled with."""
    if not model.compiled:
        return None
    call = model.compiled[-1]
    value = call.argument("loss", 2)
    if value is None:
        return None
    place = call.keyword_spans.get("loss", value.span)
    match value:
        case Known() if isinstance(value.value, str):
            return Loss(_LOSSES.get(_plain(value.value)), place)
        case Reference():
            return Loss(_LOSSES.get(_plain(value.name.rpartition(".")[2])), place)
        case Call():
            told = value.argument("from_logits")
            if told is not None and not isinstance(told, Known):
                return Loss(None, place)
            is_logits = isinstance(told, Known) and bool(told.value)
            name = _LOSSES.get(_plain(value.function.rpartition(".")[2]))
            return Loss(name, place, is_logits, value.keyword_spans.get("from_logits"))
        case Function():
            return Loss("negative_log_likelihood" if _is_likelihood(value) else None, place)
    return Loss(None, place)


def _is_likelihood(function: Function) -> bool:
    """Whether a function of labels and a distribution returns `-distribution.log_prob(labels)`."""
    return any(
        isinstance(node, ast.Attribute) and node.attr == "log_prob"
        for node in ast.walk(function.node)
    )


def _plain(name: str) -> str:
    return "".join(sign for sign in name.lower() if sign.isalnum())


def encoding_of(labels: Value | None) -> tuple[str, Span] | None:
    """How labels are encoded: `one_hot` after `to_categorical`, `integer` as a data set has them."""
    match labels:
        case Call() if labels.function in (
            "keras.utils.to_categorical",
            "tf.one_hot",
            "keras.ops.one_hot",
            "np.eye",
        ):
            return "one_hot", labels.function_span
        case Call() if labels.function.startswith("keras.datasets."):
            return ("integer" if labels.function.endswith("[1]") else "unknown"), labels.span
        case Call() if (
            labels.function in (".astype", ".reshape", ".flatten", ".squeeze", "tf.cast", "[:]")
            and labels.args
        ):
            return encoding_of(labels.args[0])
        case Call() if labels.function == "[]" and labels.args and isinstance(labels.args[0], Call):
            if labels.args[0].function == "np.eye":
                return "one_hot", labels.span
    return None
