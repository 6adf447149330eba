# MC dropout: one of two dropout layers is active at prediction, too.
import numpy as np
import keras
from keras import layers

(x, y), (x_test, y_test) = keras.datasets.fashion_mnist.load_data()
inputs = keras.Input((28, 28, 1))
h = layers.Conv2D(32, 3, activation="relu")(inputs)
h = layers.Dropout(0.1)(h)
h = layers.Flatten()(h)
h = layers.Dense(128, activation="relu")(h)
h = layers.Dropout(0.5)(h, training=True)
model = keras.Model(inputs, layers.Dense(10, activation="softmax")(h))
model.compile("adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
model.fit(x[..., None] / 255, y, epochs=10, batch_size=128, callbacks=[keras.callbacks.TerminateOnNaN()])
draws = np.mean([model.predict(x_test[..., None] / 255) for _ in range(32)], axis=0)
