# The distribution is made in the loss.
import tensorflow as tf
import tensorflow_probability as tfp
import tf_keras as keras
tfd = tfp.distributions
(x_train, y_train), _ = keras.datasets.mnist.load_data()
kl = lambda q, p, _: tfd.kl_divergence(q, p) / tf.cast(x_train.shape[0], tf.float32)
model = keras.Sequential([keras.layers.Flatten(input_shape=(28, 28)), tfp.layers.DenseFlipout(10, kernel_divergence_fn=kl)])
def nll(y, t):
    return -tf.reduce_mean(tfd.Categorical(logits=t).log_prob(y))
model.compile("adam", loss=nll, metrics=["accuracy"])
model.fit(x_train / 255., y_train, epochs=3)
