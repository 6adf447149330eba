# The mean absolute error of class numbers.
import keras
from keras import layers
(x, y), _ = keras.datasets.mnist.load_data()
model = keras.Sequential([layers.Input((28, 28, 1)), layers.Conv2D(8, 3, activation="relu"), layers.GlobalAveragePooling2D(), layers.Dense(10, activation="softmax")])
model.compile("adam", loss="mae")
model.fit(x / 255, y, epochs=5)
