"""Layers of a script as the mappings of `layers`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache

from bnnc.compiler.scripts.nodes import mapping
from bnnc.compiler.scripts.values import (
    UNKNOWN_ARGUMENTS,
    Call,
    Items,
    Known,
    Reference,
    Unknown,
    Value,
)
from bnnc.compiler.text.source import Span
from bnnc.compiler.text.tree import Entry, Node, Scalar, Sequence
from bnnc.specs.layers import LAYER_TYPES, LayerSection, type_name

# Positional arguments of Keras's classes, as far as scripts give them by position.
_WINDOW = ("pool_size", "strides", "padding")
_CONVOLUTION = (
    "filters",
    "kernel_size",
    "strides",
    "padding",
    "data_format",
    "dilation_rate",
    "groups",
    "activation",
    "use_bias",
)
_DEPTHWISE = ("kernel_size", "strides", "padding", "depth_multiplier")
_POSITIONAL: Mapping[str, tuple[str, ...]] = {
    "dense": ("units", "activation", "use_bias"),
    **{f"conv{n}d": _CONVOLUTION for n in (1, 2, 3)},
    "conv2d_transpose": ("filters", "kernel_size", "strides", "padding"),
    **{f"separable_conv{n}d": ("filters", "kernel_size", "strides", "padding") for n in (1, 2)},
    **{f"depthwise_conv{n}d": _DEPTHWISE for n in (1, 2)},
    **{f"{kind}_pooling{n}d": _WINDOW for kind in ("max", "average") for n in (1, 2, 3)},
    "dropout": ("rate",),
    **{f"spatial_dropout{n}d": ("rate",) for n in (1, 2, 3)},
    "activation": ("activation",),
    "reshape": ("target_shape",),
    "batch_normalization": ("axis", "momentum", "epsilon", "center", "scale"),
    "layer_normalization": ("axis", "epsilon", "center", "scale"),
    "group_normalization": ("groups", "axis", "epsilon", "center", "scale"),
    **{f"zero_padding{n}d": ("padding",) for n in (1, 2, 3)},
    **{f"up_sampling{n}d": ("size",) for n in (1, 2, 3)},
    "random_flip": ("mode",),
    "random_rotation": ("factor",),
    "random_zoom": ("height_factor", "width_factor"),
    "random_translation": ("height_factor", "width_factor"),
    "random_contrast": ("factor",),
    "random_crop": ("height", "width"),
}
# Arguments of layers are short lists, nested twice at most, as `padding` of a volume is.
_MAX_DEPTH = 2
_MAX_ITEMS = 16
# Of tfp.layers.DenseVariational.
_VARIATIONAL = (
    *("units", "make_posterior_fn", "make_prior_fn", "kl_weight", "kl_use_exact"),
    *("activation", "use_bias"),
)
# Layers that a name alone says, as activations.
_ACTIVATION_LAYERS = {"ReLU": "relu", "Softmax": "softmax", "ELU": "elu", "LeakyReLU": "leaky_relu"}
# Other names of Keras for an activation.
_SAME_ACTIVATIONS = {"swish": "silu", "hard_swish": "hard_silu", "exp": "exponential"}
# Arguments of Keras that say nothing about the model, or that a spec says elsewhere.
_ELSEWHERE = frozenset(
    {
        *("input_shape", "input_dim", "batch_input_shape", "name", "dtype", "trainable", "seed"),
        "training",
    }
)
# tfp.layers: the layer type, and the methods that its classes end with.
_TFP = {
    "Dense": "dense",
    "Convolution1D": "conv1d",
    "Convolution2D": "conv2d",
    "Convolution3D": "conv3d",
}
_ESTIMATORS = {
    "Flipout": "flipout",
    "Reparameterization": "reparameterization",
    "LocalReparameterization": "local_reparameterization",
    "Variational": "reparameterization",
}
# Keywords of tfp.layers about the posterior, which the `bayesian` section says.
_OF_POSTERIOR = (
    "kernel_posterior",
    "kernel_prior",
    "kernel_divergence",
    "bias_posterior",
    "bias_prior",
    "bias_divergence",
    "make_",
    "kl_",
)


@dataclass(slots=True)
class ReadLayer:
    """A layer of the script as a mapping, with what is read of it besides.

    `method` is that of a layer of tfp.layers, with the span of its name; `left_out` are arguments
    that a spec does not have.
    """

    node: Node
    type: str
    call: Call
    method: str | None = None
    left_out: list[tuple[str, Span]] = field(default_factory=list)
    unknown: list[tuple[str, Unknown]] = field(default_factory=list)


@cache
def _types() -> Mapping[str, str]:
    """The layer types by their Keras classes."""
    found: dict[str, str] = {}
    for kind, section in _sections().items():
        keras_class = getattr(section, "keras_class", None)
        if isinstance(keras_class, str):
            found.setdefault(keras_class.replace("bnnc.runtime.", "keras.layers."), kind)
    found.update(
        {
            "keras.layers.Convolution1D": "conv1d",
            "keras.layers.Convolution2D": "conv2d",
            "keras.layers.Convolution3D": "conv3d",
            "keras.layers.AvgPool2D": "average_pooling2d",
            "keras.layers.MaxPool1D": "max_pooling1d",
            "keras.layers.MaxPool2D": "max_pooling2d",
            "keras.layers.MaxPool3D": "max_pooling3d",
            "keras.layers.GlobalAvgPool2D": "global_average_pooling2d",
            "keras.layers.GlobalMaxPool2D": "global_max_pooling2d",
        }
    )
    return found


@cache
def _sections() -> Mapping[str, type[LayerSection]]:
    """The layer types by their names in a spec."""
    return {type_name(section): section for section in LAYER_TYPES}


def can_be_bayesian(kind: str, method: str | None) -> bool:
    """Whether a layer type can carry a method: layers that drop units MC dropout, others kernels."""
    section = _sections().get(kind)
    if section is None:
        return False
    return section.drops if method == "mc_dropout" else section.variational_class is not None


@cache
def keras_classes() -> Mapping[str, str]:
    """The Keras classes of the layer types, as scripts write them."""
    first: dict[str, str] = {}
    for name, kind in _types().items():
        first.setdefault(kind, name)
    return first


def method_of(call: Call) -> str | None:
    """The method of a layer: an estimator of tfp.layers, or dropout that is always active."""
    if "Dropout" in call.function and call.function.startswith("keras.layers."):
        return "mc_dropout" if "training" in call.keywords else None
    return _kind_of(call.function)[1]


def has_bias_posterior(call: Call) -> bool:
    """Whether the bias of a layer of tfp.layers has a posterior: by default it is a plain weight."""
    if call.function.endswith("DenseVariational"):
        use_bias = call.argument("use_bias", 6)
        return not (isinstance(use_bias, Known) and use_bias.value is False)
    posterior = call.argument("bias_posterior_fn")
    if not isinstance(posterior, Call) or not posterior.function.endswith("mean_field_normal_fn"):
        return False
    is_singular = posterior.argument("is_singular", 0)
    return not (isinstance(is_singular, Known) and is_singular.value)


def read_layer(call: Call) -> ReadLayer | None:
    """A call of a layer's class as a layer; None if the language has no such layer."""
    kind, method = _kind_of(call.function)
    if kind is None:
        name = call.function.rpartition(".")[2]
        if call.function.startswith("keras.layers.") and name in _ACTIVATION_LAYERS:
            entries = [
                Entry("type", call.function_span, Scalar("activation", call.function_span)),
                Entry(
                    "activation",
                    call.function_span,
                    Scalar(_ACTIVATION_LAYERS[name], call.function_span),
                ),
            ]
            return ReadLayer(mapping(entries, call.span), "activation", call)
        return None
    read = ReadLayer(Scalar(None, call.span), kind, call, method or method_of(call))
    read.node = mapping(_entries(kind, call, read), call.span)
    return read


