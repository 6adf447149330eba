# After the Keras guide "Customizing what happens in fit()": a `train_step` that adds `self.losses`.
import tensorflow as tf
import tensorflow_probability as tfp
import tf_keras as keras

tfd = tfp.distributions
(x_train, y_train), _ = keras.datasets.mnist.load_data()
kl = lambda q, p, _: tfd.kl_divergence(q, p) / 60000.0


class Bayesian(keras.Model):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.flatten = keras.layers.Flatten()
        self.hidden = tfp.layers.DenseFlipout(64, activation="relu", kernel_divergence_fn=kl)
        self.logits = tfp.layers.DenseFlipout(10, kernel_divergence_fn=kl)
        self.loss_tracker = keras.metrics.Mean(name="loss")

    def call(self, inputs, training=None):
        return self.logits(self.hidden(self.flatten(inputs)))

    def train_step(self, data):
        x, y = data
        with tf.GradientTape() as tape:
            logits = self(x, training=True)
            nll = tf.reduce_mean(
                keras.losses.sparse_categorical_crossentropy(y, logits, from_logits=True)
            )
            loss = nll + tf.add_n(self.losses)
        gradients = tape.gradient(loss, self.trainable_variables)
        self.optimizer.apply_gradients(zip(gradients, self.trainable_variables))
        self.loss_tracker.update_state(loss)
        return {"loss": self.loss_tracker.result()}


model = Bayesian()
model.compile(optimizer=keras.optimizers.Adam(0.001))
model.fit(x_train / 255.0, y_train, epochs=5, batch_size=128)
