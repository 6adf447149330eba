# Settings in a file: not known before the script runs.
import json
import tf_keras as keras
cfg = json.load(open("a.json"))
(x, y), _ = keras.datasets.mnist.load_data()
model = keras.Sequential([
    keras.layers.Flatten(input_shape=(28, 28)),
    keras.layers.Dense(10, **cfg["dense"]),
])
model.compile(keras.optimizers.Adam(cfg["lr"]), loss=keras.losses.SparseCategoricalCrossentropy(from_logits=cfg["from_logits"]))
model.fit(x / 255, y, **cfg["fit"])
