# After tensorflow/probability issue 282: a loss of one's own that calls Keras's, and a KL that is
# not divided.
import tf_keras as keras
import tensorflow_probability as tfp

num_classes = 10
(x_train, y_train), (x_test, y_test) = keras.datasets.mnist.load_data()
x_train = x_train.reshape(-1, 784) / 255.0
y_train = keras.utils.to_categorical(y_train, num_classes)

model = keras.Sequential()
model.add(tfp.layers.DenseReparameterization(10, activation="softmax", input_shape=(784,)))
sgd = keras.optimizers.SGD(learning_rate=0.1, momentum=0.9, nesterov=True)


def my_loss(y_true, y_pred):
    return keras.losses.categorical_crossentropy(y_true, y_pred)


model.compile(loss=my_loss, optimizer=sgd, metrics=["accuracy"])
model.fit(x_train, y_train, batch_size=128, epochs=10, shuffle=True)
