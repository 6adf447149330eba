# The size of a layer comes from the command line: it is not followed, the rest is checked.
import sys

import keras

units = int(sys.argv[1])
(x, y), _ = keras.datasets.mnist.load_data()
model = keras.Sequential([
    keras.layers.Flatten(input_shape=(28, 28)),
    keras.layers.Dense(units, activation="relu"),
    keras.layers.Dense(10),
])
model.compile("adam", loss="sparse_categorical_crossentropy")
model.fit(x / 255, y, epochs=5)
