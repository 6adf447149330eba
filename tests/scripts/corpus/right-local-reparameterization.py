# After the TFP documentation of DenseLocalReparameterization, with the rows held out for validation
# left out of the KL's divisor.
import tensorflow as tf
import tensorflow_probability as tfp
import tf_keras as keras

(features, labels), _ = keras.datasets.mnist.load_data()
held_out = 0.2
rows = int(60000 * (1 - held_out))
scaled = lambda q, p, ignore: tfp.distributions.kl_divergence(q, p) * (1.0 / rows)

model = keras.Sequential([
    keras.layers.Flatten(input_shape=(28, 28)),
    tfp.layers.DenseLocalReparameterization(512, activation=tf.nn.relu, kernel_divergence_fn=scaled),
    tfp.layers.DenseLocalReparameterization(10, kernel_divergence_fn=scaled),
])
model.compile(
    optimizer=keras.optimizers.Adam(),
    loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    metrics=["accuracy"],
)
model.fit(features / 255.0, labels, validation_split=held_out, epochs=10, batch_size=100)
