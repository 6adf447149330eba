# After tensorflow/probability issue 651: the KL is divided by the batches of an epoch, which would
# fit a sum over the rows of a batch; Keras's losses are means.
import math

import tensorflow_probability as tfp
import tf_keras as keras

tfd = tfp.distributions
(x_train, y_train), (x_test, y_test) = keras.datasets.mnist.load_data()
batch_size = 100
batches = math.ceil(60000 / batch_size)


def divergence(q, p, ignore):
    return tfd.kl_divergence(q, p) / batches


model = keras.Sequential([
    keras.layers.Flatten(input_shape=(28, 28)),
    tfp.layers.DenseFlipout(128, activation="relu", kernel_divergence_fn=divergence),
    tfp.layers.DenseFlipout(10, kernel_divergence_fn=divergence),
])
model.compile(
    loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    optimizer=keras.optimizers.Adam(1e-3),
)
model.fit(x_train / 255.0, y_train, batch_size=batch_size, epochs=10)
