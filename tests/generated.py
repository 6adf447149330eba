"""Specs made at random: right ones over the whole language, and wrong ones.

`random_spec` and `wrong_spec` take a `random.Random`, so that a seed names a spec for good. The
strategies `specs` and `wrong_specs` are the same for hypothesis, which makes a failing one small.
"""

import copy
import json
from collections.abc import Callable
from functools import partial
from random import Random
from typing import Any, get_args

from hypothesis import strategies as st
from pydantic import TypeAdapter

from bnnc.specs.bayesian import VARIATIONAL, Method
from bnnc.specs.layers import Layer, LayerSection, Shape, ShapeError
from bnnc.specs.layers.layer import ActivationName
from bnnc.specs.loss import SMOOTHING
from bnnc.specs.output import OUTPUTS as SECTIONS
from bnnc.specs.output import Output, OutputSection
from bnnc.specs.schedules import Schedule
from bnnc.specs.selection import layer_names
from bnnc.specs.training import Precision, Training

Document = dict[str, Any]

ACTIVATIONS: tuple[str, ...] = get_args(ActivationName)
METHODS: tuple[str, ...] = get_args(Method)
PRECISIONS: tuple[str, ...] = get_args(Precision)
# Distribution, labels, loss: every cell that the language accepts.
OUTPUTS = tuple(
    (distribution, labels, loss)
    for distribution, section in SECTIONS.items()
    for labels, losses in section.losses.items()
    for loss in losses
)
VALUE_RANGES = ((0, 255), (0, 1), (-1, 1), (0.0, 16.0), (5, 260.5), (-3e3, -1.5))
# Names that could be mistaken for another layer's, or for a word of Python.
NAMES = ("head", "images", "rescaling", "normalization", "dense", "dense_1", "class", "model", "x")
DESCRIPTIONS = ("", '"""\nimport os\n"""', "'; import os #", "back\\slash\n\t\u2028 é")


def _branches(annotation: Any) -> dict[str, Any]:
    """The sections of a union by the words for them."""
    sections = get_args(annotation)
    return {get_args(one.model_fields["type"].annotation)[0]: one for one in sections}


OPTIMIZERS = _branches(Training.model_fields["optimizer"].annotation)
SCHEDULES = _branches(get_args(Schedule)[0])

_LAYER: TypeAdapter[LayerSection] = TypeAdapter(Layer)
OUTPUT: TypeAdapter[OutputSection] = TypeAdapter(Output)


def random_spec(random: Random) -> Document:
    """A right spec, small enough to be built in a moment."""
    shape = tuple(random.choice([1, 3, 4, 5, 7, 8, 12]) for _ in range(2))
    image: Shape = (*shape, random.choice([1, 2, 3]))
    method = random.choice(METHODS)
    distribution, labels, loss = random.choice(OUTPUTS)
    output = _output(random, distribution, labels, loss)
    head = OUTPUT.validate_python(output)
    activation = random.choice(head.activations[head.parameterization])
    layers = _layers(random, image, head.width, activation)
    if method == "mc_dropout":
        for layer in layers:  # a rate of 0 leaves nothing random
            if layer.get("rate") == 0:
                layer["rate"] = 0.1
    if method == "mc_dropout" and all(layer["type"] != "dropout" for layer in layers):
        place = random.randrange(len(layers))
        layers.insert(place, {"type": "dropout", "rate": random.choice([0.1, 0.5])})
    _give_names(random, layers)
    spec: Document = {
        "bnnc": 1,
        "name": random.choice(["m", "0.a-b_C", "lenet5", "None", "A" * 128]),
        "input": _input(random, image),
        "layers": layers,
        "output": output,
    }
    _sometimes(random, spec, "description", lambda: random.choice(DESCRIPTIONS))
    if method != "none" or random.random() < 0.5:
        spec["bayesian"] = _bayesian(random, method, layers)
    if loss != "negative_log_likelihood" or random.random() < 0.7:
        spec["loss"] = {"type": loss}
        if loss in SMOOTHING:
            share = random.choice([0, 0.1, 0.5])
            _sometimes(random, spec["loss"], "label_smoothing", lambda: share)
        _sometimes(random, spec["loss"], "kl", lambda: _kl(random))
        if labels in {"integer", "one_hot", "binary"} and random.random() < 0.2:
            count = int(output.get("classes", 2))
            spec["loss"]["class_weight"] = [random.choice([0.5, 1, 3]) for _ in range(count)]
    _sometimes(random, spec, "training", lambda: _training(random), share=0.8)
    _sometimes(random, spec, "prediction", lambda: {"samples": random.randint(1, 5)})
    _sometimes(random, spec, "x-notes", lambda: {"any": ["thing", None, 1]}, share=0.1)
    return spec


