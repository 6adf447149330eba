# After tensorflow/probability pull request 155: a hand-written ELBO, with the likelihood of a
# Categorical and the sum of the layers' divergences over the rows.
import tensorflow as tf
import tensorflow_probability as tfp
import tf_keras as keras

tfd = tfp.distributions
(x_train, y_train), (x_test, y_test) = keras.datasets.mnist.load_data()
N = x_train.shape[0]

inputs = keras.layers.Input(shape=(28, 28, 1))
net = tfp.layers.Convolution2DReparameterization(8, 5, strides=2, activation="relu")(inputs)
net = keras.layers.Flatten()(net)
net = tfp.layers.DenseReparameterization(10)(net)
model = keras.Model(inputs, net)
optimizer = keras.optimizers.Adam(learning_rate=0.001)


def elbo_loss(labels, logits):
    distribution = tfd.Categorical(logits=logits)
    neg_log_likelihood = -tf.reduce_mean(distribution.log_prob(labels))
    kl = sum(model.losses) / N
    return neg_log_likelihood + kl


@tf.function
def train_step(images, labels):
    with tf.GradientTape() as tape:
        loss = elbo_loss(labels, model(images, training=True))
    variables = model.trainable_variables
    optimizer.apply_gradients(zip(tape.gradient(loss, variables), variables))
    return loss


data = tf.data.Dataset.from_tensor_slices((x_train[..., None].astype("float32") / 255.0, y_train))
for epoch in range(20):
    for images, labels in data.shuffle(60000).batch(128):
        loss = train_step(images, labels)
    print(epoch, float(loss))
