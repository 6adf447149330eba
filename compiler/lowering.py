"""Lowering: the plan as one list of calls, which is both instantiated and printed.

`compiler/build.py` calls it to have the Keras model, `compiler/emit.py` prints it as `model.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from bnnc.compiler.initialisation import LEARNED_PRIOR_SCALE
from bnnc.compiler.plan import Node, Plan
from bnnc.specs import Spec
from bnnc.specs.bayesian import VARIATIONAL
from bnnc.specs.layers import LayerSection
from bnnc.specs.seeds import layer_seed
from bnnc.specs.selection import stochastic_layers
from bnnc.specs.training import AdamW, CosineDecay


@dataclass(frozen=True, slots=True)
class Call:
    """A class with its module, and the arguments to call it with."""

    target: str
    arguments: Mapping[str, Value] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Expression:
    """A number with the arithmetic that a person would write for it, as in `1 / 255`."""

    text: str
    number: float


Value = None | bool | int | float | str | tuple["Value", ...] | list["Value"] | Call | Expression


@dataclass(frozen=True, slots=True)
class Lowered:
    """The calls that make the model, each layer applied to the one before.

    Attributes:
        inputs: the call that makes the input.
        layers: one call a layer, in order.
        model: the model's class and its arguments beside inputs and outputs.
        optimizer: the optimizer that it is compiled with.
    """

    inputs: Call
    layers: tuple[Call, ...]
    model: Call
    optimizer: Call


def lower(spec: Spec, plan: Plan) -> Lowered:
    """The calls of a spec and its plan."""
    selected = stochastic_layers(spec.bayesian, spec.layers)
    calls: list[Call] = []
    for node in plan.nodes[1:]:
        if node.layer is None:
            calls.append(_input_layer(spec, node))
        else:
            calls.append(_layer(spec, node, spec.layers[node.layer], node.layer in selected))
    inputs = Call("keras.Input", {"shape": spec.input.shape, "name": plan.nodes[0].name})
    return Lowered(inputs, tuple(calls), _model(spec), _optimizer(spec))


def _input_layer(spec: Spec, node: Node) -> Call:
    if node.keras_class == "keras.layers.Rescaling":
        low, high = spec.input.value_range
        width = high - low
        arguments: dict[str, Value] = {"scale": Expression(f"1 / {_plain(width)}", 1 / width)}
        if low != 0:
            text = f"{_plain(-low)} / {_plain(width)}"
            arguments["offset"] = Expression(text, -low / width)
        return Call(node.keras_class, {**arguments, "name": node.name})
    mean, variance = _standardisation(spec)
    return Call(node.keras_class, {"mean": mean, "variance": variance, "name": node.name})


def _standardisation(spec: Spec) -> tuple[Value, Value]:
    mean = 0.0 if spec.input.mean is None else spec.input.mean
    std = 1.0 if spec.input.std is None else spec.input.std
    if isinstance(mean, list) or isinstance(std, list):
        channels = spec.input.shape[2]
        means = mean if isinstance(mean, list) else [mean] * channels
        stds = std if isinstance(std, list) else [std] * channels
        return list(means), [_square(one) for one in stds]
    # Keras takes single numbers only where no axis is kept.
    return mean, _square(std)


def _square(value: float) -> Expression:
    return Expression(f"{value!r}**2", value**2)


def _plain(value: float) -> str:
    return repr(int(value)) if float(value).is_integer() else repr(value)


def _layer(spec: Spec, node: Node, layer: LayerSection, selected: bool) -> Call:
    arguments: dict[str, Value] = {**layer.arguments()}  # type: ignore[dict-item]  # plain values
    seed = layer_seed(spec.training.seed, node.name)
    bayesian = spec.bayesian
    if selected and bayesian.method in VARIATIONAL:
        arguments["estimator"] = bayesian.method
        arguments["prior"] = _prior(spec)
        arguments["initial_scale"] = bayesian.posterior.initial_scale
        arguments["seed"] = seed
    elif layer.type == "dropout":
        if selected:
            arguments["monte_carlo"] = True
        arguments["seed"] = seed
    elif layer.variational_class is not None:
        initializer = Call("keras.initializers.HeNormal", {"seed": seed})
        arguments[layer.kernel_initializer_argument] = initializer
    if spec.training.precision != "float32":
        # The distribution's parameters stay float32: the softmax of half precision logits would
        # lose the probabilities that calibration is about.
        last_kernel = max(
            (index for index, one in enumerate(spec.layers) if one.variational_class), default=0
        )
        last = node.layer is not None and node.layer >= last_kernel
        arguments["dtype"] = "float32" if last else spec.training.precision
    arguments["name"] = node.name
    return Call(node.keras_class, arguments)


def _prior(spec: Spec) -> Call:
    prior = spec.bayesian.prior
    target = f"bnnc.runtime.{type(prior).__name__}"
    if prior.scale == "learned":
        return Call(target, {"scale": LEARNED_PRIOR_SCALE, "learned": True})
    return Call(target, {"scale": prior.scale})


def _model(spec: Spec) -> Call:
    output = spec.output
    fields: dict[str, Value] = output.model_dump(exclude={"distribution"})
    objective: dict[str, Value] = {
        "output": Call(f"bnnc.runtime.outputs.{type(output).__name__}", fields),
        "loss": spec.loss.type,
    }
    if spec.loss.label_smoothing:
        objective["label_smoothing"] = spec.loss.label_smoothing
    if spec.bayesian.method in VARIATIONAL:
        kl = spec.loss.kl
        objective["kl_weight"] = kl.weight
        if kl.warmup_epochs:
            objective["kl_warmup_epochs"] = kl.warmup_epochs
        if kl.temperature != 1:
            objective["temperature"] = kl.temperature
    return Call(
        "bnnc.runtime.BayesianModel",
        {
            "objective": Call("bnnc.runtime.Objective", objective),
            "seed": spec.training.seed,
            "name": spec.name,
        },
    )


def _optimizer(spec: Spec) -> Call:
    optimizer = spec.training.optimizer
    given = optimizer.model_dump(exclude={"type"}, exclude_defaults=True)
    rate = optimizer.learning_rate
    arguments: dict[str, Value] = {"learning_rate": rate if isinstance(rate, float | int) else None}
    if isinstance(rate, CosineDecay):
        schedule: dict[str, Value] = {"initial_learning_rate": rate.initial_learning_rate}
        if rate.alpha:
            schedule["alpha"] = rate.alpha
        arguments["learning_rate"] = Call("bnnc.runtime.schedules.CosineDecay", schedule)
    arguments.update({key: value for key, value in given.items() if key != "learning_rate"})
    # The decay is what AdamW is chosen for: the default is written out too.
    if isinstance(optimizer, AdamW):
        arguments["weight_decay"] = optimizer.weight_decay
    call = Call(f"keras.optimizers.{type(optimizer).__name__}", arguments)
    if spec.training.precision == "mixed_float16":
        # Small gradients are 0 in float16. Keras scales the loss by itself only where the global
        # policy is mixed_float16, and the policy is set layer by layer here.
        return Call("keras.optimizers.LossScaleOptimizer", {"inner_optimizer": call})
    return call
