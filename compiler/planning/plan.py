"""The plan: the compiled program before TensorFlow, as values that can be printed.

It must agree with Keras exactly, on every shape and every count.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from math import ceil, prod
from typing import Any

from bnnc.compiler.analysis.budget import step_bytes
from bnnc.compiler.analysis.shapes import Step, readers, trace
from bnnc.errors import InternalError
from bnnc.specs import Spec
from bnnc.specs.bayesian import Bayesian
from bnnc.specs.layers import Shape
from bnnc.specs.methods import Added, Reader
from bnnc.specs.placement import IMAGES
from bnnc.specs.sources import DataFacts, named_facts
from bnnc.system.table import Shown, Table


@dataclass(frozen=True, slots=True)
class Node:
    """One layer of the Keras model.

    Attributes:
        name: name of the Keras layer.
        layer: index of the layer among the placed ones (`bnnc.specs.placement`); None for what
            the input or the output section asks for.
        keras_class: class of the layer, with its module.
        inputs: names of the nodes whose outputs it takes.
        input_shape, output_shape: of one example, without the batch; of the first input where
            there are several.
        parameters: all weights, trained or not, as Keras counts them.
        trainable: weights that gradients change.
        posterior: weights with a posterior of their own.
        multiply_adds: of the kernel, for one example and one draw.
        inner_outputs: numbers that a training step holds of layers inside of it, for one example.
        stochastic: whether its output is random at prediction.
        kl: KL(posterior ‖ prior) expected at the start, in nats.
        kl_is_sampled: whether training estimates it by Monte Carlo, having no closed form.
    """

    name: str
    layer: int | None
    keras_class: str
    inputs: tuple[str, ...]
    input_shape: Shape
    output_shape: Shape
    parameters: int
    trainable: int
    posterior: int
    multiply_adds: int
    stochastic: bool
    kl: float
    kl_is_sampled: bool = False
    inner_outputs: int = 0


@dataclass(frozen=True, slots=True, repr=False)
class Plan(Shown):
    """The whole model, node by node.

    Attributes:
        rows: rows trained on, N; None where the spec names no data whose rows are known.
        first_stochastic: index of the first node whose output is random at prediction; None for
            a deterministic model.
        members: networks of these nodes; 1 where there is no ensemble.
    """

    name: str
    fingerprint: str
    nodes: tuple[Node, ...]
    first_stochastic: int | None
    batch_size: int
    epochs: int
    rows: int | None
    optimizer_slots: int
    members: int

    def _table(self) -> Table:
        from bnnc.compiler.planning.plan_table import plan_table

        return plan_table(self)

    @property
    def parameters(self) -> int:
        """All weights of one member, trained or not."""
        return sum(node.parameters for node in self.nodes)

    @property
    def trainable(self) -> int:
        """Weights that gradients change."""
        return sum(node.trainable for node in self.nodes)

    @property
    def posterior(self) -> int:
        """Weights with a posterior of their own."""
        return sum(node.posterior for node in self.nodes)

    @property
    def multiply_adds(self) -> int:
        """Multiply-adds for one example and one draw."""
        return sum(node.multiply_adds for node in self.nodes)

    @property
    def run_once(self) -> frozenset[str]:
        """Names of the nodes that nothing random stands before: they run once for all draws."""
        random: set[str] = set()
        for node in self.nodes:
            if node.stochastic or not random.isdisjoint(node.inputs):
                random.add(node.name)
        return frozenset(node.name for node in self.nodes) - random

    @property
    def kl(self) -> float:
        """KL(posterior ‖ prior) of all weights expected at the start, in nats."""
        return sum(node.kl for node in self.nodes)

    @property
    def kl_is_sampled(self) -> bool:
        """Whether training estimates a part of it by Monte Carlo."""
        return any(node.kl_is_sampled for node in self.nodes)

    @property
    def kl_per_example(self) -> float | None:
        """`kl` divided by the rows trained on; None where they are not known."""
        return None if self.rows is None else self.kl / self.rows

    @property
    def steps_per_epoch(self) -> int | None:
        """Training steps of one epoch; None where the rows are not known."""
        return None if self.rows is None else ceil(self.rows / self.batch_size)

    @property
    def training_bytes(self) -> int:
        """Estimate of the memory that a training step holds.

        See `bnnc.compiler.analysis.budget.step_bytes`.
        """
        return step_bytes(
            weights=self.parameters,
            trained=self.trainable,
            slots=self.optimizer_slots,
            batch_size=self.batch_size,
            outputs=sum(prod(node.output_shape) + node.inner_outputs for node in self.nodes),
            members=self.members,
        )

    def as_json(self) -> dict[str, Any]:
        """The plan as plain values, with its totals."""
        return {
            **asdict(self),
            "totals": {
                "parameters": self.parameters,
                "parameters_of_all_members": self.parameters * self.members,
                "trainable": self.trainable,
                "posterior": self.posterior,
                "multiply_adds": self.multiply_adds,
                "kl": self.kl,
                "kl_per_example": self.kl_per_example,
                "training_bytes": self.training_bytes,
            },
        }


def make_plan(spec: Spec, facts: DataFacts | None = None) -> Plan:
    """The plan of a spec without errors.

    Args:
        spec: the spec.
        facts: what is known of the data that the spec names; of a named source it is known anyway.
    """
    if facts is None and spec.data is not None:
        facts = named_facts(spec.data.source)
        facts = facts and facts.after_split(spec.data.validation_split)
    placed = spec.placed
    nodes = _input_nodes(spec, {one.name for one in placed})
    sections = spec.bayesian_sections
    shapes = trace(placed, spec.input.shape)
    behind = readers(shapes.steps)
    names = {IMAGES: nodes[-1].name} | {one.index: one.name for one in placed}
    for step in shapes.steps:
        inputs = tuple(names[index] for index in step.placed.inputs)
        index = step.placed.index
        nodes.append(_node(step, inputs, sections.get(index), behind[index]))
    if shapes.output != (spec.output.width,):
        raise InternalError(
            f"the last layer gives {shapes.output}, the output takes {spec.output.width}"
        )
    nodes.extend(_output_nodes(spec, nodes[-1].name, {node.name for node in nodes}))
    return Plan(
        name=spec.name,
        fingerprint=spec.fingerprint(),
        nodes=tuple(nodes),
        first_stochastic=next((i for i, node in enumerate(nodes) if node.stochastic), None),
        batch_size=spec.training.batch_size,
        epochs=spec.training.epochs,
        rows=None if facts is None else facts.rows,
        optimizer_slots=spec.training.optimizer.slots,
        members=len(spec.members()),
    )


def _input_nodes(spec: Spec, taken: set[str]) -> list[Node]:
    """The images, their mapping to [0, 1], and their standardisation where it is asked for."""
    classes = [("images", "keras.Input")]
    if spec.input.value_range != (0, 1):
        classes.append(("rescaling", "keras.layers.Rescaling"))
    if spec.input.mean is not None or spec.input.std is not None:
        classes.append(("normalization", "keras.layers.Normalization"))
    names = [_free_name(name, taken) for name, _ in classes]
    return [
        Node(
            name=name,
            layer=None,
            keras_class=keras_class,
            inputs=tuple(names[max(index - 1, 0) : index]),
            input_shape=spec.input.shape,
            output_shape=spec.input.shape,
            parameters=0,
            trainable=0,
            posterior=0,
            multiply_adds=0,
            stochastic=False,
            kl=0.0,
        )
        for index, (name, (_, keras_class)) in enumerate(zip(names, classes, strict=True))
    ]


def _output_nodes(spec: Spec, last: str, taken: set[str]) -> list[Node]:
    """What the output distribution learns once for all images, behind the last layer."""
    learned = spec.output.learned
    if learned is None:
        return []
    width = spec.output.width
    return [
        Node(
            name=_free_name(learned.name, taken),
            layer=None,
            keras_class=learned.keras_class,
            inputs=(last,),
            input_shape=(width,),
            output_shape=(width + learned.appended,),
            parameters=learned.appended,
            trainable=learned.appended,
            posterior=0,
            multiply_adds=0,
            stochastic=False,
            kl=0.0,
        )
    ]


def _free_name(name: str, taken: set[str]) -> str:
    number = 0
    free = name
    while free in taken:
        number += 1
        free = f"{name}_{number}"
    return free


def _node(
    step: Step, inputs: tuple[str, ...], bayesian: Bayesian | None, behind: tuple[Reader, ...]
) -> Node:
    layer, shape = step.layer, step.input
    read = shape if bayesian is None else bayesian.applied.read_by_kernel(shape, bayesian)
    weights = {key: prod(size) for key, size in layer.weight_shapes(read).items()}
    multiply_adds = layer.multiply_adds(read)
    parameters = sum(weights.values())
    trainable = sum(size for key, size in weights.items() if key not in layer.non_trainable())
    keras_class, stochastic, added, kl = layer.keras_class, False, Added(), 0.0
    if bayesian is not None:
        method = bayesian.applied
        keras_class, stochastic = method.keras_class(layer), method.is_random(layer)
        added = method.added(layer, shape, bayesian)
        multiply_adds += method.more_multiply_adds(shape, bayesian)
        kl = added.kl + method.kl_of_readers(layer, shape, bayesian, behind)
    return Node(
        name=step.placed.name,
        layer=step.placed.index,
        keras_class=keras_class,
        inputs=inputs,
        input_shape=shape,
        output_shape=step.output,
        parameters=parameters + added.trainable + added.non_trainable,
        trainable=trainable + added.trainable,
        posterior=added.posterior,
        multiply_adds=multiply_adds,
        stochastic=stochastic,
        kl=kl,
        kl_is_sampled=added.kl_is_sampled,
        inner_outputs=layer.inner_outputs(shape),
    )
