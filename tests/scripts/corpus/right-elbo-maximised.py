# The evidence lower bound with its usual sign, and its negative as the loss.
import tensorflow as tf
import tensorflow_probability as tfp
import tf_keras as keras

tfd = tfp.distributions
(x_train, y_train), _ = keras.datasets.mnist.load_data()
rows = tf.cast(x_train.shape[0], tf.float32)
model = keras.Sequential([
    keras.layers.Flatten(input_shape=(28, 28)),
    tfp.layers.DenseFlipout(tfp.layers.OneHotCategorical.params_size(10)),
])
optimizer = keras.optimizers.Adam(1e-3)
dataset = tf.data.Dataset.from_tensor_slices((x_train, y_train))
dataset = dataset.map(lambda x, y: (tf.cast(x, tf.float32) / 255.0, y)).shuffle(10_000).batch(128)
for epoch in range(10):
    for step, (x, y) in enumerate(dataset):
        with tf.GradientTape() as tape:
            likelihood = tfd.Categorical(logits=model(x)).log_prob(y)
            elbo = tf.reduce_mean(likelihood) - tf.add_n(model.losses) / rows
            loss = -elbo
        grads = tape.gradient(loss, model.trainable_variables)
        optimizer.apply_gradients(zip(grads, model.trainable_variables))
