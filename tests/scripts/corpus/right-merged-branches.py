# A residual block of one convolution.
import keras
from keras import layers

(x, y), _ = keras.datasets.cifar10.load_data()
inputs = keras.Input((32, 32, 3))
a = layers.Conv2D(16, 3, padding="same", activation="relu")(inputs)
b = layers.Conv2D(16, 3, padding="same")(a)
merged = layers.add([a, b])
out = layers.Dense(10, activation="softmax")(layers.GlobalAveragePooling2D()(merged))
model = keras.Model(inputs, out)
model.compile("adam", loss="sparse_categorical_crossentropy")
model.fit(x / 255, y, epochs=5)
