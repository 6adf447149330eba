# Nothing of a script runs: this one would write a file.
import keras

open("written-by-the-script.txt", "w").write("it ran")
model = keras.Sequential([keras.layers.Flatten(input_shape=(28, 28)), keras.layers.Dense(10)])
