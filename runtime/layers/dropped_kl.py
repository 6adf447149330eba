"""Refuse a training that would leave out the KL of a layer."""

from typing import Any

import keras

from bnnc.errors import ArgumentError
from bnnc.runtime.keras_internals import outermost_call, undecorated


def refuse_to_drop_kl(layer: Any) -> None:
    """Raise where Keras's own training step calls a layer whose KL nothing adds to the loss.

    A model with a `train_step` or a `compute_loss` of its own, and a loop around a model that is not
    compiled, are left alone: what they add is theirs to say.

    Raises: ArgumentError.
    """
    model, training = outermost_call(layer)
    if not training or not isinstance(model, keras.Model) or not model.compiled:
        return
    own = type(model)
    is_keras_own = (
        own.train_step is keras.Model.train_step and own.compute_loss is keras.Model.compute_loss
    )
    if is_keras_own:
        raise undecorated(
            ArgumentError(
                f"The loss of {own.__name__} {model.name!r} would leave out the KL divergence of layer "
                f"{layer.name!r}, and its posterior would shrink to a point. Make the model with "
                "`bnnc.BayesianModel(inputs, outputs, output=...)`, which adds it, or add "
                "`layer.kl_divergence() / rows` of each such layer in a `train_step` of your own"
            )
        )
