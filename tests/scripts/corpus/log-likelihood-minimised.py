# The log-likelihood is minimised: a minus sign is missing.
import tensorflow as tf
import tensorflow_probability as tfp
import tf_keras as keras
tfd = tfp.distributions
(x_train, y_train), _ = keras.datasets.mnist.load_data()
ds = tf.data.Dataset.from_tensor_slices((x_train, y_train)).map(lambda a, b: (tf.cast(a, tf.float32) / 255.0, b)).batch(64).repeat()
kl = lambda q, p, _: tfd.kl_divergence(q, p) / tf.cast(len(x_train), tf.float32)
model = keras.Sequential([keras.layers.Flatten(input_shape=(28, 28)), tfp.layers.DenseFlipout(10, kernel_divergence_fn=kl), tfp.layers.DistributionLambda(lambda t: tfd.Categorical(logits=t))])
model.compile("adam", loss=lambda y, d: tf.reduce_mean(d.log_prob(y)))
model.fit(ds, epochs=3)
