# After StackOverflow questions on `Dense(1, activation="softmax")`: a softmax over one number is 1.
import keras

(x_train, y_train), (x_test, y_test) = keras.datasets.mnist.load_data()
is_three = (y_train == 3).astype("float32")

model = keras.Sequential()
model.add(keras.Input(shape=(28, 28, 1)))
model.add(keras.layers.Conv2D(16, 3, activation="relu"))
model.add(keras.layers.MaxPooling2D())
model.add(keras.layers.Flatten())
model.add(keras.layers.Dense(1, activation="softmax"))
model.compile(loss="binary_crossentropy", optimizer="adam", metrics=["accuracy"])
model.fit(x_train[..., None] / 255.0, is_three, batch_size=64, epochs=3)
