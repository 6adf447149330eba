# The KL divergence of tfp.layers is not divided by the rows.
import tensorflow_probability as tfp
import tf_keras as keras

(x, y), _ = keras.datasets.mnist.load_data()
model = keras.Sequential([
    keras.layers.Flatten(input_shape=(28, 28)),
    tfp.layers.DenseReparameterization(100, activation="relu"),
    tfp.layers.DenseReparameterization(10),
])
model.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
model.fit(x / 255, y, batch_size=64, epochs=20)
