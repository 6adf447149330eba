# After public scripts on regression with layers of TFP: a class whose `call` returns a distribution.
import numpy as np
import tensorflow_probability as tfp
import tf_keras as keras

tfd = tfp.distributions


class Regression(keras.Model):
    def __init__(self, hidden=(64, 64), rows=1000):
        super().__init__()
        kl = lambda q, p, _: tfd.kl_divergence(q, p) / rows
        self.hidden = []
        for units in hidden:
            self.hidden.append(tfp.layers.DenseFlipout(units, activation="relu", kernel_divergence_fn=kl))
        self.mean = tfp.layers.DenseFlipout(1, kernel_divergence_fn=kl)
        self.scale = tfp.layers.DenseFlipout(1, activation="softplus", kernel_divergence_fn=kl)

    def call(self, x):
        for layer in self.hidden:
            x = layer(x)
        return tfd.Normal(self.mean(x), self.scale(x))


x, y = np.random.randn(1000, 5), np.random.randn(1000, 1)
model = Regression()
model.compile("adam", loss=lambda y, d: -d.log_prob(y))
model.fit(x, y, epochs=10)
