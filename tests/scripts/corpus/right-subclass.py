# A model as a class, and a learning rate that is written out.
import keras
from keras import layers


class Net(keras.Model):
    def __init__(self):
        super().__init__()
        self.flatten = layers.Flatten()
        self.hidden = [layers.Dense(n, activation="relu") for n in (128, 64)]
        self.head = layers.Dense(10)

    def call(self, x):
        x = self.flatten(x)
        for layer in self.hidden:
            x = layer(x)
        return self.head(x)


(x, y), _ = keras.datasets.fashion_mnist.load_data()
net = Net()
net.compile(
    optimizer=keras.optimizers.Adam(learning_rate=1e-3),
    loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
)
net.fit(x / 255.0, y, epochs=10, batch_size=64, validation_split=0.1)
