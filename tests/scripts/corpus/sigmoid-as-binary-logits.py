# After the Keras guide on transfer learning, with a sigmoid that its loss does not expect.
import tensorflow as tf
from tensorflow.keras import layers, losses, models

(x_train, y_train), _ = tf.keras.datasets.fashion_mnist.load_data()
is_shoe = tf.cast(y_train >= 7, tf.float32)

model = models.Sequential([
    layers.Input((28, 28, 1)),
    layers.Conv2D(8, 3, activation="relu"),
    layers.GlobalAveragePooling2D(),
    layers.Dropout(0.2),
    layers.Dense(1, activation="sigmoid"),
])
model.compile(
    optimizer=tf.keras.optimizers.Adam(),
    loss=losses.BinaryCrossentropy(from_logits=True),
    metrics=[tf.keras.metrics.BinaryAccuracy()],
)
model.fit(x_train[..., tf.newaxis] / 255.0, is_shoe, epochs=4)
