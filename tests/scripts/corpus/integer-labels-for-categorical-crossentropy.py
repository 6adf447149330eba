# Class numbers under a loss that takes one-hot rows.
import keras

(x, y), _ = keras.datasets.fashion_mnist.load_data()
model = keras.Sequential([
    keras.layers.Flatten(input_shape=(28, 28)),
    keras.layers.Dense(128, activation="relu"),
    keras.layers.Dense(10, activation="softmax"),
])
model.compile(optimizer="adam", loss="categorical_crossentropy", metrics=["accuracy"])
model.fit(x / 255.0, y, epochs=5)
