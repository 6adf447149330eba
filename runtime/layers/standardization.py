"""Standardise features by the mean and the standard deviation of the training rows."""

from typing import Any

import keras
import numpy as np
import numpy.typing as npt
import tensorflow as tf

_FIXED: dict[str, Any] = {"trainable": False, "dtype": "float32", "autocast": False}


@keras.saving.register_keras_serializable(package="bnnc")
class Standardization(keras.layers.Layer):
    """Subtracts from each feature its mean over the training rows, and divides by its deviation.

    It is `keras.layers.Normalization` but for two things: a feature that is the same in all rows is
    divided by 1 instead of nearly 0, and its statistics are weights that are read in every call, so
    that they are saved, copied and traced as those of any layer. Before `adapt` it changes nothing.

    Input shape: [batch, features]. Output shape: the same. It is computed in float32.
    """

    def __init__(self, **kwargs: Any) -> None:
        # The raw features of half precision would have lost what sets them apart.
        super().__init__(autocast=False, **kwargs)

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Create the statistics."""
        shape = (input_shape[-1],)
        self.feature_mean = self.add_weight(
            name="feature_mean", shape=shape, initializer="zeros", **_FIXED
        )
        self.feature_std = self.add_weight(
            name="feature_std", shape=shape, initializer="ones", **_FIXED
        )
        self.adapted_rows = self.add_weight(
            name="adapted_rows", shape=(), initializer="zeros", **_FIXED
        )
        super().build(input_shape)

    @property
    def is_adapted(self) -> bool:
        """Whether it has the statistics of any rows."""
        return float(self.adapted_rows.numpy()) > 0

    def adapt(self, features: npt.ArrayLike) -> None:
        """Take the statistics of some rows. Shape: [rows, features].

        Raises: ValueError for another shape, or values that are not finite.
        """
        rows = np.asarray(features, np.float64)
        expected = self.feature_mean.shape[0]
        if rows.ndim != 2 or rows.shape[1] != expected or len(rows) == 0:
            raise ValueError(
                f"Expected rows of {expected} features. Received: an array of shape "
                f"{list(rows.shape)}"
            )
        if not np.isfinite(rows).all():
            raise ValueError("Expected finite features. Received: NaN or infinity among them")
        std = rows.std(axis=0)
        # Rounding leaves a deviation to a constant feature that float32 cannot express.
        constant = (rows == rows[:1]).all(axis=0)
        self.feature_mean.assign(np.where(constant, rows[0], rows.mean(axis=0)))
        self.feature_std.assign(np.where(constant, 1.0, std))
        self.adapted_rows.assign(len(rows))

    def call(self, inputs: tf.Tensor) -> tf.Tensor:
        """Return (inputs - mean) / standard deviation."""
        mean, std = (tf.convert_to_tensor(one) for one in (self.feature_mean, self.feature_std))
        standardised = (tf.cast(inputs, tf.float32) - mean) / std
        return tf.cast(standardised, self.compute_dtype)

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """The input's."""
        return input_shape
