# A model as a class; its softmax is read as logits by the loss.
import keras
from keras import layers


class Net(keras.Model):
    def __init__(self, classes=10):
        super().__init__()
        self.conv = layers.Conv2D(8, 3, activation="relu")
        self.pool = layers.MaxPooling2D()
        self.flatten = layers.Flatten()
        self.head = layers.Dense(classes, activation="softmax")

    def call(self, x):
        x = self.pool(self.conv(x))
        return self.head(self.flatten(x))


(x, y), _ = keras.datasets.mnist.load_data()
net = Net()
net.compile(optimizer="adam", loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True))
net.fit(x[..., None] / 255.0, y, epochs=3, batch_size=64)