def _kind_of(function: str) -> tuple[str | None, str | None]:
    """The layer type that a class is, and the method that it has."""
    if function.startswith("tfp.layers."):
        name = function.removeprefix("tfp.layers.").replace("Conv1D", "Convolution1D")
        name = name.replace("Conv2D", "Convolution2D").replace("Conv3D", "Convolution3D")
        for base, kind in _TFP.items():
            if name.removeprefix(base) in _ESTIMATORS and name.startswith(base):
                return kind, _ESTIMATORS[name.removeprefix(base)]
        return None, None
    return _types().get(function), None


def _entries(kind: str, call: Call, read: ReadLayer) -> Iterator[Entry]:
    yield Entry("type", call.function_span, Scalar(kind, call.function_span))
    positional = _POSITIONAL.get(kind, ())
    if call.function.endswith("DenseVariational"):
        positional = _VARIATIONAL
    given = dict(zip(positional, call.args, strict=False))
    given |= dict(call.keywords)
    known = _sections()[kind].model_fields
    for name, value in given.items():
        place = call.keyword_spans.get(name, value.span)
        if name in _ELSEWHERE or (read.method and name.startswith(_OF_POSTERIOR)):
            continue
        if name == UNKNOWN_ARGUMENTS:
            read.unknown.append(("**", value if isinstance(value, Unknown) else _unknown(value)))
            for missing in ("activation", "units", "filters"):
                if missing in known and missing not in given:
                    yield Entry(missing, place, Scalar(None, value.span, reported=True))
            continue
        if name not in known:
            if not (isinstance(value, Known) and value.value in (None, "channels_last")):
                read.left_out.append((name, place))
            continue
        inner = activation(value) if name == "activation" else plain(value)
        if inner is None:
            read.unknown.append((name, value if isinstance(value, Unknown) else _unknown(value)))
            yield Entry(name, place, Scalar(None, value.span, reported=True))
            continue
        if isinstance(inner, Scalar) and isinstance(inner.value, str):
            inner = Scalar(inner.value.lower(), inner.span)
        if isinstance(inner, Scalar) and inner.value is None:
            continue
        yield Entry(name, place, inner)


def _unknown(value: Value) -> Unknown:
    return Unknown("its value is not known before the script runs", value.span)


def plain(value: Value, depth: int = 0) -> Node | None:
    """A known value as a node; None where a part of it is not known, or it is nested deeply."""
    if depth > _MAX_DEPTH or (isinstance(value, Items) and len(value.items) > _MAX_ITEMS):
        return None
    match value:
        case Known():
            return Scalar(value.value, value.span)
        case Items():
            items = [plain(one, depth + 1) for one in value.items]
            if any(one is None for one in items):
                return None
            return Sequence(tuple(one for one in items if one is not None), value.span)
    return None


def activation_name(name: str) -> str:
    """The one name that a spec has for an activation of Keras or TensorFlow."""
    return _SAME_ACTIVATIONS.get(name.lower(), name.lower())


def activation(value: Value) -> Node | None:
    """An activation by its name in Keras; None for a function of the script."""
    match value:
        case Known(value=None):
            return Scalar("linear", value.span)
        case Known() if isinstance(value.value, str):
            return Scalar(activation_name(value.value), value.span)
        case Reference():
            return Scalar(activation_name(value.name.rpartition(".")[2]), value.span)
        case Call() if value.function.startswith("keras.layers."):
            name = value.function.rpartition(".")[2]
            if name in _ACTIVATION_LAYERS:
                return Scalar(_ACTIVATION_LAYERS[name], value.span)
    return None


Convert = Callable[[Value], Node | None]
