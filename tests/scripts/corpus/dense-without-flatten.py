# A dense layer on images that are not flattened.
import keras
(x, y), _ = keras.datasets.mnist.load_data()
model = keras.Sequential([keras.layers.Dense(64, activation="relu", input_shape=(28, 28)), keras.layers.Dense(10, activation="softmax")])
model.compile("adam", loss="sparse_categorical_crossentropy")
model.fit(x / 255, y, epochs=5)
