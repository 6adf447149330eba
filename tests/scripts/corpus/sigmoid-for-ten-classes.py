# Ten sigmoids under a loss for exclusive classes.
import keras

(x, y), _ = keras.datasets.mnist.load_data()
model = keras.Sequential([
    keras.layers.Flatten(input_shape=(28, 28)),
    keras.layers.Dense(64, activation="relu"),
    keras.layers.Dense(10, activation="sigmoid"),
])
model.compile("adam", loss="sparse_categorical_crossentropy")
model.fit(x / 255, y, epochs=5)
