# After StackOverflow questions on validation rows: the last 10,000 rows are held out by a slice, and
# the KL is divided by the others.
import tensorflow_probability as tfp
import tf_keras as keras

tfd = tfp.distributions
(x, y), (x_test, y_test) = keras.datasets.mnist.load_data()
x_train, x_val = x[:50000] / 255.0, x[50000:] / 255.0
y_train, y_val = y[:50000], y[50000:]
kl = lambda q, p, _: tfd.kl_divergence(q, p) / 50000

model = keras.Sequential([
    keras.layers.Flatten(input_shape=(28, 28)),
    tfp.layers.DenseReparameterization(32, activation="relu", kernel_divergence_fn=kl),
    tfp.layers.DenseReparameterization(10, kernel_divergence_fn=kl),
])
model.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
model.fit(x_train, y_train, batch_size=100, epochs=10, validation_data=(x_val, y_val))
