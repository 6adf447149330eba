# After public notebooks on DenseFlipout: a loss that names the distribution first. Keras gives the
# labels first.
import tensorflow as tf
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
negloglik = lambda distribution, labels: -tf.reduce_mean(distribution.log_prob(labels))
model.compile(optimizer="adam", loss=negloglik)
model.fit(x_train / 255.0, y_train, epochs=5, batch_size=128)
