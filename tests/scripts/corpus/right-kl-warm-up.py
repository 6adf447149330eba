# After StackOverflow questions on KL annealing: a variable that a callback raises from 0 to 1.
import tensorflow as tf
import tensorflow_probability as tfp
import tf_keras as keras

tfd = tfp.distributions
(x_train, y_train), _ = keras.datasets.mnist.load_data()
kl_weight = tf.Variable(0.0, trainable=False)


class WarmUp(keras.callbacks.Callback):
    def on_epoch_begin(self, epoch, logs=None):
        kl_weight.assign(min(1.0, epoch / 10))


def kl(q, p, _):
    return kl_weight * tfd.kl_divergence(q, p) / 60000.0


model = keras.Sequential([
    keras.layers.Flatten(input_shape=(28, 28)),
    tfp.layers.DenseFlipout(100, activation="relu", kernel_divergence_fn=kl),
    tfp.layers.DenseFlipout(10, kernel_divergence_fn=kl),
])
model.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
model.fit(x_train / 255.0, y_train, batch_size=128, epochs=30, callbacks=[WarmUp()])
