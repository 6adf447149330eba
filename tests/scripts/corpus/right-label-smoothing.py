# After Keras examples on CIFAR-10: AdamW, label smoothing, augmentation, and dropout that stays active.
import keras
import numpy as np
from keras import layers
class MCDropout(layers.Dropout):
    def call(self, inputs, training=None):
        return super().call(inputs, training=True)
(x_train, y_train), (x_test, y_test) = keras.datasets.cifar10.load_data()
x_train = x_train.astype("float32") / 255.0
x_test = x_test.astype("float32") / 255.0
y_train = keras.utils.to_categorical(y_train, 10)
data_aug = keras.Sequential([layers.RandomFlip("horizontal"), layers.RandomRotation(0.02)])
def cct():
    inputs = layers.Input((32, 32, 3))
    x = data_aug(inputs)
    for f in (32, 64):
        x = layers.Conv2D(f, 3, padding="same", kernel_regularizer=keras.regularizers.l2(1e-4))(x)
        x = layers.BatchNormalization()(x)
        x = layers.ReLU()(x)
        x = layers.MaxPooling2D()(x)
        x = MCDropout(0.25)(x)
    x = layers.Flatten()(x)
    outputs = layers.Dense(10)(x)
    return keras.Model(inputs, outputs, name="net")
model = cct()
model.compile(optimizer=keras.optimizers.AdamW(learning_rate=1e-3, weight_decay=1e-4),
   loss=keras.losses.CategoricalCrossentropy(from_logits=True, label_smoothing=0.1),
   metrics=[keras.metrics.CategoricalAccuracy(name="accuracy"), keras.metrics.TopKCategoricalAccuracy(5, name="top-5")])
model.fit(x=x_train, y=y_train, batch_size=256, epochs=30, validation_split=0.1)
predictions = np.mean([keras.activations.softmax(model(x_test)) for _ in range(50)], axis=0)
