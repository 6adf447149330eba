# After the Keras FAQ on several labels for an image: a sigmoid, a yes or no, for each of them.
import keras
import numpy as np

(x_train, y_train), (x_test, y_test) = keras.datasets.fashion_mnist.load_data()
is_shoe, is_bag, is_top = np.isin(y_train, [5, 7, 9]), y_train == 8, np.isin(y_train, [0, 2, 4, 6])
targets = np.stack([is_shoe, is_bag, is_top], axis=-1).astype("float32")

model = keras.Sequential([
    keras.layers.Flatten(input_shape=(28, 28)),
    keras.layers.Dense(64, activation="relu"),
    keras.layers.Dense(3, activation="sigmoid"),
])
model.compile("adam", loss="binary_crossentropy")
model.fit(x_train / 255.0, targets, epochs=5, batch_size=128)
