# After public scripts with a bracket at the wrong place: the divergence is a pair of a function and
# a number.
import tensorflow as tf
import tensorflow_probability as tfp
import tf_keras as keras

tfd = tfp.distributions
(x_train, y_train), _ = keras.datasets.mnist.load_data()
kl_divergence_function = (lambda q, p, _: tfd.kl_divergence(q, p),
                          tf.cast(len(x_train), dtype=tf.float32))
model = keras.Sequential([
    keras.layers.Reshape((28, 28, 1), input_shape=(28, 28)),
    tfp.layers.Convolution2DFlipout(32, kernel_size=5, padding="SAME",
                                    kernel_divergence_fn=kl_divergence_function, activation=tf.nn.relu),
    keras.layers.Flatten(),
    tfp.layers.DenseFlipout(10, kernel_divergence_fn=kl_divergence_function),
])
model.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
model.fit(x_train / 255.0, y_train, batch_size=128, epochs=5)
