# After StackOverflow questions on "Negative dimension size": too many poolings for 28 pixels.
import tensorflow as tf
from tensorflow import keras

(train_images, train_labels), _ = keras.datasets.fashion_mnist.load_data()
stack = [keras.layers.InputLayer(input_shape=(28, 28, 1))]
for width in (32, 64, 128, 256):
    stack += [keras.layers.Conv2D(width, 3, activation=tf.nn.relu), keras.layers.MaxPooling2D(2)]
stack += [keras.layers.Flatten(), keras.layers.Dense(10)]
model = keras.models.Sequential(stack)
model.compile(
    optimizer="adam",
    loss=tf.keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    metrics=["accuracy"],
)
model.fit(train_images[..., None] / 255.0, train_labels, epochs=10)
