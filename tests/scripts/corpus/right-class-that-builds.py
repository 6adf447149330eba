# After repositories whose network is a class with `build` and `train` methods, and not a Keras
# model itself.
import tensorflow_probability as tfp
from tf_keras.datasets import cifar10
from tf_keras.layers import BatchNormalization, Conv2D, Flatten, Input, MaxPooling2D
from tf_keras.losses import SparseCategoricalCrossentropy
from tf_keras.models import Model
from tf_keras.optimizers import Adam


class BayesianVGG(object):
    def __init__(self, input_dim, num_classes=10, num_train=50000):
        self.input_dim = input_dim
        self.num_classes = num_classes
        self.kl = lambda q, p, _: tfp.distributions.kl_divergence(q, p) / num_train

    def _stem(self, x, filters):
        x = Conv2D(filters, (3, 3), padding="same", activation="relu")(x)
        return BatchNormalization(axis=3)(x)

    def _conv(self, x, filters):
        x = tfp.layers.Convolution2DFlipout(
            filters, (3, 3), padding="same", activation="relu", kernel_divergence_fn=self.kl)(x)
        return MaxPooling2D((2, 2))(x)

    def build(self):
        inputs = Input(shape=self.input_dim)
        x = self._stem(inputs, 16)
        x = self._conv(x, 32)
        x = self._conv(x, 64)
        x = Flatten()(x)
        x = tfp.layers.DenseFlipout(self.num_classes, kernel_divergence_fn=self.kl)(x)
        self.model = Model(inputs=inputs, outputs=x)
        return self.model

    def train(self, x, y, epochs=40):
        self.model.compile(optimizer=Adam(1e-3), loss=SparseCategoricalCrossentropy(from_logits=True))
        self.model.fit(x, y, batch_size=64, epochs=epochs, validation_split=0.1)


(x_train, y_train), _ = cifar10.load_data()
net = BayesianVGG((32, 32, 3), num_train=45000)
net.build()
net.train(x_train / 255.0, y_train)
