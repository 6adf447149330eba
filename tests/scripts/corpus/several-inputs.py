# A model of two inputs: what comes after their merge is checked.
import keras
from keras import layers

image = keras.Input((32, 32, 3))
age = keras.Input((1,))
x = layers.Flatten()(layers.Conv2D(8, 3, activation="relu")(image))
x = layers.Concatenate()([x, age])
x = layers.Dense(64, activation="relu")(x)
model = keras.Model([image, age], layers.Dense(3, activation="softmax")(x))
model.compile("adam", loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True))
