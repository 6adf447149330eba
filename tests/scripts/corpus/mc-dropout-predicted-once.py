# A variational network whose prediction is a single draw.
import numpy as np
import tensorflow_probability as tfp
import tf_keras as keras

tfd = tfp.distributions
(x, y), (x_test, y_test) = keras.datasets.mnist.load_data()
kl = lambda q, p, _: tfd.kl_divergence(q, p) / 60000
model = keras.Sequential([
    keras.layers.Flatten(input_shape=(28, 28)),
    tfp.layers.DenseFlipout(10, activation="softmax", kernel_divergence_fn=kl),
])
model.compile("adam", "sparse_categorical_crossentropy")
model.fit(x / 255, y, epochs=5, batch_size=32)
print(np.mean(np.argmax(model.predict(x_test / 255), axis=1) == y_test))
