# After StackOverflow questions on OneHotCategorical under categorical_crossentropy, with the
# likelihood that they end with.
from tensorflow_probability import distributions as tfd
from tensorflow_probability import layers as tfpl
from tf_keras.datasets import mnist
from tf_keras.layers import *
from tf_keras.models import *
from tf_keras.optimizers import RMSprop
from tf_keras.utils import to_categorical

(x_train, y_train), (x_test, y_test) = mnist.load_data()
x_train = x_train.reshape(-1, 28, 28, 1).astype("float32") / 255.0
y_train_oh = to_categorical(y_train)


def nll(y_true, y_pred):
    return -y_pred.log_prob(y_true)


divergence_fn = lambda q, p, _: tfd.kl_divergence(q, p) / x_train.shape[0]
model = Sequential([
    Input(shape=(28, 28, 1)),
    tfpl.Convolution2DReparameterization(
        filters=16, kernel_size=(5, 5), activation="relu", padding="VALID",
        kernel_prior_fn=tfpl.default_multivariate_normal_fn,
        kernel_posterior_fn=tfpl.default_mean_field_normal_fn(is_singular=False),
        kernel_divergence_fn=divergence_fn),
    MaxPooling2D(pool_size=(6, 6)),
    Flatten(),
    tfpl.DenseReparameterization(
        units=tfpl.OneHotCategorical.params_size(10), activation=None,
        kernel_divergence_fn=divergence_fn),
    tfpl.OneHotCategorical(10),
])
model.compile(loss=nll, optimizer=RMSprop())
model.fit(x_train, y_train_oh, epochs=5, batch_size=128)
