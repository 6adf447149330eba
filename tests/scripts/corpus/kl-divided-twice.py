# After the comments of tensorflow/probability issue 651: the divergence is divided by the rows,
# and the training step divides `model.losses` by them again.
import tensorflow as tf
import tensorflow_probability as tfp
import tf_keras as keras

tfd = tfp.distributions
(x_train, y_train), _ = keras.datasets.mnist.load_data()
n = len(x_train)
kl = lambda q, p, _: tfd.kl_divergence(q, p) / n

model = keras.Sequential([
    keras.layers.Flatten(input_shape=(28, 28)),
    tfp.layers.DenseFlipout(64, activation="relu", kernel_divergence_fn=kl),
    tfp.layers.DenseFlipout(10, kernel_divergence_fn=kl),
])
optimizer = keras.optimizers.Adam(1e-3)
cross_entropy = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
dataset = tf.data.Dataset.from_tensor_slices((x_train / 255.0, y_train)).shuffle(10000).batch(128)

for epoch in range(10):
    for images, labels in dataset:
        with tf.GradientTape() as tape:
            nll = cross_entropy(labels, model(images, training=True))
            loss = nll + sum(model.losses) / n
        gradients = tape.gradient(loss, model.trainable_variables)
        optimizer.apply_gradients(zip(gradients, model.trainable_variables))
