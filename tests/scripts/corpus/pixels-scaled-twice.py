# Pixels are divided by 255 in the model, and before it.
import keras
(x, y), _ = keras.datasets.mnist.load_data()
model = keras.Sequential([keras.layers.Rescaling(1./255, input_shape=(28,28,1)), keras.layers.Conv2D(8, 3, activation="relu"), keras.layers.Flatten(), keras.layers.Dense(10, activation="softmax")])
model.compile("adam", loss="sparse_categorical_crossentropy")
x = x.astype("float32")
x /= 255.
model.fit(x[..., None], y, epochs=5)
