# After StackOverflow questions on MC dropout whose draws are all the same: `predict` turns dropout
# off.
import keras
import numpy as np

(x_train, y_train), (x_test, y_test) = keras.datasets.mnist.load_data()
model = keras.Sequential([
    keras.Input((28, 28)),
    keras.layers.Flatten(),
    keras.layers.Dense(256, activation="relu"),
    keras.layers.Dropout(0.5),
    keras.layers.Dense(10, activation="softmax"),
])
model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
model.fit(x_train / 255.0, y_train, epochs=5, batch_size=128)

draws = np.stack([model.predict(x_test / 255.0) for _ in range(100)])
print("uncertainty", draws.std(axis=0).mean())
