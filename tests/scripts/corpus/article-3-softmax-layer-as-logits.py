# The same with integer labels and the softmax as a layer.
import tensorflow as tf
import tensorflow_probability as tfp
import tf_keras as keras

tfd = tfp.distributions
(x_train, y_train), _ = keras.datasets.mnist.load_data()

model = keras.Sequential([
    keras.layers.Reshape((28, 28, 1), input_shape=(28, 28)),
    keras.layers.Conv2D(6, 5, activation="relu"),
    keras.layers.Flatten(),
    tfp.layers.DenseFlipout(10, kernel_divergence_fn=lambda q, p, _: tfd.kl_divergence(q, p) / len(x_train)),
    keras.layers.Softmax(),
    tfp.layers.DistributionLambda(lambda t: tfd.Categorical(logits=t)),
])
model.compile(tf.keras.optimizers.Adam(1e-3), loss=lambda y, d: -d.log_prob(y))
model.fit(x_train / 255.0, y_train, batch_size=128, epochs=10)
