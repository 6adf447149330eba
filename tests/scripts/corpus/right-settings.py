# Settings in a dict, a dataclass, a namespace and options of the command line.
import argparse
from dataclasses import dataclass, field
from types import SimpleNamespace
import tensorflow_probability as tfp
import tf_keras as keras
tfd = tfp.distributions
cfg = {"lr": 1e-3, "from_logits": True}
cfg["units"] = 10
@dataclass
class C:
    hidden: int = 84
    act: str = field(default="swish")
p = argparse.ArgumentParser()
p.add_argument("--batch-size", type=int, default="128")
p.add_argument("--epochs", type=int, default=5)
p.add_argument("-v", action="store_true")
args = p.parse_args()
c = C(hidden=100)
ns = SimpleNamespace(rate=0.2)
(x, y), _ = keras.datasets.mnist.load_data()
model = keras.Sequential([
    keras.layers.Flatten(input_shape=(28, 28)),
    keras.layers.Dense(c.hidden, activation=c.act),
    keras.layers.Dropout(ns.rate),
    keras.layers.Dense(cfg["units"]),
])
model.compile(keras.optimizers.Adam(cfg.get("lr", 1)), loss=keras.losses.SparseCategoricalCrossentropy(from_logits=cfg["from_logits"]))
model.fit(x / 255, y, batch_size=args.batch_size, epochs=args.epochs)
