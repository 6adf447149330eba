# CIFAR-10's labels have the shape [rows, 1], and log_prob broadcasts them.
import tensorflow_probability as tfp
import tf_keras as keras

tfd = tfp.distributions
(x_train, y_train), _ = keras.datasets.cifar10.load_data()
kl = lambda q, p, _: tfd.kl_divergence(q, p) / 50000

model = keras.Sequential([
    tfp.layers.Convolution2DFlipout(32, 3, activation="relu", kernel_divergence_fn=kl, input_shape=(32, 32, 3)),
    keras.layers.MaxPooling2D(),
    keras.layers.Flatten(),
    tfp.layers.DenseFlipout(10, kernel_divergence_fn=kl),
    tfp.layers.DistributionLambda(tfd.Categorical),
])
model.compile("adam", loss=lambda y, d: -d.log_prob(y))
model.fit(x_train / 255.0, y_train, epochs=20, batch_size=128)
