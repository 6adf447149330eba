# After the chapter on dropout of "Hands-On Machine Learning": a layer MCDropout that is always on.
import numpy as np
import tensorflow as tf


class MCDropout(tf.keras.layers.Dropout):
    def call(self, inputs, training=False):
        return super().call(inputs, training=True)


(x_train, y_train), (x_test, y_test) = tf.keras.datasets.fashion_mnist.load_data()
model = tf.keras.Sequential([
    tf.keras.layers.Flatten(input_shape=[28, 28]),
    MCDropout(rate=0.2),
    tf.keras.layers.Dense(100, activation="relu", kernel_initializer="he_normal"),
    MCDropout(rate=0.2),
    tf.keras.layers.Dense(10, activation="softmax"),
])
model.compile(loss="sparse_categorical_crossentropy",
              optimizer=tf.keras.optimizers.SGD(learning_rate=0.01, momentum=0.9))
model.fit(x_train / 255.0, y_train, epochs=10)
y_probas = np.stack([model(x_test / 255.0) for sample in range(100)])
y_proba = y_probas.mean(axis=0)
