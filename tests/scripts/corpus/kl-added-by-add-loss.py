# After public scripts on layers of TFP: `add_loss` adds the divergences that Keras adds already.
import tensorflow_probability as tfp
import tf_keras as keras

tfd = tfp.distributions
(x, y), _ = keras.datasets.mnist.load_data()
kl = lambda q, p, _: tfd.kl_divergence(q, p) / 60000


class Classifier(keras.Model):
    def __init__(self):
        super().__init__()
        self.flatten = keras.layers.Flatten()
        self.hidden = tfp.layers.DenseFlipout(64, activation="relu", kernel_divergence_fn=kl)
        self.head = tfp.layers.DenseFlipout(10, kernel_divergence_fn=kl)

    def call(self, x):
        x = self.head(self.hidden(self.flatten(x)))
        self.add_loss(sum(self.losses))
        return x


model = Classifier()
model.compile("adam", loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True))
model.fit(x / 255, y, epochs=3)