def wrong_spec(random: Random) -> Document:
    """A right spec with one to three things in it changed at random; nearly always wrong."""
    spec = random_spec(random)
    change = random.choice([_change, _graft])
    for _ in range(random.randint(1, 3)):
        change(random, spec)
    return spec


def random_json(random: Random, depth: int = 2) -> Any:
    """Any value that JSON can say, with a liking for those at which programs stumble."""
    kind = random.randrange(8 if depth else 6)
    if kind < 6:
        return random.choice(_VALUES)
    if kind == 6:
        return [random_json(random, depth - 1) for _ in range(random.randint(0, 4))]
    keys = [random.choice(_KEYS) for _ in range(random.randint(0, 4))]
    return {key: random_json(random, depth - 1) for key in keys}


def windowed_layer(random: Random, shape: Shape) -> Document:
    """A convolution or pooling, which may not fit the map."""
    return random.choice([_conv2d, _depthwise_conv2d, _pooling])(random, shape)


def section(layer: Document) -> LayerSection:
    """The section of the language that a layer of a document is."""
    return _LAYER.validate_json(json.dumps(layer))


def specs() -> st.SearchStrategy[Document]:
    """`random_spec` as a strategy."""
    return st.randoms(use_true_random=False).map(random_spec)


def wrong_specs() -> st.SearchStrategy[Document]:
    """`wrong_spec` as a strategy."""
    return st.randoms(use_true_random=False).map(wrong_spec)


_VALUES: tuple[Any, ...] = (
    *(None, True, False, 0, 1, 2, 3, -1, 65_536, 65_537, 2**31, 2**63, 10**30, 10**400),
    *(0.0, -0.0, 0.5, 1.0, 1.5, 1e-6, 1e-7, 1e-320, 1e300, -2.5, 255.0),
    *("", "all", "last", "learned", "per_example", "softmax", "linear", "same", "adam", "integer"),
    *(
        "categorical",
        "one_hot",
        "flipout",
        "none",
        "null",
        "1",
        "\u0000",
        "\ud83d\ude00",
        "a" * 300,
    ),
)
_KEYS = (
    *("type", "name", "layers", "input", "units", "scale", "", "x-a", "bnnc", "kernel_size"),
    *("distribution", "learning_rate", "weight", "__class__", "shape", "Type", "unit"),
)


def _change(random: Random, spec: Document) -> None:
    """Change one place of the spec, at any depth."""
    container: Any = spec
    while True:
        places = list(container) if isinstance(container, dict) else list(range(len(container)))
        if not places:
            break
        place = random.choice(places)
        inner = container[place]
        if not isinstance(inner, dict | list) or random.random() < 0.2:
            break
        container = inner
    action = random.choice(["replace", "replace", "replace", "delete", "add", "repeat", "move"])
    if not places or action == "add":
        if isinstance(container, dict):
            container[random.choice(_KEYS)] = random_json(random)
        else:
            container.insert(random.randint(0, len(container)), random_json(random))
    elif action == "delete":
        del container[place]
    elif action == "replace":
        container[place] = random_json(random)
    elif isinstance(container, list) and action == "repeat":
        container.insert(place, copy.deepcopy(container[place]))
    elif isinstance(container, list):
        container.append(container.pop(place))
    else:
        container[random.choice(_KEYS)] = container.pop(place)


def _graft(random: Random, spec: Document) -> None:
    """Put a part of another right spec in the place of this one's: right alone, wrong together."""
    other = random_spec(random)
    section = random.choice([key for key in spec if key in other])
    if section == "layers":
        place = random.randrange(len(spec["layers"]))
        spec["layers"][place] = random.choice(other["layers"])
    elif isinstance(spec[section], dict):
        shared = [key for key in spec[section] if key in other[section]]
        for key in random.sample(shared, min(len(shared), 1)):
            spec[section][key] = other[section][key]
    else:
        spec[section] = other[section]


