"""Read the private attributes of Keras that bnnc needs, each for want of a public name.

All were read in the source of Keras 3.15.1. With another version, look here first.
"""

from typing import Any, TypeVar

import keras
import tensorflow as tf

Error = TypeVar("Error", bound=Exception)


def batch_counter(optimizer: Any) -> Any:
    """Return the variable that counts batches.

    The public `iterations` counts changes of the weights, which are fewer where gradients are
    accumulated.
    """
    return optimizer._iterations


def moving_averages(optimizer: Any) -> list[Any]:
    """Return the averages of the trainable variables, in their order, of a built `use_ema`.

    Keras's own `SwapEMAWeights` reads them so; `finalize_variable_values` can only overwrite with
    them.
    """
    averages: list[Any] = optimizer._model_variables_moving_average
    return averages


def index_of_variable(optimizer: Any, variable: tf.Variable) -> int:
    """Return the place of a variable among those that the optimizer was built for.

    `update_step`, which Keras means to be overridden, gets the variable alone.
    """
    index: int = optimizer._get_variable_index(variable)
    return index


def rate_or_schedule(optimizer: Any) -> Any:
    """Return what the learning rate was given as; None of an optimizer without one.

    The public `learning_rate` is a schedule's value now, not the schedule.
    """
    return getattr(optimizer, "_learning_rate", None)


def compiled_metrics(model: keras.Model) -> Any:
    """Return the container of the metrics given to `compile`, or None.

    `model.metrics`, which bnnc overrides, is the only public way to it.
    """
    return model._compile_metrics


def causal_padding(layer: keras.layers.Conv1D, inputs: tf.Tensor) -> tf.Tensor:
    """Pad the steps as `padding="causal"` does; Keras does it inside of `call` alone."""
    return keras.ops.pad(inputs, layer._compute_causal_padding())


def first_node(operation: Any) -> Any:
    """Return the node of an operation's first call, with its input and output tensors.

    The public `operation.input` fails for a layer that is called in several graphs.
    """
    return operation._inbound_nodes[0]


def outermost_call(layer: keras.layers.Layer) -> tuple[Any, bool]:
    """Return the model or layer whose call led to this one, and whether it is a training.

    Inside of `call` alone: elsewhere the layer itself begins one.
    """
    context = layer._get_call_context()
    return context.entry_layer, bool(getattr(context, "training", False))


def layers_inside(layer: keras.layers.Layer) -> list[keras.layers.Layer]:
    """Return all layers that a layer or a model is made of, at any depth, without itself.

    The public `model.layers` has those of the top alone, and a wrapper has none.
    """
    found: list[keras.layers.Layer] = layer._flatten_layers(include_self=False)
    return found


def undecorated(error: Error) -> Error:
    """Return an error of a layer's `call` to which Keras does not add the arguments of the call."""
    error._keras_call_info_injected = True  # type: ignore[attr-defined]
    return error
