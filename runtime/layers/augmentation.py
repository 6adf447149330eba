"""Keras's random image layers with indexed noise: at random in training, and nowhere else."""

import random
from inspect import Signature, cleandoc, signature
from typing import Any

import keras
import tensorflow as tf

from bnnc.runtime import row_noise
from bnnc.runtime.layers.class_signature import ClassSignature
from bnnc.runtime.noise import check_seed, next_layer_key


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


class _RandomOfRows:
    """Keras's random numbers; where a batch is divided over devices, those of the rows of this one."""

    def __init__(self, random: Any) -> None:
        self._random = random

    def __getattr__(self, name: str) -> Any:
        drawn = getattr(self._random, name)

        def of_rows(shape: Any, *args: Any, **kwargs: Any) -> tf.Tensor:
            return row_noise.whole_batch(lambda all_: drawn(all_, *args, **kwargs), tuple(shape))

        return of_rows if name in {"normal", "uniform"} else drawn


class _BackendOfRows:
    """Keras's backend with `_RandomOfRows`."""

    def __init__(self, backend: Any) -> None:
        self._backend_of_keras = backend

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):  # of a copy that is being made, which has no attributes yet
            raise AttributeError(name)
        found = getattr(self.__dict__["_backend_of_keras"], name)
        return _RandomOfRows(found) if name == "random" else found


class _Augmentation(keras.layers.Layer):
    """Mixin that makes the noise of a Keras random layer a function of (seed, step, layer).

    Stands before the Keras layer among the bases. Every example has noise of its own. Unlike
    Keras's, the layer does nothing unless it is told that it is training.

    Args:
        seed: integer from 0 to 2**31 - 1; random if None. All else as in the Keras layer.
    """

    __signature__: ClassSignature
    backend: Any

    def __init_subclass__(cls, **kwargs: Any) -> None:
        """Give a layer the signature of Keras's, and the argument that is not Keras's its words."""
        super().__init_subclass__(**kwargs)
        keras_layer = next(one for one in cls.__mro__ if one.__module__.startswith("keras."))
        _, *arguments = signature(vars(keras_layer)["__init__"]).parameters.values()
        cls.__signature__ = ClassSignature(
            Signature(
                [
                    one.replace(annotation=int | None) if one.name == "seed" else one
                    for one in arguments
                ]
            )
        )
        cls.__doc__ = (
            f"{cleandoc(cls.__doc__ or '')}\n\nArgs:\n"
            f"    seed: integer from 0 to 2**31 - 1; random if None. All else as in Keras's layer."
        )

    def __init__(self, *args: Any, seed: int | None = None, **kwargs: Any) -> None:
        # Drawn here, so that it is part of the config and a loaded layer takes the same noise.
        seed = random.getrandbits(31) if seed is None else check_seed(seed)
        super().__init__(*args, seed=seed, **kwargs)
        self.backend = _BackendOfRows(self.backend)

    def call(self, data: tf.Tensor, training: bool | None = False) -> tf.Tensor:
        """Change the images at random if training."""
        data = tf.cast(data, self.compute_dtype)  # Keras leaves the inputs of some as they come
        return super().call(data, training=True) if training else data

    def _get_seed_generator(self, backend: Any = None) -> keras.random.SeedGenerator:
        """Where Keras's layers ask for noise, once a call."""
        del backend
        key, _ = next_layer_key(self.seed, self.generator)
        return _Keys(row_noise.key_of_examples(key))


@keras.saving.register_keras_serializable(package="bnnc")
class RandomFlip(_Augmentation, keras.layers.RandomFlip):
    """`keras.layers.RandomFlip`. Input and output shape: [batch, height, width, channels]."""


@keras.saving.register_keras_serializable(package="bnnc")
class RandomCrop(_Augmentation, keras.layers.RandomCrop):
    """`keras.layers.RandomCrop` with a window for every image; at prediction the middle one.

    Keras's layer cuts all images of a batch at one place. At prediction it takes the largest window
    of these proportions and resizes it: a network would be asked about images of another scale
    than those that it learned from.

    Input shape: [batch, height, width, channels].
    Output shape: [batch, height of the window, width of the window, channels].
    Raises: ValueError for images that are smaller than the window, or have their channels first.
    """

    def __init__(self, height: int, width: int, **kwargs: Any) -> None:
        super().__init__(height, width, **kwargs)
        self.supports_jit = True  # unlike Keras's slice, a lookup has a size that is known

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Check that the window fits."""
        height, width = input_shape[1] or 0, input_shape[2] or 0
        fits = self.height <= height and self.width <= width
        if not fits or self.data_format != "channels_last":
            raise ValueError(
                f"Expected images [batch, height, width, channels] of at least {self.height} by "
                f"{self.width}. Received: input_shape={tuple(input_shape)}, "
                f"data_format={self.data_format!r}"
            )
        super().build(input_shape)

    def call(self, data: tf.Tensor, training: bool | None = False) -> tf.Tensor:
        """Cut at random places if training, and in the middle otherwise."""
        data = tf.cast(data, self.compute_dtype)  # Keras leaves the inputs of a crop as they come
        if training:
            return self.transform_images(data, self.get_random_transformation(data))
        top, left = (data.shape[1] - self.height) // 2, (data.shape[2] - self.width) // 2
        return data[:, top : top + self.height, left : left + self.width]

    def get_random_transformation(
        self, data: tf.Tensor, training: bool = True, seed: Any = None
    ) -> tuple[tf.Tensor, tf.Tensor]:
        """First row and first column of every image's window, int32, of shape [batch] each."""
        del training
        noise = self._get_seed_generator() if seed is None else seed
        spare = (data.shape[1] - self.height, data.shape[2] - self.width)

        def drawn(most: int) -> tf.Tensor:
            key = noise.next()
            return row_noise.whole_batch(
                lambda rows: tf.random.stateless_uniform(rows, key, 0, most + 1, tf.int32),
                (tf.shape(data)[0],),
            )

        return drawn(spare[0]), drawn(spare[1])

    def transform_images(
        self, images: tf.Tensor, transformation: tuple[tf.Tensor, tf.Tensor], training: bool = True
    ) -> tf.Tensor:
        """Look every pixel up: one lookup takes half the time of a slice an image."""
        del training
        top, left = transformation
        batch, (height, width, channels) = tf.shape(images)[0], images.shape[1:]
        row = tf.range(batch)[:, tf.newaxis] * height + top[:, tf.newaxis] + tf.range(self.height)
        column = left[:, tf.newaxis] + tf.range(self.width)
        pixel = row[:, :, tf.newaxis] * width + column[:, tf.newaxis, :]
        return tf.gather(tf.reshape(images, [-1, channels]), pixel)


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
