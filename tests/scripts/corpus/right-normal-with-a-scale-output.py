# A scale that is an output, through softplus.
import tensorflow as tf
import tensorflow_probability as tfp
import tf_keras as keras
tfd = tfp.distributions
n = 5000
x, y = load("faces")
model = keras.Sequential([
    keras.Input(shape=(28, 28, 1)),
    keras.layers.Flatten(),
    tfp.layers.DenseFlipout(64, activation="swish", kernel_divergence_fn=lambda q, p, _: tfd.kl_divergence(q, p) / tf.constant(n, tf.float32)),
    tfp.layers.DenseFlipout(2, kernel_divergence_fn=lambda q, p, _: tfd.kl_divergence(q, p) / n),
    tfp.layers.DistributionLambda(lambda t: tfd.Independent(tfd.Normal(loc=t[..., :1], scale=1e-3 + tf.math.softplus(0.05 * t[..., 1:])), reinterpreted_batch_ndims=1)),
])
model.compile("adam", loss=lambda y, d: -d.log_prob(y))
model.fit(x, y, batch_size=128, epochs=10)
