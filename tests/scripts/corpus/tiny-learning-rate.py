# Adam at 1e-7: the weights hardly move.
import keras

(x, y), _ = keras.datasets.mnist.load_data()
model = keras.Sequential([
    keras.layers.Flatten(input_shape=(28, 28)),
    keras.layers.Dense(64, activation="relu"),
    keras.layers.Dense(10, activation="softmax"),
])
model.compile(keras.optimizers.Adam(learning_rate=1e-7), loss="sparse_categorical_crossentropy")
model.fit(x / 255, y, epochs=2, batch_size=128)
