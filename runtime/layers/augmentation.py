"""Keras's random image layers with indexed noise: active in training, and nowhere else."""

import random
from typing import Any

import keras
import tensorflow as tf

from bnnc.runtime.noise import check_seed, key_of_examples, next_layer_key


class _Keys(keras.random.SeedGenerator):
    """One layer's noise as Keras asks for it: a new key for every tensor that is drawn."""

    def __init__(self, key: tf.Tensor) -> None:
        # Not Keras's own: its state is a variable that counts the calls of a program's whole life.
        self.key = key
        self.drawn = 0

    def next(self, ordered: bool = True) -> tf.Tensor:
        """Return the next key, int32 of shape [2]."""
        del ordered
        self.drawn += 1
        return tf.random.fold_in(self.key, self.drawn)


class _Augmentation(keras.layers.Layer):
    """Mixin that makes the noise of a Keras random layer a function of (seed, step, layer).

    Stands before the Keras layer among the bases. Every example has noise of its own. Unlike
    Keras's, the layer does nothing unless it is told that it is training.

    Args:
        seed: integer from 0 to 2**31 - 1; random if None. All else as in the Keras layer.
    """

    def __init__(self, *args: Any, seed: int | None = None, **kwargs: Any) -> None:
        # Drawn here, so that it is part of the config and a loaded layer takes the same noise.
        seed = random.getrandbits(31) if seed is None else check_seed(seed)
        super().__init__(*args, seed=seed, **kwargs)

    def call(self, data: tf.Tensor, training: bool | None = False) -> tf.Tensor:
        """Change the images at random if training."""
        return super().call(data, training=True) if training else data

    def _get_seed_generator(self, backend: Any = None) -> keras.random.SeedGenerator:
        """Where Keras's layers ask for noise, once a call."""
        del backend
        key, _ = next_layer_key(self.seed, self.generator)
        return _Keys(key_of_examples(key))


@keras.saving.register_keras_serializable(package="bnnc")
class RandomFlip(_Augmentation, keras.layers.RandomFlip):
    """`keras.layers.RandomFlip`. Input and output shape: [batch, height, width, channels]."""


@keras.saving.register_keras_serializable(package="bnnc")
class RandomTranslation(_Augmentation, keras.layers.RandomTranslation):
    """`keras.layers.RandomTranslation`. Shape: [batch, height, width, channels]."""


@keras.saving.register_keras_serializable(package="bnnc")
class RandomRotation(_Augmentation, keras.layers.RandomRotation):
    """`keras.layers.RandomRotation`. Shape: [batch, height, width, channels]."""


@keras.saving.register_keras_serializable(package="bnnc")
class RandomZoom(_Augmentation, keras.layers.RandomZoom):
    """`keras.layers.RandomZoom`. Shape: [batch, height, width, channels]."""


@keras.saving.register_keras_serializable(package="bnnc")
class RandomContrast(_Augmentation, keras.layers.RandomContrast):
    """`keras.layers.RandomContrast`. Shape: [batch, height, width, channels]."""


@keras.saving.register_keras_serializable(package="bnnc")
class RandomErasing(_Augmentation, keras.layers.RandomErasing):
    """`keras.layers.RandomErasing`. Shape: [batch, height, width, channels]."""
