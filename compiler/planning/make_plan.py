"""Make the plan of a spec: its layers with their shapes, weights, costs and KL."""

from __future__ import annotations

from dataclasses import replace
from math import prod

from bnnc.compiler.analysis.shapes import Step, consumers, trace
from bnnc.compiler.planning.plan import Node, Plan
from bnnc.errors import InternalError
from bnnc.specs import Spec
from bnnc.specs.bayesian import Bayesian
from bnnc.specs.methods import Consumer, WeightCounts
from bnnc.specs.placement import IMAGES
from bnnc.specs.sources import DataFacts, named_facts

STANDARDIZATION = "bnnc.runtime.Standardization"


def make_plan(spec: Spec, facts: DataFacts | None = None) -> Plan:
    """The plan of a spec without errors.

    Args:
        spec: the spec.
        facts: what is known of the data that the spec names; of a named source it is known anyway.
    """
    if facts is None and spec.data is not None:
        facts = named_facts(spec.data.source)
        facts = facts and facts.after_splits(spec.data.splits).after_split(
            spec.data.validation_split
        )
    placed = spec.placed
    nodes = _input_nodes(spec, {one.name for one in placed})
    sections = spec.bayesian_sections
    shapes = trace(placed, spec.input.shape)
    behind = consumers(shapes.steps)
    names = {IMAGES: nodes[-1].name} | {one.index: one.name for one in placed}
    for step in shapes.steps:
        inputs = tuple(names[index] for index in step.placed.inputs)
        index = step.placed.index
        node = _node(step, inputs, sections.get(index), behind[index])
        own = step.layer.own_bayesian
        said = own.method if own is not None and own.method is not None else spec.bayesian.method
        nodes.append(replace(node, method_is_chosen=node.method not in (None, said)))
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
    """The images, their mapping to [0, 1], and their standardisation where it is asked for.

    Of a table, the features and their standardisation by the training rows.
    """
    if spec.input.is_table:
        classes = [("features", "keras.Input")]
        if spec.input.standardize:
            classes.append(("standardization", STANDARDIZATION))
        return _nodes_in_a_row(spec, classes, taken)
    classes = [("images", "keras.Input")]
    if spec.input.value_range != (0, 1):
        classes.append(("rescaling", "keras.layers.Rescaling"))
    if spec.input.mean is not None or spec.input.std is not None:
        classes.append(("normalization", "keras.layers.Normalization"))
    return _nodes_in_a_row(spec, classes, taken)


def _nodes_in_a_row(spec: Spec, classes: list[tuple[str, str]], taken: set[str]) -> list[Node]:
    """Nodes of the input's shape; each takes the one before."""
    # Mean and standard deviation of each feature, and the rows that they are of.
    statistics = 2 * spec.input.shape[0] + 1
    names = [_free_name(name, taken) for name, _ in classes]
    return [
        Node(
            name=name,
            layer=None,
            keras_class=keras_class,
            inputs=tuple(names[max(index - 1, 0) : index]),
            input_shape=spec.input.shape,
            output_shape=spec.input.shape,
            parameters=statistics if keras_class == STANDARDIZATION else 0,
            trainable=0,
            posterior=0,
            multiply_adds=0,
            stochastic=False,
            kl=0.0,
        )
        for index, (name, (_, keras_class)) in enumerate(zip(names, classes, strict=True))
    ]


def _output_nodes(spec: Spec, last: str, taken: set[str]) -> list[Node]:
    """The node of parameters that the output distribution learns once for all images."""
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
    step: Step, inputs: tuple[str, ...], bayesian: Bayesian | None, behind: tuple[Consumer, ...]
) -> Node:
    layer, shape = step.layer, step.input
    read = shape if bayesian is None else bayesian.applied_method.read_by_kernel(shape, bayesian)
    weights = {key: prod(size) for key, size in layer.weight_shapes(read).items()}
    multiply_adds = layer.multiply_adds(read)
    parameters = sum(weights.values())
    trainable = sum(size for key, size in weights.items() if key not in layer.non_trainable())
    keras_class, stochastic, added, kl = layer.keras_class, False, WeightCounts(), 0.0
    if bayesian is not None:
        method = bayesian.applied_method
        keras_class, stochastic = method.keras_class(layer), method.is_random(layer)
        added = method.added(layer, shape, bayesian)
        multiply_adds += method.more_multiply_adds(shape, bayesian)
        kl = added.kl + method.consumer_kl(layer, shape, bayesian, behind)
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
        drawn=added.drawn,
        method=None if bayesian is None else bayesian.method,
    )
