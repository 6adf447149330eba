# After the TFP documentation of IndependentBernoulli: three yes-or-no answers.
import numpy as np
import tensorflow_probability as tfp
import tf_keras as keras

tfd, tfpl = tfp.distributions, tfp.layers
(x_train, y_train), _ = keras.datasets.fashion_mnist.load_data()
targets = np.stack([y_train < 5, y_train % 2 == 0, y_train == 8], axis=-1).astype("float32")
kl = lambda q, p, _: tfd.kl_divergence(q, p) / 60000

model = keras.Sequential([
    keras.layers.Flatten(input_shape=(28, 28)),
    tfpl.DenseFlipout(64, activation="relu", kernel_divergence_fn=kl),
    tfpl.DenseFlipout(tfpl.IndependentBernoulli.params_size(3), kernel_divergence_fn=kl),
    tfpl.IndependentBernoulli(3, tfd.Bernoulli.logits),
])
model.compile("adam", loss=lambda y, d: -d.log_prob(y))
model.fit(x_train / 255.0, targets, epochs=5, batch_size=128)
