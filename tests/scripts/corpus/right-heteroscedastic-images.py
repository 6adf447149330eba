# After the TFP tutorial on regression: a mean and a positive scale for each image.
import tensorflow as tf
import tensorflow_probability as tfp
import tf_keras

tfd = tfp.distributions
(x_train, _), _ = tf_keras.datasets.mnist.load_data()
x_train = x_train.astype("float32") / 255.0
brightness = x_train.mean(axis=(1, 2))[:, None]
kl = lambda q, p, _: tfd.kl_divergence(q, p) / 60000


def normal(t):
    return tfd.Normal(loc=t[..., :1], scale=1e-3 + tf.math.softplus(t[..., 1:]))


model = tf_keras.Sequential()
model.add(tf_keras.Input((28, 28)))
model.add(tf_keras.layers.Flatten())
model.add(tfp.layers.DenseReparameterization(64, activation="tanh", kernel_divergence_fn=kl))
model.add(tfp.layers.DenseReparameterization(2, kernel_divergence_fn=kl))
model.add(tfp.layers.DistributionLambda(normal))
model.compile(tf_keras.optimizers.Adam(0.003), loss=lambda y, d: -d.log_prob(y))
model.fit(x_train, brightness, epochs=10, batch_size=128)
