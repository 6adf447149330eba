# After TFP's example `bayesian_neural_network.py`: options of absl, and a `main` that its app runs.
import os

os.environ["TF_USE_LEGACY_KERAS"] = "1"

from absl import app
from absl import flags
import tensorflow.compat.v2 as tf
import tensorflow_probability as tfp

flags.DEFINE_float("learning_rate", default=0.001, help="Initial learning rate.")
flags.DEFINE_integer("num_epochs", default=10, help="Number of training steps to run.")
flags.DEFINE_integer("batch_size", default=128, help="Batch size.")
FLAGS = flags.FLAGS
tfd = tfp.distributions
NUM_TRAIN_EXAMPLES = 60000
NUM_CLASSES = 10


def create_model():
    kl_divergence_function = lambda q, p, _: (
        tfd.kl_divergence(q, p) / tf.cast(NUM_TRAIN_EXAMPLES, dtype=tf.float32))
    model = tf.keras.models.Sequential([
        tfp.layers.Convolution2DFlipout(
            6, kernel_size=5, padding="SAME", kernel_divergence_fn=kl_divergence_function,
            activation=tf.nn.relu, input_shape=(28, 28, 1)),
        tf.keras.layers.MaxPooling2D(pool_size=[2, 2], strides=[2, 2], padding="SAME"),
        tf.keras.layers.Flatten(),
        tfp.layers.DenseFlipout(
            84, kernel_divergence_fn=kl_divergence_function, activation=tf.nn.relu),
        tfp.layers.DenseFlipout(
            NUM_CLASSES, kernel_divergence_fn=kl_divergence_function, activation=tf.nn.softmax),
    ])
    optimizer = tf.keras.optimizers.Adam(learning_rate=FLAGS.learning_rate)
    model.compile(optimizer, loss="categorical_crossentropy", metrics=["accuracy"])
    return model


def main(argv):
    del argv
    (images, labels), _ = tf.keras.datasets.mnist.load_data()
    images = 2 * (images[..., tf.newaxis] / 255.0) - 1.0
    model = create_model()
    model.fit(images, tf.keras.utils.to_categorical(labels), batch_size=FLAGS.batch_size, epochs=FLAGS.num_epochs)


if __name__ == "__main__":
    app.run(main)
