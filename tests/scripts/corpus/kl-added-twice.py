# The loss adds model.losses, which Keras adds anyway.
import tensorflow_probability as tfp
import tf_keras as keras

tfd = tfp.distributions
(x_train, y_train), _ = keras.datasets.mnist.load_data()
kl = lambda q, p, _: tfd.kl_divergence(q, p) / 60000.0

model = keras.Sequential([
    keras.layers.Flatten(input_shape=(28, 28)),
    tfp.layers.DenseReparameterization(64, activation="relu", kernel_divergence_fn=kl),
    tfp.layers.DenseReparameterization(10, kernel_divergence_fn=kl),
    tfp.layers.DistributionLambda(lambda t: tfd.Categorical(logits=t)),
])


def elbo(y_true, y_pred):
    return -y_pred.log_prob(y_true) + sum(model.losses)


model.compile(optimizer="adam", loss=elbo)
model.fit(x_train / 255, y_train, epochs=10, batch_size=128)
