# After repositories that keep their settings in a dataclass.
from dataclasses import dataclass

import keras
from keras import layers


@dataclass
class Config:
    classes: int = 10
    filters: tuple = (16, 32)
    dropout: float = 0.3
    learning_rate: float = 5e-4
    batch_size: int = 64
    epochs: int = 12


class Params:
    image_shape = (28, 28, 1)
    activation = "relu"


def build(config: Config) -> keras.Model:
    inputs = keras.Input(shape=Params.image_shape)
    x = inputs
    for filters in config.filters:
        x = layers.Conv2D(filters, 3, padding="same", activation=Params.activation)(x)
        x = layers.MaxPooling2D()(x)
    x = layers.Dropout(config.dropout)(layers.Flatten()(x))
    return keras.Model(inputs, layers.Dense(config.classes, activation="softmax")(x))


config = Config(epochs=15)
(x_train, y_train), _ = keras.datasets.mnist.load_data()
model = build(config)
model.compile(optimizer=keras.optimizers.Adam(config.learning_rate), loss="sparse_categorical_crossentropy")
model.fit(x_train[..., None] / 255, y_train, batch_size=config.batch_size, epochs=config.epochs)
