# After StackOverflow questions on `log_prob` of a Categorical: it takes class numbers.
import tensorflow_probability as tfp
import tf_keras as tfk
from tf_keras.utils import to_categorical

tfd, tfpl, tfkl = tfp.distributions, tfp.layers, tfk.layers
(x, y), (x_test, y_test) = tfk.datasets.fashion_mnist.load_data()
x = x.astype("float32")[..., None] / 255.0
y = to_categorical(y, 10)
kl = lambda q, p, _: tfd.kl_divergence(q, p) / x.shape[0]

model = tfk.Sequential([
    tfpl.Convolution2DReparameterization(
        8, kernel_size=5, activation="relu", kernel_divergence_fn=kl, input_shape=(28, 28, 1)),
    tfkl.MaxPool2D(),
    tfkl.Flatten(),
    tfpl.DenseReparameterization(10, kernel_divergence_fn=kl),
    tfpl.DistributionLambda(lambda t: tfd.Categorical(logits=t)),
])
model.compile(tfk.optimizers.RMSprop(0.001), loss=lambda y, rv: -rv.log_prob(y))
model.fit(x, y, epochs=5, batch_size=128)
