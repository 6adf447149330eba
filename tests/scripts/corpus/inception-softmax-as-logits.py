# Inception-like branches, and a softmax that is read as logits.
import keras
from keras import layers
(x_train, y_train), _ = keras.datasets.cifar10.load_data()
inputs = keras.Input((32, 32, 3))
x = layers.Conv2D(16, 3, padding="same", activation="relu")(inputs)
def inception(x):
    a = layers.Conv2D(8, 1, activation="relu")(x)
    b = layers.Conv2D(8, 3, padding="same", activation="relu")(x)
    c = layers.MaxPooling2D(3, strides=1, padding="same")(x)
    return layers.concatenate([a, b, c], axis=-1)
for _ in range(2):
    x = inception(x)
x = layers.GlobalAveragePooling2D()(x)
x = layers.Dropout(0.5)(x)
model = keras.Model(inputs, layers.Dense(10, activation="softmax")(x))
model.compile("adam", loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True), metrics=["accuracy"])
model.fit(x_train / 255.0, y_train, batch_size=128, epochs=50)
