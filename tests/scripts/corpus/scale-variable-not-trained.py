# A scale that is one variable of the script: no layer tracks it, so `fit` does not train it.
import tensorflow as tf
import tensorflow_probability as tfp
import tf_keras as keras
tfd = tfp.distributions
n = 5000
x, y = load("faces")
rho = tf.Variable(0.0)
model = keras.Sequential([
    keras.Input(shape=(28, 28, 1)),
    keras.layers.Flatten(),
    tfp.layers.DenseFlipout(64, activation="swish", kernel_divergence_fn=lambda q, p, _: tfd.kl_divergence(q, p) / tf.constant(n, tf.float32)),
    tfp.layers.DenseFlipout(2, kernel_divergence_fn=lambda q, p, _: tfd.kl_divergence(q, p) / n),
    tfp.layers.DistributionLambda(lambda t: tfd.Independent(tfd.Normal(loc=t, scale=tf.nn.softplus(rho)), reinterpreted_batch_ndims=1)),
])
model.compile("adam", loss=lambda y, d: -d.log_prob(y))
model.fit(x, y, batch_size=128, epochs=10)
