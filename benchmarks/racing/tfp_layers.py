"""TensorFlow Probability's Keras layers, on tf_keras, in a loop of their own."""

import os
from collections.abc import Callable
from typing import Any

os.environ.setdefault("TF_USE_LEGACY_KERAS", "1")

import numpy as np
import tensorflow as tf
import tensorflow_probability as tfp
import tf_keras

from benchmarks.racing.nets import INITIAL_SCALE, PRIOR_SCALE, ROWS, Case, Layers

_CONVOLUTIONS = {
    "flipout": tfp.layers.Convolution2DFlipout,
    "reparameterization": tfp.layers.Convolution2DReparameterization,
}
_DENSE = {
    "flipout": tfp.layers.DenseFlipout,
    "reparameterization": tfp.layers.DenseReparameterization,
}
_CLASSES = {
    "conv2d": tf_keras.layers.Conv2D,
    "dense": tf_keras.layers.Dense,
    "max_pooling2d": tf_keras.layers.MaxPooling2D,
    "flatten": tf_keras.layers.Flatten,
    "batch_normalization": tf_keras.layers.BatchNormalization,
    "activation": tf_keras.layers.Activation,
    "global_average_pooling2d": tf_keras.layers.GlobalAveragePooling2D,
}
# Images of one call at prediction.
_CHUNK = 1000


def make(case: Case) -> Callable[[int], Any]:
    """What does a case once, or several times."""
    images = tf_keras.Input(case.shape)
    model = tf_keras.Model(images, _applied(case.tree, case.method, images))
    return {"step": _steps, "predict": _predictions, "loop": _predict_calls}[case.task](model, case)


def forget() -> None:
    """Free what tf_keras keeps of the models made so far."""
    tf_keras.backend.clear_session()


def _applied(layers: Layers, method: str, inputs: Any) -> Any:
    for layer in layers:
        if layer["type"] == "residual":
            inside, past = (_applied(layer[key], method, inputs) for key in ("layers", "shortcut"))
            inputs = tf_keras.layers.Add()([inside, past])
            continue
        arguments = {key: one for key, one in layer.items() if key not in {"type", "bayesian"}}
        if layer["bayesian"]:
            found = (_CONVOLUTIONS if layer["type"] == "conv2d" else _DENSE)[method]
            inputs = found(**arguments, **_posterior())(inputs)
        else:
            inputs = _CLASSES[layer["type"]](**arguments)(inputs)
    return inputs


def _posterior() -> dict[str, Any]:
    """The scales of the other libraries, the KL divided by the rows."""
    unconstrained = float(np.log(np.expm1(INITIAL_SCALE)))

    def prior(dtype: Any, shape: Any, name: str, trainable: bool, add_variable: Any) -> Any:
        del name, trainable, add_variable
        one = tfp.distributions.Normal(tf.zeros(shape, dtype), tf.constant(PRIOR_SCALE, dtype))
        return tfp.distributions.Independent(one, len(shape))

    return {
        "kernel_posterior_fn": tfp.layers.default_mean_field_normal_fn(
            loc_initializer=tf_keras.initializers.HeNormal(),
            untransformed_scale_initializer=tf_keras.initializers.Constant(unconstrained),
        ),
        "kernel_prior_fn": prior,
        "kernel_divergence_fn": lambda q, p, _: tfp.distributions.kl_divergence(q, p) / ROWS,
    }


def _images(case: Case, rows: int) -> tuple[Any, Any]:
    generator = np.random.default_rng(0)
    images = generator.normal(size=(rows, *case.shape)).astype(np.float32)
    return images, generator.integers(0, 10, rows)


def _steps(model: Any, case: Case) -> Callable[[int], None]:
    optimizer = tf_keras.optimizers.Adam(0.001)
    optimizer.build(model.trainable_variables)
    images, labels = (tf.constant(one) for one in _images(case, case.batch))

    @tf.function
    def run_steps(count: tf.Tensor) -> None:
        for _ in tf.range(count):
            with tf.GradientTape() as tape:
                logits = model(images, training=True)
                losses = tf.nn.sparse_softmax_cross_entropy_with_logits(labels, logits)
                loss = tf.reduce_mean(losses) + tf.add_n(model.losses)
            gradients = tape.gradient(loss, model.trainable_variables)
            optimizer.apply_gradients(zip(gradients, model.trainable_variables, strict=True))

    return lambda count: run_steps(tf.constant(count))


def _predictions(model: Any, case: Case) -> Callable[[int], None]:
    """The mean of the probabilities, the draws looped over inside of a graph."""
    images, _ = _images(case, case.images)

    @tf.function
    def mean(chunk: tf.Tensor, samples: tf.Tensor) -> tf.Tensor:
        total = tf.zeros([tf.shape(chunk)[0], 10])
        for _ in tf.range(samples):
            total += tf.nn.softmax(model(chunk, training=False))
        return total / tf.cast(samples, tf.float32)

    def run(count: int) -> None:
        for _ in range(count):
            for start in range(0, len(images), _CHUNK):
                mean(tf.constant(images[start : start + _CHUNK]), tf.constant(case.samples)).numpy()

    return run


def _predict_calls(model: Any, case: Case) -> Callable[[int], None]:
    """The mean of the probabilities, by calls of `predict`."""
    images, _ = _images(case, case.images)

    def run(count: int) -> None:
        for _ in range(count):
            total = np.zeros((len(images), 10))
            for _ in range(case.samples):
                logits = model.predict(images, batch_size=_CHUNK, verbose=0)
                total += tf.nn.softmax(logits).numpy()

    return run
