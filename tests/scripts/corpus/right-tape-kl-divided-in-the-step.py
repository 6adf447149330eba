# After public training loops with layers of TFP: the step divides `model.losses` by the rows.
import tensorflow as tf
import tensorflow_probability as tfp
import tf_keras as keras

(x_train, y_train), _ = keras.datasets.mnist.load_data()
N = x_train.shape[0]
model = keras.Sequential([
    keras.layers.Flatten(input_shape=(28, 28)),
    tfp.layers.DenseReparameterization(64, activation="relu"),
    tfp.layers.DenseReparameterization(10),
])
optimizer = keras.optimizers.Adam(1e-3)
train = tf.data.Dataset.from_tensor_slices((x_train / 255.0, y_train)).shuffle(N).batch(64)


@tf.function
def train_step(images, labels):
    with tf.GradientTape() as tape:
        logits = model(images, training=True)
        nll = tf.nn.sparse_softmax_cross_entropy_with_logits(labels, logits)
        loss = tf.reduce_mean(nll) + sum(model.losses) / N
    gradients = tape.gradient(loss, model.trainable_variables)
    optimizer.apply_gradients(zip(gradients, model.trainable_variables))
    return loss


for epoch in range(20):
    for images, labels in train:
        train_step(images, labels)
