# The KL divergence is divided by the batch size, which counts it hundreds of times in an epoch.
import tensorflow_probability as tfp
import tf_keras as keras

tfd = tfp.distributions
BATCH = 128
(x, y), _ = keras.datasets.mnist.load_data()
kl = lambda q, p, _: tfd.kl_divergence(q, p) / BATCH
model = keras.Sequential([
    keras.layers.Flatten(input_shape=(28, 28)),
    tfp.layers.DenseFlipout(100, activation="relu", kernel_divergence_fn=kl),
    tfp.layers.DenseFlipout(10, kernel_divergence_fn=kl),
])
model.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
model.fit(x / 255, y, batch_size=BATCH, epochs=20)
