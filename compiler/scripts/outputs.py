"""The output distribution of a script: its last layer, its loss, and its labels."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from bnnc.compiler.scripts.evaluate import Evaluation
from bnnc.compiler.scripts.values import (
    Call,
    Function,
    Items,
    Known,
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
    "MultivariateNormalDiag": "normal",
    "StudentT": "student_t",
    "Poisson": "poisson",
    "RelaxedOneHotCategorical": "relaxed_one_hot_categorical",
}
# What the output may be given as, with the positions; of other distributions logits or probs.
_OF_CLASSES = {"logits": 0, "probs": 1}
_PARAMETERS: Mapping[str, Mapping[str, int]] = {
    "normal": {"loc": 0},
    "student_t": {"loc": 1},
    "poisson": {"rate": 0, "log_rate": 1},
    "relaxed_one_hot_categorical": {"logits": 1, "probs": 2},
}
# Functions of a number that is the same.
_OF_NUMBERS = frozenset({"tf.constant", "tf.cast", "tf.convert_to_tensor", "np.float32"})
# Parts of a tensor, and the same tensor of another shape or type.
_PARTS = frozenset(
    {"[]", "[:]", "tf.cast", "tf.squeeze", "tf.reshape", "tf.expand_dims", "tf.identity"}
)
_MAX_DEPTH = 8
# Labels of modules of `keras.datasets` that are no class numbers.
_LABELS = {"imdb": "binary", "boston_housing": "real", "california_housing": "real"}
_LAYERS: Mapping[str, tuple[str, str]] = {
    "tfp.layers.OneHotCategorical": ("one_hot_categorical", "logits"),
    "tfp.layers.CategoricalMixtureOfOneHotCategorical": ("one_hot_categorical", "logits"),
    "tfp.layers.IndependentBernoulli": ("independent_bernoulli", "logits"),
    "tfp.layers.IndependentNormal": ("normal", "loc_and_unconstrained_scale"),
    "tfp.layers.IndependentPoisson": ("poisson", "log_rate"),
}


@dataclass(frozen=True, slots=True)
class Distribution:
    """The distribution of a layer of tfp.layers, and what its numbers are read as.

    Attributes:
        bare_scale: a scale that is an output of the last layer as it is.
        variable: a scale that is made of a variable.
        is_sampled: whether Keras gets a sample where it asks for a tensor, as by default.
    """

    name: str
    parameterization: str
    name_span: Span
    parameter_span: Span
    activation: str = "linear"
    scale: Known | None = None
    bare_scale: Span | None = None
    variable: Span | None = None
    is_sampled: bool = True


def distribution_of(call: Call, evaluation: Evaluation) -> Distribution | None:
    """The distribution of a layer; None if the layer gives none that is known."""
    if call.function in _LAYERS:
        name, parameterization = _LAYERS[call.function]
        convert = call.argument("convert_to_tensor_fn")
        found = Distribution(name, parameterization, call.function_span, call.function_span)
        return replace(found, is_sampled=convert is None or _is_sample(convert))
    if call.function != "tfp.layers.DistributionLambda":
        return None
    convert = call.argument("convert_to_tensor_fn", 1)
    is_sampled = convert is None or _is_sample(convert)
    make = call.argument("make_distribution_fn", 0)
    if isinstance(make, Function):
        make = evaluation.apply(make, (output_of(call.span),), {}, call.span)
    elif isinstance(make, Reference):
        make = Call(make.name, (output_of(call.span),), {}, make.span, make.span, {})
    made = of_call(make) if isinstance(make, Call) else None
    return None if made is None else replace(made, is_sampled=is_sampled)


def _is_sample(convert: Value) -> bool:
    """Whether a distribution becomes a tensor by sampling."""
    return isinstance(convert, Reference) and convert.name.endswith(".sample")


def output_of(span: Span) -> Tensor:
    """The output of the layer before a distribution or a loss."""
    return Tensor(Call("t", (), {}, span, span, {}), (), span)


def of_call(made: Call) -> Distribution | None:
    """The distribution that a call makes; None if a spec has no such distribution."""
    name = made.function.removeprefix("tfp.distributions.")
    if name == "Independent":
        inner = made.argument("distribution", 0)
        found = of_call(inner) if isinstance(inner, Call) else None
        if found is not None and found.name == "bernoulli":
            return replace(found, name="independent_bernoulli")
        return found
    if name not in _DISTRIBUTIONS:
        return None
    for parameter, position in _PARAMETERS.get(_DISTRIBUTIONS[name], _OF_CLASSES).items():
        value = made.argument(parameter, position)
        if value is None or (isinstance(value, Known) and value.value is None):
            continue
        place = made.keyword_spans.get(parameter, value.span)
        found = Distribution(
            _DISTRIBUTIONS[name], parameter, made.function_span, place, _applied(value)
        )
        return _with_scale(found, made) if parameter == "loc" else found
    return None


def _with_scale(found: Distribution, made: Call) -> Distribution | None:
    """With a scale that is a number, a variable, or an output; None if it is not known."""
    name = "scale_diag" if "scale_diag" in made.keywords else "scale"
    scale = made.argument(name, 2 if found.name == "student_t" else 1)
    while isinstance(scale, Call) and scale.function in _OF_NUMBERS and scale.args:
        scale = scale.args[0]
    if isinstance(scale, Items) and scale.items:
        first, *others = map(_number, scale.items)
        if all(one == first for one in others):
            scale = scale.items[0]  # one number for all labels
    is_normal = found.name == "normal"  # Student's t has a scale for each image
    if is_normal and isinstance(scale, Known) and isinstance(scale.value, int | float):
        return replace(found, scale=Known(float(scale.value), scale.span))
    if scale is not None and _is_output(scale):
        bare = scale.span if _is_bare(scale) else None
        return replace(found, parameterization="loc_and_unconstrained_scale", bare_scale=bare)
    if is_normal and scale is not None and _is_variable(scale):
        return replace(found, scale=Known("learned", scale.span), variable=scale.span)
    return None


def _is_bare(value: Value, depth: int = 0) -> bool:
    """Whether a value is an output of the model, or a part of it, that may be negative."""
    match value:
        case Tensor():
            return True
        case Call(args=(inner, *_)) if value.function in _PARTS and depth < _MAX_DEPTH:
            return _is_bare(inner, depth + 1)
    return False


def _number(value: Value) -> object:
    return value.value if isinstance(value, Known) else value


def _is_variable(value: Value, depth: int = 0) -> bool:
    """Whether a value is made of a variable that is trained."""
    if not isinstance(value, Call) or depth > _MAX_DEPTH:
        return False
    if value.function == "tf.Variable" or value.function.startswith("tfp.util."):
        return True
    return any(_is_variable(one, depth + 1) for one in value.args[:4])


def _is_output(value: Value | None, depth: int = 0) -> bool:
    """Whether a value is made of the output of the model."""
    if isinstance(value, Tensor):
        return True
    if not isinstance(value, Call) or depth > _MAX_DEPTH:
        return False
    return any(_is_output(one, depth + 1) for one in value.args[:4])


def _applied(value: Value) -> str:
    """The activation that a distribution's argument goes through: `softmax(t)`."""
    name = value.function.rpartition(".")[2] if isinstance(value, Call) else ""
    name = "exponential" if name == "exp" else name
    return name if name in ("softmax", "sigmoid", "softplus", "exponential") else "linear"


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
            encoding = _LABELS.get(labels.function.split(".")[2], "integer")
            return (encoding if labels.function.endswith("[1]") else "unknown"), labels.span
        case Call() if (
            labels.function
            in ("[train]", ".astype", ".reshape", ".flatten", ".squeeze", "tf.cast", "[:]")
            and labels.args
        ):
            return encoding_of(labels.args[0])
        case Call() if labels.function == "[]" and labels.args and isinstance(labels.args[0], Call):
            if labels.args[0].function == "np.eye":
                return "one_hot", labels.span
    return None
