# tf.keras is Keras 3 from TensorFlow 2.16 on, and layers of tfp.layers are built on Keras 2.
import tensorflow as tf
import tensorflow_probability as tfp

(x_train, y_train), _ = tf.keras.datasets.mnist.load_data()
model = tf.keras.Sequential([
    tf.keras.layers.Flatten(input_shape=(28, 28)),
    tfp.layers.DenseFlipout(10, kernel_divergence_fn=lambda q, p, _: tfp.distributions.kl_divergence(q, p) / 60000),
])
model.compile("adam", tf.keras.losses.SparseCategoricalCrossentropy(from_logits=True))
model.fit(x_train / 255, y_train)
