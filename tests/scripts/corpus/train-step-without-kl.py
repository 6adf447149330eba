# After the Keras guide "Customizing what happens in fit()": its `train_step` with layers of TFP,
# whose KL it does not add.
import tensorflow as tf
import tensorflow_probability as tfp
import tf_keras as keras

tfd = tfp.distributions
(x_train, y_train), _ = keras.datasets.mnist.load_data()
kl = lambda q, p, _: tfd.kl_divergence(q, p) / 60000.0


class Bayesian(keras.Model):
    def train_step(self, data):
        x, y = data
        with tf.GradientTape() as tape:
            logits = self(x, training=True)
            loss = tf.reduce_mean(
                tf.nn.sparse_softmax_cross_entropy_with_logits(labels=y, logits=logits)
            )
        gradients = tape.gradient(loss, self.trainable_variables)
        self.optimizer.apply_gradients(zip(gradients, self.trainable_variables))
        return {"loss": loss}


inputs = keras.Input((28, 28))
hidden = keras.layers.Flatten()(inputs)
hidden = tfp.layers.DenseFlipout(64, activation="relu", kernel_divergence_fn=kl)(hidden)
outputs = tfp.layers.DenseFlipout(10, kernel_divergence_fn=kl)(hidden)
model = Bayesian(inputs, outputs)
model.compile(optimizer="adam")
model.fit(x_train / 255.0, tf.cast(y_train, tf.int32), epochs=5, batch_size=128)
