# Huber's loss of real labels.
import keras
from keras import layers
x, y = load("ages")
model = keras.Sequential([layers.Input((28, 28, 1)), layers.Conv2D(8, 3, activation="relu"), layers.GlobalAveragePooling2D(), layers.Dense(1)])
model.compile("adam", loss=keras.losses.Huber(delta=2.0))
model.fit(x, y, epochs=5)
