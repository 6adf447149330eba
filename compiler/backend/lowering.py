"""Lowering: the plan as one list of calls, which is both instantiated and printed.

`compiler/backend/build.py` calls it to have the Keras model, `compiler/backend/emit.py` prints it
as `model.py`.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import zip_longest

from bnnc.compiler.analysis.shapes import consumers, trace
from bnnc.compiler.planning.plan import Node, Plan
from bnnc.specs import Spec
from bnnc.specs.bayesian import Bayesian
from bnnc.specs.constraints import ConstraintSection
from bnnc.specs.layers import LayerSection
from bnnc.specs.layers.augmentation import Augmentation
from bnnc.specs.layers.backbone import Backbone
from bnnc.specs.layers.block import Block
from bnnc.specs.layers.blocks import Repeat
from bnnc.specs.outputs.output import LearnedLayer
from bnnc.specs.placement import with_kernel_behind
from bnnc.specs.priors import PriorSection
from bnnc.specs.schedules import ScheduleSection


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


@dataclass(frozen=True, slots=True)
class LayerSeed:
    """The seed of a layer, which follows from that of the model and a name.

    Attributes:
        seed: the seed of the model.
        layer: name of the layer; of its second kernel with `/1` at the end, and so on.
    """

    seed: Expression
    layer: str


Plain = None | bool | int | float | str
Value = Plain | tuple["Value", ...] | list["Value"] | Call | Expression | LayerSeed


@dataclass(frozen=True, slots=True)
class Application:
    """A layer applied to what other layers give.

    Attributes:
        name: name of the layer.
        call: the call that makes the layer.
        inputs: names of the layers whose outputs it takes; several are taken as a list.
        made: whether a block makes it by itself.
        block: number of the outermost block that it is in, a `repeat` being none; None outside.
    """

    name: str
    call: Call
    inputs: tuple[str, ...]
    made: bool = False
    block: int | None = None


@dataclass(frozen=True, slots=True)
class Lowered:
    """The calls that make the model.

    Attributes:
        images: name of the input.
        inputs: the call that makes the input.
        layers: every layer, consumers_of those that it takes.
        model: the model's class and its arguments beside inputs and outputs.
        optimizer: the optimizer that it is compiled with.
    """

    images: str
    inputs: Call
    layers: tuple[Application, ...]
    model: Call
    optimizer: Call


def lower(spec: Spec, plan: Plan, folder: str | None = None) -> Lowered:
    """The calls of a spec and its plan; files that it names are relative to the folder."""
    placed = spec.placed
    sections = spec.bayesian_sections
    read = with_kernel_behind(placed)
    steps = trace(placed, spec.input.shape).steps
    consumers_of = consumers(steps)
    blocks = _outermost_blocks(spec)
    applied: list[Application] = []
    for node in plan.nodes[1:]:
        learned, made, block = spec.output.learned, False, None
        if learned is not None and node.keras_class == learned.keras_class:
            call = _learned_layer(spec, node, learned)
        elif node.layer is None:
            call = _input_layer(spec, node)
        else:
            layer, index = steps[node.layer].layer, node.layer
            made, block = placed[index].made, blocks[index]
            section = sections.get(index)
            more = {}
            if section is not None:
                more = section.applied_method.consumer_arguments(
                    node.input_shape, consumers_of[index]
                )
            call = _layer(spec, node, layer, section, more, is_last=index not in read)
            if isinstance(layer, Backbone) and layer.weights_file is not None:
                path = os.path.join(folder or "", layer.weights_file)
                call = Call(call.target, {**call.arguments, "weights": path})
        applied.append(Application(node.name, call, node.inputs, made, block))
    images = plan.nodes[0].name
    inputs = Call("keras.Input", {"shape": spec.input.shape, "name": images})
    return Lowered(images, inputs, tuple(applied), _model(spec), _optimizer(spec))


def _outermost_blocks(spec: Spec) -> list[int | None]:
    """For each placed layer the number of the block that it is in; None outside of blocks.

    Every repetition of a block is one by itself. Its last layer is one that the block makes.
    """
    found: list[int | None] = []
    number = 0
    for one, after in zip_longest(spec.placed, spec.placed[1:]):
        length, section = 2, spec.layers[int(one.path[1])]
        while isinstance(section, Repeat):
            section = section.body[int(one.path[length + 1])]
            length += 2
        if not isinstance(section, Block):
            found.append(None)
            continue
        found.append(number)
        path = one.path[:length]
        goes_on = after is not None and after.made and after.path == path
        number += one.made and one.path == path and not goes_on
    return found


def _input_layer(spec: Spec, node: Node) -> Call:
    if spec.input.is_table:
        return Call(node.keras_class, {"name": node.name})
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
        channels = spec.input.shape[-1]
        means = mean if isinstance(mean, list) else [mean] * channels
        stds = std if isinstance(std, list) else [std] * channels
        return list(means), [_square(one) for one in stds]
    # Keras takes single numbers only where no axis is kept.
    return mean, _square(std)


def _square(value: float) -> Expression:
    return Expression(f"{value!r}**2", value**2)


def _plain(value: float) -> str:
    return repr(int(value)) if float(value).is_integer() else repr(value)


def _seed(spec: Spec) -> Expression:
    """The seed of the model: in an ensemble the argument of the function that builds a member."""
    return Expression("SEED" if len(spec.members()) == 1 else "seed", spec.training.seed)


def _layer_seed(spec: Spec, name: str) -> LayerSeed:
    return LayerSeed(_seed(spec), name)


# Where Keras's own counts more inputs than an output sums over.
_HE_NORMAL = {"depthwise_initializer": "bnnc.runtime.DepthwiseHeNormal"}


def _layer(
    spec: Spec,
    node: Node,
    layer: LayerSection,
    bayesian: Bayesian | None,
    more: Mapping[str, object],
    *,
    is_last: bool,
) -> Call:
    """The call of a layer; `is_last` where no layer with a kernel reads its outputs.

    `more` are arguments that depend on the layers with a kernel that do.
    """
    arguments: dict[str, Value] = {
        name: _constraint(value) if isinstance(value, ConstraintSection) else value  # type: ignore[misc]  # plain values
        for name, value in layer.arguments().items()
    }
    seed = _layer_seed(spec, node.name)
    if bayesian is not None:
        for name, value in bayesian.applied_method.arguments(layer, bayesian).items():
            arguments[name] = _prior(value) if isinstance(value, PriorSection) else value  # type: ignore[assignment]  # plain values
        arguments |= more  # type: ignore[arg-type]  # plain values
    if isinstance(layer, Augmentation) and layer.takes_value_range:
        arguments["value_range"] = _range_of_values(spec)
    if bayesian is not None or layer.drops or isinstance(layer, Augmentation | Backbone):
        arguments["seed"] = seed
    else:
        for number, argument in enumerate(layer.kernel_initializers):
            # Kernels of one shape would be equal if they shared a seed.
            own = seed if number == 0 else _layer_seed(spec, f"{node.name}/{number}")
            he_normal = _HE_NORMAL.get(argument, "keras.initializers.HeNormal")
            arguments[argument] = Call(he_normal, {"seed": own})
    if spec.training.precision != "float32":
        # The distribution's parameters stay float32: the softmax of half precision logits would
        # lose the probabilities that calibration is about.
        full = is_last or not layer.runs_in(spec.training.precision, node.input_shape)
        arguments["dtype"] = "float32" if full else spec.training.precision
    arguments["name"] = node.name
    return Call(node.keras_class, arguments)


def _range_of_values(spec: Spec) -> tuple[float, float]:
    """Lowest and highest value of any channel of a standardised image."""
    means = _listed(0.0 if spec.input.mean is None else spec.input.mean)
    stds = _listed(1.0 if spec.input.std is None else spec.input.std)
    lowest = min(-mean / std for mean, std in _pairs(means, stds))
    return lowest, max((1 - mean) / std for mean, std in _pairs(means, stds))


def _listed(value: float | list[float]) -> list[float]:
    return value if isinstance(value, list) else [value]


def _pairs(means: list[float], stds: list[float]) -> list[tuple[float, float]]:
    """Mean and standard deviation of every channel, one of them perhaps for all."""
    channels = max(len(means), len(stds))
    each = (one if len(one) == channels else one * channels for one in (means, stds))
    return list(zip(*each, strict=True))


def _constraint(constraint: ConstraintSection) -> Call:
    target = f"keras.constraints.{type(constraint).__name__}"
    return Call(target, constraint.arguments())


def _learned_layer(spec: Spec, node: Node, learned: LearnedLayer) -> Call:
    arguments: dict[str, Value] = {**learned.arguments}
    if spec.training.precision != "float32":
        arguments["dtype"] = "float32"  # as the last layer's numbers
    return Call(node.keras_class, {**arguments, "name": node.name})


def _prior(prior: PriorSection) -> Call:
    return Call(prior.runtime_class, prior.arguments())  # type: ignore[arg-type]  # plain values


def _model(spec: Spec) -> Call:
    output = spec.output
    fields: dict[str, Value] = output.model_dump(exclude={"distribution"}, exclude_none=True)
    if not fields.get("standardize_labels", True):
        del fields["standardize_labels"]
    objective: dict[str, Value] = {
        "output": Call(f"bnnc.runtime.outputs.{type(output).__name__}", fields),
        "loss": spec.loss.type,
    }
    if spec.loss.label_smoothing:
        objective["label_smoothing"] = spec.loss.label_smoothing
    if spec.loss.class_weight is not None:
        weights = spec.loss.class_weight
        objective["class_weight"] = weights if isinstance(weights, str) else list(weights)
    if spec.has_kl:
        kl = spec.loss.kl
        objective["kl_weight"] = kl.weight
        if kl.warmup_epochs:
            objective["kl_warmup_epochs"] = kl.warmup_epochs
        if kl.cyclical is not None:
            objective["kl_cycles"] = kl.cyclical.cycles
            objective["kl_cycle_proportion"] = kl.cyclical.proportion
        if kl.temperature != 1:
            objective["temperature"] = kl.temperature
    arguments: dict[str, Value] = {
        "objective": Call("bnnc.runtime.Objective", objective),
        "seed": _seed(spec),
    }
    if spec.training.samples != 1:
        arguments["samples"] = spec.training.samples
    return Call("bnnc.runtime.BayesianModel", {**arguments, "name": spec.name})


def _optimizer(spec: Spec) -> Call:
    optimizer = spec.training.optimizer
    rate = optimizer.learning_rate
    arguments: dict[str, Value] = {
        "learning_rate": _schedule(rate) if isinstance(rate, ScheduleSection) else rate,
        **optimizer.arguments(),
    }
    target = f"keras.optimizers.{type(optimizer).__name__}"
    multiplier = spec.training.posterior_scale_learning_rate_multiplier
    sections = spec.bayesian_sections.values()
    if multiplier != 1 and any(one.applied_method.learns_scales for one in sections):
        target = f"bnnc.runtime.optimizers.{type(optimizer).__name__}"
        arguments["posterior_scale_learning_rate_multiplier"] = multiplier
    call = Call(target, arguments)
    if spec.training.precision == "mixed_float16":
        # Small gradients are 0 in float16. Keras scales the loss by itself only where the global
        # policy is mixed_float16, and the policy is set layer by layer here.
        return Call("bnnc.runtime.optimizers.LossScaleOptimizer", {"inner_optimizer": call})
    return call


def _schedule(schedule: ScheduleSection) -> Call:
    return Call(f"bnnc.runtime.schedules.{type(schedule).__name__}", schedule.arguments())
