# A branch that begins inside of another one.
import keras
from keras import layers

inputs = keras.Input((32, 32, 3))
a = layers.Conv2D(8, 3, padding="same", activation="relu")(inputs)
b = layers.Conv2D(8, 3, padding="same", activation="relu")(a)
c = layers.Conv2D(8, 3, padding="same", activation="relu")(inputs)
merged = layers.Concatenate()([a, b, c])
x = layers.GlobalAveragePooling2D()(merged)
model = keras.Model(inputs, layers.Dense(10)(x))
model.compile("adam", loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True))
