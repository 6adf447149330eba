# After the same tutorial, for images: a fixed prior, and the KL over the rows.
import numpy as np
import tensorflow as tf
import tensorflow_probability as tfp
import tf_keras as keras

tfd, tfpl = tfp.distributions, tfp.layers
(x_train, y_train), (x_test, y_test) = keras.datasets.mnist.load_data()


def posterior(kernel_size, bias_size=0, dtype=None):
    n = kernel_size + bias_size
    return keras.Sequential([
        tfpl.VariableLayer(2 * n, dtype=dtype),
        tfpl.DistributionLambda(lambda t: tfd.Independent(
            tfd.Normal(loc=t[..., :n], scale=1e-5 + 0.02 * tf.nn.softplus(t[..., n:])),
            reinterpreted_batch_ndims=1)),
    ])


def prior(kernel_size, bias_size=0, dtype=None):
    n = kernel_size + bias_size
    return lambda t: tfd.Independent(
        tfd.Normal(loc=tf.zeros(n, dtype=dtype), scale=1.0), reinterpreted_batch_ndims=1)


model = keras.Sequential([
    keras.layers.Flatten(input_shape=(28, 28)),
    tfpl.DenseVariational(units=32, make_posterior_fn=posterior, make_prior_fn=prior,
                          kl_weight=1 / len(x_train), kl_use_exact=True, activation="relu"),
    tfpl.DenseVariational(units=10, make_posterior_fn=posterior, make_prior_fn=prior,
                          kl_weight=1 / len(x_train), kl_use_exact=True),
])
model.compile(keras.optimizers.Adam(0.003), keras.losses.SparseCategoricalCrossentropy(from_logits=True))
model.fit(x_train / 255.0, y_train, batch_size=128, epochs=20)
logits = np.mean([keras.activations.softmax(model.predict(x_test / 255.0)) for _ in range(20)], axis=0)
