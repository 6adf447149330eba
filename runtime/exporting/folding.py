"""Freeze a graph: everything that does not depend on the images becomes a constant.

The kernels, masks and factors of all draws are evaluated by TensorFlow's own operations, as a
prediction evaluates them, and put into the graph in place of what they were computed from. No
random operation and no variable is left.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

import tensorflow as tf

# `convert_variables_to_constants_v2` has no public name under TensorFlow 2. TensorFlow's own guides
# import it from here.
from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

from bnnc.errors import ExportError
from bnnc.runtime.keras_settings import keras_defaults

# A graph is one message of protobuf, which holds less than 2 GiB.
MOST_BYTES: Final = 2**31 - 2**26

Outputs = Mapping[str, tf.Tensor]


def frozen(function: Callable[[tf.Tensor], Outputs], images: tf.TensorSpec) -> Any:
    """A `tf.function` of images to named tensors, of constants alone.

    Args:
        function: images to named tensors; it is traced once.
        images: shape, type and name of its argument.

    Raises: ExportError if the constants take 2 GiB or more.
    """
    with keras_defaults():
        traced = tf.function(function, input_signature=[images], autograph=False)
        concrete = traced.get_concrete_function()
    names = sorted(concrete.structured_outputs)
    whole = convert_variables_to_constants_v2(concrete, lower_control_flow=False)
    [given] = whole.inputs
    values = _values_without(whole, given.op.name)
    size = sum(value.nbytes for value in values.values())
    if size > MOST_BYTES:
        raise ExportError(
            f"the weights of all draws take {size / 2**30:.1f} GiB, and a graph holds less than "
            "2 GiB: export fewer draws, or a SavedModel with fresh ones (`--fresh`)"
        )
    graph = _with_constants(whole.graph.as_graph_def(), given.op.name, values)
    ends = [_constant(one.name) if one.name in values else one.name for one in whole.outputs]

    def restored(given_images: tf.Tensor) -> dict[str, tf.Tensor]:
        made = tf.graph_util.import_graph_def(
            graph, input_map={given.name: given_images}, return_elements=ends, name=""
        )
        return {name: tf.identity(one) for name, one in zip(names, made, strict=True)}

    return tf.function(restored, input_signature=[images], autograph=False)


def _dependent(graph: tf.Graph, given: str) -> set[str]:
    """Names of the operations that need the images."""
    found = {given}
    for operation in graph.get_operations():  # each one after those that it takes tensors of
        if any(one.op.name in found for one in operation.inputs):
            found.add(operation.name)
    return found


def _values_without(whole: Any, given: str) -> dict[str, Any]:
    """Values of the tensors that meet the images and do not depend on them, by their names."""
    dependent = _dependent(whole.graph, given)
    met = {
        one.name: one
        for operation in whole.graph.get_operations()
        if operation.name in dependent
        for one in operation.inputs
        if one.op.name not in dependent
    }
    met |= {one.name: one for one in whole.outputs if one.op.name not in dependent}
    return {
        name: value.numpy()
        for name, value in zip(met, whole.prune([], list(met.values()))(), strict=True)
    }


def _with_constants(
    old: tf.compat.v1.GraphDef, given: str, values: Mapping[str, Any]
) -> tf.compat.v1.GraphDef:
    """The graph with a constant for each of these tensors, and what led to them left out."""
    graph = tf.compat.v1.GraphDef(versions=old.versions, library=old.library)
    dependent = {given}
    for node in old.node:  # each one after those that it takes tensors of
        if any(_operation(one) in dependent for one in node.input):
            dependent.add(node.name)
    for name, array in values.items():
        value = tf.make_tensor_proto(array)
        node = graph.node.add(name=_operation(_constant(name)), op="Const")
        node.attr["dtype"].type = value.dtype
        node.attr["value"].tensor.CopyFrom(value)
    for node in old.node:
        if node.name not in dependent:
            continue
        kept = graph.node.add()
        kept.CopyFrom(node)
        del kept.input[:]
        for one in node.input:
            name = one if ":" in one else f"{one}:0"
            if one.startswith("^") and one[1:] not in dependent:
                continue  # it waits for something; what is constant is there
            kept.input.append(_constant(name) if name in values else one)
    return graph


def _constant(tensor: str) -> str:
    """The constant that takes the place of a tensor."""
    return tensor.replace(":", "_") + "_folded:0"


def _operation(tensor: str) -> str:
    """The operation that gives a tensor."""
    return tensor.partition(":")[0]
