# After tensorflow/probability issues 396 and 691: `kl_weight` of DenseVariational is 1 over the
# rows, and not 1 over the batch size.
import numpy as np
import tensorflow as tf
import tensorflow_probability as tfp
import tf_keras

tfd, tfpl = tfp.distributions, tfp.layers
(x_train, y_train), _ = tf_keras.datasets.fashion_mnist.load_data()
batch_size = 32


def posterior_mean_field(kernel_size, bias_size=0, dtype=None):
    n = kernel_size + bias_size
    c = np.log(np.expm1(1.0))
    return tf_keras.Sequential([
        tfpl.VariableLayer(2 * n, dtype=dtype),
        tfpl.DistributionLambda(lambda t: tfd.Independent(
            tfd.Normal(loc=t[..., :n], scale=1e-5 + tf.nn.softplus(c + t[..., n:])),
            reinterpreted_batch_ndims=1)),
    ])


def prior_trainable(kernel_size, bias_size=0, dtype=None):
    n = kernel_size + bias_size
    return tf_keras.Sequential([
        tfpl.VariableLayer(n, dtype=dtype),
        tfpl.DistributionLambda(lambda t: tfd.Independent(
            tfd.Normal(loc=t, scale=1), reinterpreted_batch_ndims=1)),
    ])


model = tf_keras.Sequential([
    tf_keras.layers.Flatten(input_shape=(28, 28)),
    tfpl.DenseVariational(64, posterior_mean_field, prior_trainable, kl_weight=1 / batch_size, activation="relu"),
    tfpl.DenseVariational(10, posterior_mean_field, prior_trainable, kl_weight=1 / batch_size),
])
model.compile("adam", tf_keras.losses.SparseCategoricalCrossentropy(from_logits=True))
model.fit(x_train / 255.0, y_train, batch_size=batch_size, epochs=20)