def _sometimes(
    random: Random, section: Document, key: str, value: Callable[[], Any], share: float = 0.5
) -> None:
    if random.random() < share:
        section[key] = value()


def _input(random: Random, image: Shape) -> Document:
    channels = image[2]
    section: Document = {"shape": list(image)}
    _sometimes(random, section, "value_range", lambda: list(random.choice(VALUE_RANGES)))
    for key, low in (("mean", 0.0), ("std", 0.2)):
        drawn = [round(random.uniform(low, 1.0), 4) for _ in range(channels)]
        if random.random() < 0.5:
            section[key] = random.choice([drawn, drawn[0]])
    return section


def _pair(random: Random, sizes: list[int], *, equal: bool = False) -> int | list[int]:
    first, second = random.choice(sizes), random.choice(sizes)
    return first if equal or random.random() < 0.6 else [first, second]


def _activation(random: Random, channels: int) -> str:
    # A softmax over one number is always 1, and a hidden exponential overflows.
    hidden = [one for one in ACTIVATIONS if one != "exponential"]
    return random.choice([one for one in hidden if one != "softmax" or channels > 1])


def _conv2d(random: Random, shape: Shape) -> Document:
    filters = random.randint(1, 4)
    layer = {"type": "conv2d", "filters": filters, "kernel_size": _pair(random, [1, 2, 3])}
    return _convolution(random, layer, filters)


def _depthwise_conv2d(random: Random, shape: Shape) -> Document:
    layer: Document = {"type": "depthwise_conv2d", "kernel_size": _pair(random, [1, 2, 3])}
    _sometimes(random, layer, "depth_multiplier", lambda: random.randint(1, 2))
    channels = shape[2] * int(layer.get("depth_multiplier", 1))
    return _convolution(random, layer, channels, equal_strides=True)


def _convolution(
    random: Random, layer: Document, channels: int, *, equal_strides: bool = False
) -> Document:
    if random.random() < 0.4:
        layer["strides"] = _pair(random, [1, 2, 3], equal=equal_strides)
    elif random.random() < 0.4:
        layer["dilation_rate"] = _pair(random, [1, 2])
    _sometimes(random, layer, "padding", lambda: random.choice(["same", "valid"]))
    _sometimes(random, layer, "activation", lambda: _activation(random, channels))
    _sometimes(random, layer, "use_bias", lambda: random.random() < 0.5)
    return layer


def _pooling(random: Random, shape: Shape) -> Document:
    layer: Document = {"type": random.choice(["max_pooling2d", "average_pooling2d"])}
    _sometimes(random, layer, "pool_size", lambda: _pair(random, [1, 2, 3]))
    _sometimes(random, layer, "strides", lambda: _pair(random, [1, 2, 3]), share=0.3)
    _sometimes(random, layer, "padding", lambda: random.choice(["same", "valid"]))
    return layer


def _batch_normalization(random: Random, shape: Shape) -> Document:
    layer: Document = {"type": "batch_normalization"}
    _sometimes(random, layer, "momentum", lambda: random.choice([0.0, 0.9, 0.99]))
    _sometimes(random, layer, "epsilon", lambda: random.choice([0.001, 0.01]))
    return layer


def _activation_layer(random: Random, shape: Shape) -> Document:
    return {"type": "activation", "activation": _activation(random, shape[-1])}


def _dropout(random: Random, shape: Shape) -> Document:
    return {"type": "dropout", "rate": random.choice([0, 0.0, 0.1, 0.5])}


def _dense(random: Random, shape: Shape) -> Document:
    layer: Document = {"type": "dense", "units": random.randint(1, 6)}
    _sometimes(random, layer, "activation", lambda: _activation(random, int(layer["units"])))
    _sometimes(random, layer, "use_bias", lambda: random.random() < 0.5)
    return layer


_EITHER = (_batch_normalization, _activation_layer, _dropout)
_ON_MAPS = (_conv2d, _conv2d, _depthwise_conv2d, _depthwise_conv2d, _pooling, _pooling, *_EITHER)
_ON_ROWS = (_dense, _dense, *_EITHER)


