# A script that is right: logits, integer labels, the KL divided by the rows, draws averaged.
import numpy as np
import tensorflow_probability as tfp
import tf_keras as keras

tfd = tfp.distributions
(x_train, y_train), (x_test, y_test) = keras.datasets.fashion_mnist.load_data()
kl = lambda q, p, _: tfd.kl_divergence(q, p) / 60000

inputs = keras.Input(shape=(28, 28, 1))
x = tfp.layers.Convolution2DFlipout(8, 3, activation="relu", kernel_divergence_fn=kl)(inputs)
x = keras.layers.MaxPooling2D()(x)
x = keras.layers.Flatten()(x)
x = tfp.layers.DenseFlipout(10, kernel_divergence_fn=kl)(x)
model = keras.Model(inputs, x)
model.compile(
    optimizer=keras.optimizers.Adam(learning_rate=0.001),
    loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    metrics=["accuracy"],
)
model.fit(x_train[..., None] / 255, y_train, batch_size=128, epochs=10)
draws = [keras.activations.softmax(model.predict(x_test[..., None] / 255)) for _ in range(32)]
print(np.mean(np.argmax(np.mean(draws, axis=0), axis=-1) == y_test))
