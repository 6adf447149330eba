# After the TensorFlow tutorial on two classes of images: one logit, and labels 0 and 1.
import tensorflow as tf
from tensorflow.keras import Sequential
from tensorflow.keras.layers import Conv2D, Dense, Flatten, MaxPool2D

(x, y), _ = tf.keras.datasets.mnist.load_data()
is_even = (y % 2 == 0).astype("float32")

model = Sequential([
    Conv2D(16, 3, padding="same", activation="relu", input_shape=(28, 28, 1)),
    MaxPool2D(),
    Conv2D(32, 3, padding="same", activation="relu"),
    MaxPool2D(),
    Flatten(),
    Dense(64, activation="relu"),
    Dense(1),
])
model.compile(
    optimizer="adam",
    loss=tf.keras.losses.BinaryCrossentropy(from_logits=True),
    metrics=[tf.keras.metrics.BinaryAccuracy(threshold=0.0)],
)
model.fit(x[..., tf.newaxis] / 255.0, is_even, epochs=5, batch_size=64)