def _output(random: Random, distribution: str, labels: str, loss: str) -> Document:
    """A right output section of a distribution, for labels and a loss that it accepts."""
    output: Document = {"distribution": distribution}
    fields = SECTIONS[distribution].model_fields
    parameterizations = list(SECTIONS[distribution].activations)
    if "classes" in fields:
        output["classes"] = random.randint(2, 5)
    if "temperature" in fields:
        output["temperature"] = random.choice([0.3, 1, 2.5])
    if "event_size" in fields:
        _sometimes(random, output, "event_size", lambda: random.randint(1, 3))
    if "df" in fields:
        _sometimes(random, output, "df", lambda: random.choice([2.5, 10]))
    if loss == "mean_squared_error":
        parameterizations = ["loc"]
    output["parameterization"] = random.choice(parameterizations)
    if "scale" in fields and output["parameterization"] == "loc":
        fixed = random.choice([0.5, 1, 20.0])
        learned = loss != "mean_squared_error" and random.random() < 0.5
        output["scale"] = "learned" if learned else fixed
    return {**output, "labels": labels}


def _layers(random: Random, image: Shape, width: int, activation: str) -> list[Document]:
    layers: list[Document] = []
    shape = image
    for _ in range(random.randint(0, 4)):
        shape = _append(layers, random.choice(_ON_MAPS)(random, shape), shape)
    if activation == "linear" and random.random() < 0.15:
        # A convolution with a filter a class, averaged, is a head too.
        layers.append({"type": "conv2d", "filters": width, "kernel_size": 1})
        return [*layers, {"type": "global_average_pooling2d"}]
    bridge = random.choice(["flatten", "flatten", "global_average_pooling2d"])
    shape = _append(layers, {"type": bridge}, shape)
    for _ in range(random.randint(0, 2)):
        shape = _append(layers, random.choice(_ON_ROWS)(random, shape), shape)
    head: Document = {"type": "dense", "units": width}
    layers.append(head)
    if activation != "linear":
        if random.random() < 0.3:
            layers.append({"type": "activation", "activation": activation})
        else:
            head["activation"] = activation
    return layers


def _append(layers: list[Document], layer: Document, shape: Shape) -> Shape:
    """Append a layer, padded where its window is larger than the map; the new shape."""
    layers.append(layer)
    try:
        return section(layer).output_shape(shape)
    except ShapeError:
        layer["padding"] = "same"
        return section(layer).output_shape(shape)


def _give_names(random: Random, layers: list[Document]) -> None:
    free = list(NAMES)
    random.shuffle(free)
    for layer in layers:
        if free and random.random() < 0.25:
            layer["name"] = free.pop()


def _bayesian(random: Random, method: str, layers: list[Document]) -> Document:
    stack = [section(layer) for layer in layers]
    able = [
        name for name, one in zip(layer_names(stack), stack, strict=True) if one.carries(method)
    ]
    written: Document = {"method": method}
    some = random.sample(able, random.randint(1, len(able))) if able else "all"
    _sometimes(random, written, "layers", lambda: random.choice(["all", "last", some]))
    if method not in VARIATIONAL and random.random() < 0.7:
        return written
    prior = {"distribution": "normal", "scale": random.choice(["learned", 1, 0.1, 0.05])}
    _sometimes(random, written, "prior", lambda: prior)
    scale = random.choice([0.3, 0.05, 0.01, 0.001, 2e-6])
    _sometimes(random, written, "posterior", lambda: {"initial_scale": scale})
    return written


def _kl(random: Random) -> Document:
    section: Document = {}
    _sometimes(random, section, "weight", lambda: random.choice(["per_example", 0, 0.001, 0.1]))
    _sometimes(random, section, "warmup_epochs", lambda: random.choice([0, 0.5, 2]))
    if not section.get("warmup_epochs"):
        cyclical = {"cycles": random.randint(1, 3)}
        _sometimes(random, cyclical, "proportion", lambda: random.choice([0.5, 1, 0.01]))
        _sometimes(random, section, "cyclical", lambda: random.choice([None, cyclical]), share=0.4)
    _sometimes(random, section, "temperature", lambda: random.choice([0.1, 1, 1.0, 2.5]))
    return section


