# After the TFP example "Bayesian neural network" (tfp/examples/bayesian_neural_network.py): LeNet-5
# with flipout, its data in a Sequence.
import numpy as np
import tensorflow as tf
import tensorflow_probability as tfp
import tf_keras

tfd = tfp.distributions
IMAGE_SHAPE = [28, 28, 1]
NUM_TRAIN_EXAMPLES = 60000
NUM_CLASSES = 10
BATCH_SIZE = 128


class Batches(tf_keras.utils.Sequence):
    def __init__(self, images, labels, batch_size):
        self.images = images[..., np.newaxis] / 255.0
        self.labels = tf_keras.utils.to_categorical(labels, num_classes=NUM_CLASSES)
        self.batch_size = batch_size

    def __len__(self):
        return int(np.ceil(len(self.images) / self.batch_size))

    def __getitem__(self, index):
        part = slice(index * self.batch_size, (index + 1) * self.batch_size)
        return self.images[part], self.labels[part]


def create_model():
    kl_divergence_function = (lambda q, p, _: tfd.kl_divergence(q, p) /
                              tf.cast(NUM_TRAIN_EXAMPLES, dtype=tf.float32))
    model = tf_keras.models.Sequential([
        tfp.layers.Convolution2DFlipout(
            6, kernel_size=5, padding="SAME", kernel_divergence_fn=kl_divergence_function,
            activation=tf.nn.relu, input_shape=IMAGE_SHAPE),
        tf_keras.layers.MaxPooling2D(pool_size=[2, 2], strides=[2, 2], padding="SAME"),
        tfp.layers.Convolution2DFlipout(
            16, kernel_size=5, padding="SAME", kernel_divergence_fn=kl_divergence_function,
            activation=tf.nn.relu),
        tf_keras.layers.MaxPooling2D(pool_size=[2, 2], strides=[2, 2], padding="SAME"),
        tf_keras.layers.Flatten(),
        tfp.layers.DenseFlipout(
            84, kernel_divergence_fn=kl_divergence_function, activation=tf.nn.relu),
        tfp.layers.DenseFlipout(
            NUM_CLASSES, kernel_divergence_fn=kl_divergence_function, activation=tf.nn.softmax),
    ])
    model.compile(tf_keras.optimizers.Adam(learning_rate=0.001),
                  loss="categorical_crossentropy", metrics=["accuracy"])
    return model


def main():
    train_set, heldout_set = tf_keras.datasets.mnist.load_data()
    model = create_model()
    batches = Batches(*train_set, BATCH_SIZE)
    for epoch in range(10):
        for x, y in batches:
            model.train_on_batch(x, y)
    probs = tf.stack([model.predict(heldout_set[0][..., None] / 255.0) for _ in range(50)])
    print(np.mean(np.argmax(np.mean(probs, axis=0), axis=1) == heldout_set[1]))


if __name__ == "__main__":
    main()
