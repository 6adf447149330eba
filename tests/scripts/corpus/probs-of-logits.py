# After StackOverflow questions on `probs` that is None: the distribution is made from logits.
import numpy as np
import tensorflow_probability as tfp
import tf_keras as keras

tfd = tfp.distributions
(x_train, y_train), (x_test, y_test) = keras.datasets.mnist.load_data()
x_train, x_test = x_train[..., None] / 255.0, x_test[..., None] / 255.0
kl = lambda q, p, _: tfd.kl_divergence(q, p) / len(x_train)

model = keras.Sequential([
    tfp.layers.Convolution2DFlipout(8, 5, activation="relu", kernel_divergence_fn=kl, input_shape=(28, 28, 1)),
    keras.layers.Flatten(),
    tfp.layers.DenseFlipout(10, kernel_divergence_fn=kl),
    tfp.layers.DistributionLambda(lambda t: tfd.Categorical(logits=t)),
])
model.compile("adam", loss=lambda y, d: -d.log_prob(y))
model.fit(x_train, y_train, batch_size=128, epochs=10)

prediction = model(x_test)
print("accuracy", np.mean(np.argmax(prediction.probs, axis=-1) == y_test))