def _training(random: Random) -> Document:
    section: Document = {}
    epochs = random.randint(1, 3)
    _sometimes(random, section, "optimizer", lambda: optimizer(random, epochs), share=0.8)
    # Batch normalization of a single row is refused.
    _sometimes(random, section, "batch_size", lambda: random.randint(2, 8))
    section["epochs"] = epochs
    _sometimes(random, section, "samples", lambda: random.choice([1, 2, 3]), share=0.3)
    multiplier = "posterior_scale_learning_rate_multiplier"
    _sometimes(random, section, multiplier, lambda: random.choice([1, 0.1, 10.0]), share=0.3)
    stopping: Document = {"patience": random.randint(0, 3)}
    _sometimes(random, stopping, "min_delta", lambda: random.choice([0, 0.01]))
    _sometimes(random, stopping, "start_from_epoch", lambda: random.randint(0, 2))
    _sometimes(random, stopping, "restore_best_weights", lambda: random.random() < 0.5)
    _sometimes(random, section, "early_stopping", lambda: random.choice([None, stopping]), 0.3)
    _sometimes(random, section, "seed", lambda: random.choice([0, 7, 2**31 - 1]))
    _sometimes(random, section, "precision", lambda: random.choice(PRECISIONS))
    return section


# Values of every argument that an optimizer has of its own.
_ARGUMENTS: dict[str, tuple[Any, ...]] = {
    "beta_1": (1e-3, 0.8),
    "beta_2": (0.99, 0.999),
    "epsilon": (1e-5,),
    "amsgrad": (True, False),
    "rho": (0.5, 0.9),
    "momentum": (0.0, 0.9),
    "nesterov": (True, False),
    "centered": (True, False),
    "initial_accumulator_value": (0, 0.1),
    "weight_decay": (0, 0.01),
}


def optimizer(random: Random, epochs: int, kind: str | None = None) -> Document:
    """An optimizer by name, any of the language's if none is said, with arguments at random."""
    kind = kind or random.choice(sorted(OPTIMIZERS))
    section: Document = {"type": kind}
    rates = [0.01, 1e-5, schedule(random, epochs)]
    _sometimes(random, section, "learning_rate", lambda: random.choice(rates))
    for name, values in _ARGUMENTS.items():
        if name in OPTIMIZERS[kind].model_fields:
            _sometimes(random, section, name, partial(random.choice, values), share=0.4)
    clipping = random.choice(["clipnorm", "global_clipnorm", "clipvalue"])
    _sometimes(random, section, clipping, lambda: random.choice([0.01, 1, None]), share=0.3)
    if random.random() < 0.2:
        section["gradient_accumulation_steps"] = random.randint(1, 3)
    if random.random() < 0.3:
        section["use_ema"] = random.random() < 0.7
        _sometimes(random, section, "ema_momentum", lambda: random.choice([0, 0.5, 0.99]))
    return section


def schedule(random: Random, epochs: int, kind: str | None = None) -> Document:
    """A schedule by name, any of the language's if none is said, with arguments at random."""
    kind = kind or random.choice(sorted(SCHEDULES))
    section: Document = {"type": kind, "initial_learning_rate": 0.01}
    if kind == "cosine_decay":
        _sometimes(random, section, "alpha", lambda: random.choice([0, 0.1, 1]))
        if random.random() < 0.4:
            section |= {"warmup_target": 0.02, "warmup_epochs": random.choice([0.5, epochs / 2])}
            section["initial_learning_rate"] = random.choice([0, 0.001])
    elif kind == "exponential_decay":
        section["decay_rate"] = random.choice([0.5, 0.99, 1.5])
        _sometimes(random, section, "decay_epochs", lambda: random.choice([0.5, 1]))
        _sometimes(random, section, "staircase", lambda: random.random() < 0.5)
    elif kind == "polynomial_decay":
        _sometimes(random, section, "end_learning_rate", lambda: random.choice([0, 0.1]))
        _sometimes(random, section, "power", lambda: random.choice([1, 0.5, 2]))
        _sometimes(random, section, "decay_epochs", lambda: random.choice([None, 0.5, epochs]))
        _sometimes(random, section, "cycle", lambda: random.random() < 0.5)
    else:
        count = random.randint(1, 3)
        del section["initial_learning_rate"]
        section["boundaries"] = [(one + 1) * epochs / (count + 1) for one in range(count)]
        section["values"] = [random.choice([0.1, 0.01, 0.001]) for _ in range(count + 1)]
    return section
