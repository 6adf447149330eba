# After tensorflow/probability issue 651: the divergence of the biases has its own function, which
# nobody divides.
import tensorflow_probability as tfp
import tf_keras as keras

tfd, tfpl = tfp.distributions, tfp.layers
(x_train, y_train), _ = keras.datasets.fashion_mnist.load_data()
kl = lambda q, p, _: tfd.kl_divergence(q, p) / 60000

settings = dict(
    kernel_divergence_fn=kl,
    bias_posterior_fn=tfpl.default_mean_field_normal_fn(),
    bias_prior_fn=tfpl.default_multivariate_normal_fn,
)
model = keras.Sequential([
    keras.layers.Flatten(input_shape=(28, 28)),
    tfpl.DenseFlipout(100, activation="relu", **settings),
    tfpl.DenseFlipout(10, **settings),
])
model.compile("adam", loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True))
model.fit(x_train / 255, y_train, batch_size=128, epochs=10)
