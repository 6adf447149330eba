# After the first script of the article "Bayesian neural networks with TensorFlow Probability":
# a OneHotCategorical under Keras's categorical cross-entropy.
import tensorflow as tf
import tensorflow_probability as tfp
import tf_keras as keras

tfd = tfp.distributions

(x_train, y_train), (x_test, y_test) = keras.datasets.mnist.load_data()
x_train = x_train[..., tf.newaxis].astype("float32") / 255.0
y_train = keras.utils.to_categorical(y_train, 10)


def kl(q, p, _):
    return tfd.kl_divergence(q, p) / tf.cast(60000, tf.float32)


def build_model():
    model = keras.Sequential()
    model.add(keras.layers.InputLayer(input_shape=(28, 28, 1)))
    for filters in (6, 16):
        model.add(tfp.layers.Convolution2DFlipout(
            filters, kernel_size=5, padding="SAME", activation=tf.nn.relu,
            kernel_divergence_fn=kl))
        model.add(keras.layers.MaxPooling2D(pool_size=[2, 2], strides=[2, 2], padding="SAME"))
    model.add(keras.layers.Flatten())
    model.add(tfp.layers.DenseFlipout(84, activation=tf.nn.relu, kernel_divergence_fn=kl))
    model.add(tfp.layers.DenseFlipout(10, kernel_divergence_fn=kl))
    model.add(tfp.layers.DistributionLambda(lambda t: tfd.OneHotCategorical(logits=t)))
    return model


model = build_model()
model.compile(optimizer=keras.optimizers.Adam(0.001), loss="categorical_crossentropy")
model.fit(x_train, y_train, batch_size=128, epochs=10)
