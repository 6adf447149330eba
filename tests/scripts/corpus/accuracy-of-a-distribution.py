# The metric "accuracy" of a model whose output is a distribution.
import tensorflow_probability as tfp
import tf_keras as keras

tfd = tfp.distributions
(x_train, y_train), _ = keras.datasets.mnist.load_data()
kl = lambda q, p, _: tfd.kl_divergence(q, p) / 60000
model = keras.Sequential([
    keras.layers.Flatten(input_shape=(28, 28)),
    tfp.layers.DenseFlipout(10, kernel_divergence_fn=kl),
    tfp.layers.DistributionLambda(lambda t: tfd.Categorical(logits=t)),
])
model.compile("adam", loss=lambda y, d: -d.log_prob(y), metrics=["accuracy"])
model.fit(x_train / 255, y_train, epochs=10)
