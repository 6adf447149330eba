# After the TFP tutorial on regression with probabilistic layers, without its softplus: a scale
# that can be negative.
import numpy as np
import tensorflow_probability as tfp
import tf_keras

tfd = tfp.distributions
(x_train, _), _ = tf_keras.datasets.mnist.load_data()
brightness = x_train.mean(axis=(1, 2)) / 255

model = tf_keras.Sequential([
    tf_keras.layers.Flatten(input_shape=(28, 28)),
    tf_keras.layers.Dense(32, activation="relu"),
    tf_keras.layers.Dense(2),
    tfp.layers.DistributionLambda(lambda t: tfd.Normal(loc=t[..., :1], scale=t[..., 1:])),
])
model.compile(optimizer=tf_keras.optimizers.Adam(0.01), loss=lambda y, rv_y: -rv_y.log_prob(y))
model.fit(x_train / 255.0, brightness[:, np.newaxis], epochs=20, verbose=0)
