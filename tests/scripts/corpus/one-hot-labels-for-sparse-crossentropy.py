# One-hot rows under a loss that takes class numbers.
import tensorflow as tf

(x, y), _ = tf.keras.datasets.mnist.load_data()
y = tf.one_hot(y, 10)
model = tf.keras.models.Sequential()
model.add(tf.keras.layers.Flatten(input_shape=(28, 28)))
model.add(tf.keras.layers.Dense(128, activation="relu"))
model.add(tf.keras.layers.Dense(10))
model.compile(
    optimizer="adam",
    loss=tf.keras.losses.SparseCategoricalCrossentropy(from_logits=True),
)
model.fit(x / 255.0, y, epochs=5)
