"""Hold the global settings of Keras at their defaults while bnnc builds and runs a model.

`keras.config.set_dtype_policy`, `set_floatx`, `set_image_data_format` and `set_epsilon`, or the file
`keras.json`, change what Keras's layers, metrics and losses are. What a spec builds depends on the
spec alone.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import keras


@contextmanager
def keras_defaults(dtype_policy: Any = "float32") -> Iterator[None]:
    """Hold Keras's global settings at its defaults inside the block; restore them afterwards.

    It is a decorator of functions too. Blocks nest.

    Args:
        dtype_policy: the policy of layers that are made without one.
    """
    config = keras.config
    policy, floatx = config.dtype_policy(), config.floatx()
    data_format, epsilon = config.image_data_format(), config.epsilon()
    try:
        config.set_dtype_policy(dtype_policy)
        config.set_floatx("float32")
        config.set_image_data_format("channels_last")
        config.set_epsilon(1e-7)
        yield
    finally:
        config.set_dtype_policy(policy)
        config.set_floatx(floatx)
        config.set_image_data_format(data_format)
        config.set_epsilon(epsilon)


class KerasDefaultsModel(keras.Model):
    """A Keras model whose methods run under `keras_defaults`: its layers do what a spec says."""

    @keras_defaults()
    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """As of `keras.Model`."""
        return super().__call__(*args, **kwargs)

    @keras_defaults()
    def fit(self, *args: Any, **kwargs: Any) -> Any:
        """As of `keras.Model`."""
        return super().fit(*args, **kwargs)

    @keras_defaults()
    def evaluate(self, *args: Any, **kwargs: Any) -> Any:
        """As of `keras.Model`."""
        return super().evaluate(*args, **kwargs)

    @keras_defaults()
    def predict(self, *args: Any, **kwargs: Any) -> Any:
        """As of `keras.Model`."""
        return super().predict(*args, **kwargs)

    @keras_defaults()
    def train_on_batch(self, *args: Any, **kwargs: Any) -> Any:
        """As of `keras.Model`."""
        return super().train_on_batch(*args, **kwargs)

    @keras_defaults()
    def test_on_batch(self, *args: Any, **kwargs: Any) -> Any:
        """As of `keras.Model`."""
        return super().test_on_batch(*args, **kwargs)

    @keras_defaults()
    def predict_on_batch(self, *args: Any, **kwargs: Any) -> Any:
        """As of `keras.Model`."""
        return super().predict_on_batch(*args, **kwargs)
