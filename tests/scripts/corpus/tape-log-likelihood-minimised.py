# A training step that minimises the log-likelihood.
import tensorflow as tf
import tensorflow_probability as tfp
import tf_keras as keras

tfd = tfp.distributions
(x_train, y_train), _ = keras.datasets.fashion_mnist.load_data()
kl = lambda q, p, _: tfd.kl_divergence(q, p) / x_train.shape[0]
model = keras.Sequential([
    keras.layers.Flatten(input_shape=(28, 28)),
    tfp.layers.DenseReparameterization(10, kernel_divergence_fn=kl),
    tfp.layers.DistributionLambda(lambda t: tfd.Categorical(logits=t)),
])
optimizer = keras.optimizers.Adam(1e-3)


@tf.function
def step(x, y):
    with tf.GradientTape() as tape:
        log_likelihood = tf.reduce_mean(model(x).log_prob(y))
        loss = log_likelihood + sum(model.losses)
    grads = tape.gradient(loss, model.trainable_variables)
    optimizer.apply_gradients(zip(grads, model.trainable_variables))


for x, y in tf.data.Dataset.from_tensor_slices((x_train / 255, y_train)).batch(128):
    step(x, y)
