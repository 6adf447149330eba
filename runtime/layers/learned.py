"""Parameters of the output distribution that are learned once, the same for every image.

They are weights of a last layer, which appends them to what the layer before it gives: the model's
output holds all that the distribution takes, and they are trained and saved as any weight is.
"""

from typing import Any, ClassVar

import keras
import numpy as np
import tensorflow as tf

from bnnc.runtime.softplus import positive, unconstrained
from bnnc.specs.outputs.output import LEARNED_SCALE


class _Appended(keras.layers.Layer):
    """A layer that appends numbers to its inputs.

    Input shape: [batch, features]. Output shape: [batch, features + appended].
    """

    # Weight decay would take a scale to softplus(0), and the distances of cutpoints too.
    not_decayed: ClassVar[tuple[str, ...]] = ("unconstrained",)

    appended: int

    def numbers(self) -> tf.Tensor:
        """What is appended. Shape: [appended]."""
        raise AssertionError("every such layer says what it appends")

    def call(self, inputs: tf.Tensor) -> tf.Tensor:
        """Append the numbers to every row."""
        numbers = tf.cast(self.numbers(), inputs.dtype)
        rows = tf.broadcast_to(numbers, (tf.shape(inputs)[0], self.appended))
        return tf.concat([inputs, rows], axis=-1)

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """[batch, features + appended]."""
        batch, features = input_shape
        return batch, None if features is None else features + self.appended


@keras.saving.register_keras_serializable(package="bnnc")
class LearnedScale(_Appended):
    """Appends an unconstrained scale for each of `event_size` real labels.

    Args:
        event_size: numbers that each image has.

    The scale, softplus of the weight above a floor, starts at 1.
    """

    def __init__(self, event_size: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if event_size < 1:
            raise ValueError(
                f"Expected `event_size` to be at least 1. Received: event_size={event_size}"
            )
        self.event_size = self.appended = event_size

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Create the weights."""
        self.unconstrained_scale = self.add_weight(
            name="unconstrained_scale",
            shape=(self.event_size,),
            initializer=keras.initializers.Constant(unconstrained(LEARNED_SCALE)),
            dtype="float32",
        )
        super().build(input_shape)

    def numbers(self) -> tf.Tensor:
        """The unconstrained scales."""
        return tf.convert_to_tensor(self.unconstrained_scale)

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments."""
        return {**super().get_config(), "event_size": self.event_size}


@keras.saving.register_keras_serializable(package="bnnc")
class LearnedCutpoints(_Appended):
    """Appends the `classes - 1` cutpoints of an ordered logistic distribution, in their order.

    The first one is a weight, and so is, through a softplus above a floor, the distance of each
    from the one before. At the start every class has the same probability where the location is 0:
    cutpoint k is the logit of k / classes.

    Args:
        classes: number of classes, at least 2.
    """

    def __init__(self, classes: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if classes < 2:
            raise ValueError(f"Expected `classes` to be at least 2. Received: classes={classes}")
        self.classes = classes
        self.appended = classes - 1

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Create the weights."""
        shares = np.arange(1, self.classes) / self.classes
        cutpoints = np.log(shares / (1 - shares))
        start = [cutpoints[0], *(unconstrained(float(gap)) for gap in np.diff(cutpoints))]
        self.unconstrained_cutpoints = self.add_weight(
            name="unconstrained_cutpoints",
            shape=(self.appended,),
            initializer=lambda shape, dtype=None: tf.constant(start, dtype or "float32", shape),
            dtype="float32",
        )
        super().build(input_shape)

    def numbers(self) -> tf.Tensor:
        """The cutpoints."""
        weights = tf.convert_to_tensor(self.unconstrained_cutpoints)
        return tf.cumsum(tf.concat([weights[:1], positive(weights[1:])], axis=0))

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments."""
        return {**super().get_config(), "classes": self.classes}
