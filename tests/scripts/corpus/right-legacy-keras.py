# After the TFP release notes on Keras 3: the variable that brings Keras 2 back, before the imports.
import os

os.environ["TF_USE_LEGACY_KERAS"] = "1"

import tensorflow as tf
import tensorflow_probability as tfp

tfd = tfp.distributions
(x_train, y_train), _ = tf.keras.datasets.mnist.load_data()
kl = lambda q, p, _: tfd.kl_divergence(q, p) / 60_000

model = tf.keras.Sequential([
    tf.keras.layers.Flatten(input_shape=(28, 28)),
    tf.keras.layers.Dense(128, activation="relu"),
    tfp.layers.DenseFlipout(10, activation="softmax", kernel_divergence_fn=kl),
])
model.compile("adam", "sparse_categorical_crossentropy")
model.fit(x_train / 255.0, y_train, batch_size=32, epochs=5)
