# After tutorials on deep ensembles: several networks of one function, their probabilities averaged.
import numpy as np
import tensorflow as tf
from tensorflow import keras

(x_train, y_train), (x_test, y_test) = keras.datasets.mnist.load_data()


def make_member(seed, width=200):
    keras.utils.set_random_seed(seed)
    return keras.Sequential([
        keras.layers.Input(shape=(28, 28)),
        keras.layers.Flatten(),
        *[keras.layers.Dense(width, activation="relu", name=f"hidden_{i}") for i in range(3)],
        keras.layers.Dense(10, name="logits"),
    ])


ensemble = []
for seed in range(5):
    member = make_member(seed)
    member.compile("adam", loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    member.fit(x_train / 255.0, y_train, epochs=10, batch_size=100, verbose=0)
    ensemble.append(member)
probabilities = np.mean([tf.nn.softmax(one.predict(x_test / 255.0)) for one in ensemble], axis=0)
print("accuracy", np.mean(probabilities.argmax(-1) == y_test))
