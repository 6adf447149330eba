# After tensorflow/tensorflow issue 70164: DenseVariational among layers of Keras 3.
import tensorflow as tf
import tensorflow_probability as tfp
from keras import layers
from tensorflow.keras.optimizers import Adam

tfd = tfp.distributions
(x_train, y_train), _ = tf.keras.datasets.mnist.load_data()


def prior(kernel_size, bias_size, dtype=None):
    n = kernel_size + bias_size
    return tf.keras.Sequential([
        tfp.layers.DistributionLambda(lambda t: tfd.MultivariateNormalDiag(loc=tf.zeros(n), scale_diag=tf.ones(n)))
    ])


def posterior(kernel_size, bias_size, dtype=None):
    n = kernel_size + bias_size
    return tf.keras.Sequential([
        tfp.layers.VariableLayer(tfp.layers.IndependentNormal.params_size(n), dtype=dtype),
        tfp.layers.IndependentNormal(n),
    ])


model = tf.keras.Sequential([
    layers.Flatten(input_shape=(28, 28)),
    layers.Dense(181, activation="relu"),
    tfp.layers.DenseVariational(10, make_posterior_fn=posterior, make_prior_fn=prior, kl_weight=1 / 60000, activation="softmax"),
])
model.compile(optimizer=Adam(0.001), loss="sparse_categorical_crossentropy", metrics=["accuracy"])
model.fit(x_train / 255.0, y_train, epochs=50, batch_size=32)
