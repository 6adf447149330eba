# After tutorials on CIFAR-10 that are reused for CIFAR-100: the last layer still has ten units.
import keras
from keras import layers

NUM_CLASSES = 10
(x_train, y_train), (x_test, y_test) = keras.datasets.cifar100.load_data()


def build(num_classes=NUM_CLASSES, dropout=0.25):
    model = keras.Sequential(name="cifar")
    model.add(keras.Input(shape=(32, 32, 3)))
    for filters in [32, 64]:
        model.add(layers.Conv2D(filters, 3, padding="same", activation="relu"))
        model.add(layers.MaxPooling2D())
        model.add(layers.Dropout(dropout))
    model.add(layers.Flatten())
    model.add(layers.Dense(num_classes, activation="softmax"))
    return model


model = build()
model.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
model.fit(x_train / 255.0, y_train, batch_size=64, epochs=30)
