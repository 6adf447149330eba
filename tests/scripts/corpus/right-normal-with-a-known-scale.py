# A normal distribution of one scale for all labels: nothing is wrong.
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
    tfp.layers.DistributionLambda(lambda t: tfd.Independent(tfd.Normal(loc=t, scale=1.), reinterpreted_batch_ndims=1)),
])
model.compile("adam", loss=lambda y, d: -d.log_prob(y))
model.fit(x, y, batch_size=128, epochs=10)
